internal import Foundation
internal import Streams

/// The results of trials that are done, a file each: what a run that was stopped goes on from.
///
/// A file appears when it is whole, and says of which run it is.
final class TrialStore: Sendable {
  private let folder: String
  private let run: String

  private struct Stored: Codable {
    var run: String
    var result: TrialResult
  }

  /// The store of a run.
  ///
  /// - Throws: `StreamsError` where the folder cannot be made.
  init(output: String, run: String) throws {
    folder = output + "/trials"
    self.run = run
    try Folder.make(folder)
  }

  private func path(_ job: TrialLane.Job) -> String {
    // Names of attacks and labels may hold anything: their places do not.
    "\(folder)/\(job.subject)-\(job.attack)-\(job.trial.number).json"
  }

  /// Whether a trial is done.
  func has(_ job: TrialLane.Job) -> Bool {
    Folder.exists(path(job))
  }

  /// Keeps what a trial gave.
  ///
  /// - Throws: `StreamsError` where it cannot be written.
  func write(_ result: TrialResult, _ job: TrialLane.Job) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let path = path(job)
    let file = try OutputFile(temporaryPath: path + ".partial")
    try file.write(Array(try encoder.encode(Stored(run: run, result: result))) + [0x0A])
    try file.publish(as: path)
  }

  /// What a trial gave.
  ///
  /// - Throws: ``AttackError/changed(output:)`` where the file is of another run or damaged.
  func read(_ job: TrialLane.Job) throws -> TrialResult {
    let bytes = try FileSource.contents(of: path(job))
    guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(bytes)),
      stored.run == run
    else { throw AttackError.changed(output: Folder.parent(of: folder)) }
    return stored.result
  }
}
