import Foundation
import Ledger
import Streams

/// The ledger of a demonstration, against which its files are held: what they say is what was
/// recorded, or there is no table.
struct ArmLedger {
  private let path: String
  private let evaluations: [String: EvaluationRow]
  private let unlearnings: [String: UnlearningRow]

  /// Reads a ledger, and recomputes its hashes.
  ///
  /// - Throws: ``BenchError`` where there is none, `LedgerError` where it was changed.
  init(path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      throw BenchError(
        .input, "\(path): is missing; run the commands of the demonstration with --ledger")
    }
    let ledger = try Ledger(reading: path)
    try ledger.verify()
    self.path = path
    evaluations = Dictionary(
      try ledger.evaluations().map { ($0.digest.hex, $0) }, uniquingKeysWith: { first, _ in first })
    unlearnings = Dictionary(
      try ledger.unlearnings().map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The evaluation that a file names.
  ///
  /// - Throws: ``BenchError`` where it names none, or one that is not there.
  func evaluation(_ digest: String?, of file: String) throws -> EvaluationRow {
    guard let digest else {
      throw BenchError(
        .input, "\(file): names no evaluation of a ledger; make it again with --ledger \(path)")
    }
    guard let row = evaluations[digest] else { throw differs(file, from: digest) }
    return row
  }

  /// The unlearning of a run's id that a file names.
  ///
  /// - Throws: ``BenchError`` where it is not there.
  func unlearning(_ id: String, of file: String) throws -> UnlearningRow {
    guard let row = unlearnings[id] else { throw differs(file, from: id) }
    return row
  }

  /// What is thrown where a file and the ledger disagree.
  func differs(_ file: String, from name: String) -> BenchError {
    BenchError(
      .input,
      "\(file): does not say what \(path) has under \(name.prefix(16)); make it again")
  }
}
