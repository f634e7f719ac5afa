internal import Foundation
internal import Language
internal import Streams
internal import Tensors
internal import Training

extension UnlearningSession {
  /// Says the verdict, writes the model where it is met, and removes the checkpoints.
  func finish() throws -> UnlearningOutcome {
    var chosen = trainer.step
    if let vector = terms[0].objective as? TaskVector {
      try subtract(scale: try scale(of: vector))
    } else if let control {
      chosen = try control.choose(self)
    }
    let verdict = try control?.verdict(self)
    let isMet = verdict?.isMet ?? true
    let target = isMet ? options.output + "/model" : nil
    if let target { try writeModel(to: target) } else { model.mergeAdapter(on: run.workers) }
    let warning = try writeReports()
    try record(verdict, result: target)
    let lines = verdict.map { isMet ? [] : $0.lines } ?? []
    let outcome = UnlearningOutcome(
      run: identity, steps: trainer.step, done: done, verdict: verdict?.outcome.name,
      chosen: chosen, model: target, findings: lines + [warning].compactMap(\.self))
    // The last file: where it stands the run is done.
    try FinishedRun.write(outcome, plan: plan, to: options.output) { json in
      guard let verdict else { return }
      json.name("boundary")
      verdict.write(to: &json)
    }
    try removeCheckpoints()
    try control?.clear(self)
    return outcome
  }

  /// The scale that a plan gives; of several the smallest that meets the boundary on the dual
  /// items, else the smallest that meets the most constraints.
  private func scale(of vector: TaskVector) throws -> Double {
    guard vector.scales.count > 1, let control else { return vector.scales[0] }
    let learned = try FloatBlock(count: model.weights.count)
    learned.base.update(from: model.weights.base, count: model.weights.count)
    var best: (scale: Double, met: Int)?
    for scale in vector.scales.sorted() {
      try subtract(scale: scale)
      let met = try control.rehearsal(self).parts.count { $0.outcome == .met }
      model.weights.base.update(from: learned.base, count: learned.count)
      if met > best?.met ?? -1 { best = (scale, met) }
    }
    return best?.scale ?? vector.scales[0]
  }

  /// The model as a Hugging Face folder; an adapter also as one of its own.
  private func writeModel(to target: String) throws {
    if model.adapter != nil {
      let folder = options.output + "/adapter"
      try Folder.remove(folder)
      try Folder.make(folder)
      try write(to: folder)
      model.mergeAdapter(on: run.workers)
    }
    // There where a run was killed behind it.
    try Folder.remove(target)
    try model.save(to: target, as: CheckpointForm(.F32, shardLimit: .max))
  }

  /// What the run went on from, which nothing needs any more.
  func removeCheckpoints() throws {
    try Folder.remove(store.folder)
  }

  /// θ − α (θ_reinforced − θ), θ the start model.
  func subtract(scale: Double) throws {
    let factor = Float(scale)
    if let adapter = model.adapter {
      for layer in adapter.layers {
        for index in layer.up.range { adapter.weights.base[index] *= -factor }
      }
      return
    }
    let learned = try FloatBlock(count: model.weights.count)
    learned.base.update(from: model.weights.base, count: model.weights.count)
    try model.readWeights(folder: options.model)
    for range in trainer.ranges {
      for index in range {
        let start = model.weights.base[index]
        model.weights.base[index] = start - factor * (learned.base[index] - start)
      }
    }
  }
}

/// `verdict.json`: what a run that is done said.
enum FinishedRun {
  static let name = "verdict.json"

  private struct Stored: Decodable {
    var run: String
    var steps: Int
    var verdict: String?
    var chosen: Int
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
      model: stored.model ? "\(output)/model" : nil, findings: stored.findings)
  }

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
      json.member("model", outcome.model != nil)
      json.array("findings") { json in for finding in outcome.findings { json.value(finding) } }
      more(&json)
    }
    let file = try OutputFile(temporaryPath: "\(output)/\(name).partial")
    try file.write(json.bytes + [UInt8(ascii: "\n")])
    try file.publish(as: "\(output)/\(name)")
  }
}
