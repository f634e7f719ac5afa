internal import Foundation
internal import Streams
internal import Training

/// `verdict.json`: what a run that is done said.
enum FinishedRun {
  static let name = "verdict.json"

  private struct Stored: Decodable {
    var run: String
    var steps: Int
    var verdict: String?
    var chosen: Int
    var scale: Double?
    var model: Bool
    var findings: [String]
  }

  /// What the run in a folder said; nil where none is done there.
  ///
  /// - Throws: `CheckpointStoreError` (otherRun) where another run is done there.
  static func outcome(in output: String, run: String) throws -> UnlearningOutcome? {
    let path = "\(output)/\(name)"
    guard Folder.exists(path) else { return nil }
    let stored = try? JSONDecoder().decode(
      Stored.self, from: Data(try FileSource.contents(of: path)))
    guard let stored, stored.run == run else {
      throw CheckpointStoreError(
        .otherRun, path: path, detail: "it comes from another plan, model, data or program")
    }
    return UnlearningOutcome(
      run: run, steps: stored.steps, done: 0, verdict: stored.verdict, chosen: stored.chosen,
      scale: stored.scale, model: stored.model ? "\(output)/model" : nil,
      findings: stored.findings)
  }

  /// Where a model of a run stands until ledger and `verdict.json` have told of it.
  static func staged(_ name: String, in output: String) -> String { "\(output)/.work/\(name)" }

  /// What of a run is such a model.
  static let models = ["adapter", "model"]

  /// Gives the models that stand ready their names. A run that is killed here does it again.
  ///
  /// - Throws: `StreamsError` where a name cannot be given.
  static func publish(in output: String) throws {
    for name in models {
      let staged = staged(name, in: output)
      guard Folder.exists(staged) else { continue }
      try Folder.remove("\(output)/\(name)")
      try Folder.rename(staged, to: "\(output)/\(name)")
    }
  }

  /// Writes what a run that is done said.
  static func write(
    _ outcome: UnlearningOutcome, plan: UnlearningPlan, to output: String,
    _ more: (inout JSONText) -> Void = { _ in }
  ) throws {
    var json = JSONText()
    json.object { json in
      json.member("run", outcome.run)
      json.member("plan", plan.name)
      json.member("version", plan.version)
      json.member("verdict", outcome.verdict)
      json.member("steps", outcome.steps)
      json.member("chosen", outcome.chosen)
      // Absent where nothing is subtracted.
      if let scale = outcome.scale { json.member("scale", scale) }
      json.member("model", outcome.model != nil)
      json.array("findings") { json in for finding in outcome.findings { json.value(finding) } }
      more(&json)
    }
    let file = try OutputFile(temporaryPath: "\(output)/\(name).partial")
    try file.write(json.bytes + [UInt8(ascii: "\n")])
    try file.publish(as: "\(output)/\(name)")
  }
}
