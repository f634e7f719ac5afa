internal import Foundation
internal import Streams

/// The results of trials that are done, a file each: what a run that was stopped goes on from.
///
/// A file appears when it is whole. Its first line says of which run and trial it is and what the
/// SHA-256 of the second is, which is the result: one that is damaged, or stands in the place of
/// another, counts as not there.
final class TrialStore: Sendable {
  private let folder: String
  private let run: String

  private struct Head: Codable {
    var run: String
    var place: String
    var sha256: String
  }

  /// The store of a run.
  ///
  /// - Throws: `StreamsError` where the folder cannot be made.
  init(output: String, run: String) throws {
    folder = output + "/trials"
    self.run = run
    try Folder.make(folder)
  }

  /// The file of a trial.
  func path(_ job: TrialLane.Job) -> String { "\(folder)/\(place(job)).json" }

  /// Names of attacks and labels may hold anything: their numbers do not.
  private func place(_ job: TrialLane.Job) -> String {
    "\(job.subject)-\(job.attack)-\(job.trial.number)"
  }

  /// Whether a trial's file is there, whole or not.
  func has(_ job: TrialLane.Job) -> Bool { Folder.exists(path(job)) }

  /// Keeps what a trial gave.
  ///
  /// - Throws: `StreamsError` where it cannot be written.
  func write(_ result: TrialResult, _ job: TrialLane.Job) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let body = Array(try encoder.encode(result))
    let head = Head(run: run, place: place(job), sha256: Digest256(hashing: body).hex)
    let path = path(job)
    let file = try OutputFile(temporaryPath: path + ".partial")
    try file.write(Array(try encoder.encode(head)) + [0x0A] + body + [0x0A])
    try file.publish(as: path)
  }

  /// What a trial gave; nil where its file is not there, or is not what was written.
  ///
  /// - Throws: `StreamsError` where it cannot be read.
  func read(_ job: TrialLane.Job) throws -> TrialResult? {
    guard has(job) else { return nil }
    let lines = try FileSource.contents(of: path(job))
      .split(separator: 0x0A, omittingEmptySubsequences: false)
    let decoder = JSONDecoder()
    guard lines.count == 3, lines[2].isEmpty,
      let head = try? decoder.decode(Head.self, from: Data(lines[0])), head.run == run,
      head.place == place(job), Digest256(hashing: Array(lines[1])).hex == head.sha256
    else { return nil }
    return try? decoder.decode(TrialResult.self, from: Data(lines[1]))
  }
}
