import Foundation
import Ledger
import Streams

/// What the commands of the demonstration left in a folder, read as far as the table needs it and
/// held against the ledger.
///
/// | in the folder | written by |
/// |---|---|
/// | `ledger.sqlite` | all of them, with `--ledger ledger.sqlite` |
/// | `evaluations/ARM.json` | `cordon evaluate ARM/model --suite suite.yaml --output` |
/// | `unlearned/verdict.json`, `filtered-unlearned/verdict.json` | `cordon unlearn` |
/// | `attacked/attacks.json` | `cordon attack unlearned/model --unprotected none/model …` |
struct ArmFiles {
  let folder: String

  private struct Scores: Decodable { var evaluation: String? }
  private struct Task: Decodable { var name: String }
  private struct Item: Decodable { var acc: Bool? }
  private struct Verdict: Decodable {
    var run: String
    var verdict: String?
  }

  /// The results of a task of an evaluation.
  private typealias Results = (task: String, items: JSONPiece)

  /// The arms, in their order, and what the attack's controls found.
  ///
  /// - Throws: ``BenchError`` where a file is missing, says not what it should, or not what the
  ///   ledger has; `LedgerError` where the ledger cannot be read or was changed.
  func read() throws -> (arms: [Arm], findings: [String]) {
    let attacks = try ArmAttacks(of: self)
    let ledger = try ArmLedger(path: "\(folder)/ledger.sqlite")
    let found = try Arm.Kind.allCases.map { try arm($0, attacks, ledger) }
    let first = found[0].evaluation
    guard
      found.allSatisfy({ arm, evaluation in
        evaluation.suite == first.suite && evaluation.inputs == first.inputs
          && arm.general.count == found[0].arm.general.count
      })
    else {
      throw BenchError(.input, "\(folder)/evaluations: the arms answered other items; begin anew")
    }
    return (found.map { $0.arm }, attacks.findings)
  }

  private func arm(
    _ kind: Arm.Kind, _ attacks: ArmAttacks, _ ledger: ArmLedger
  ) throws -> (arm: Arm, evaluation: EvaluationRow) {
    let path = "evaluations/\(kind.rawValue).json"
    let (scores, text) = try decode(Scores.self, path)
    let results = try (text["tasks"]?.elements ?? []).compactMap { task -> Results? in
      let name = try decode(Task.self, task, path).name
      return task["items"].map { (name, $0) }
    }
    let hazard = try marks("hazard-verdict", of: results, path)
    let general = try marks("general-verdict", of: results, path)
    let row = try ledger.evaluation(scores.evaluation, of: "\(folder)/\(path)")
    let items = JSONPiece.digest(ofArray: results.map { Array($0.items.bytes) })
    guard items == row.items, agrees("hazard-verdict", hazard, row),
      agrees("general-verdict", general, row)
    else { throw ledger.differs("\(folder)/\(path)", from: row.digest.hex) }
    let (attack, attacked) = try attacks.attack(on: kind, ledger)
    guard ArmFiles.isSame(attacked.checkpoint, row.checkpoint) else {
      throw BenchError(
        .input,
        "\(folder)/\(path): is of another model than the \(kind.role) one of "
          + "\(folder)/\(ArmAttacks.path); make both again")
    }
    let isUnlearned = [.unlearned, .both].contains(kind)
    let arm = Arm(
      kind: kind, hazard: hazard, general: general, evaluation: scores.evaluation,
      verdict: isUnlearned ? try verdict(of: kind, row.checkpoint, ledger) : nil, attack: attack)
    return (arm, row)
  }

  /// Whether each item of a task is answered right.
  private func marks(_ task: String, of results: [Results], _ path: String) throws -> [Bool] {
    let found = results.first { $0.task == task }
    let marks = try found.map { try decode([Item].self, $0.items, path).compactMap(\.acc) } ?? []
    guard !marks.isEmpty else {
      throw BenchError(.input, "\(folder)/\(path): has no results of the items of \(task)")
    }
    return marks
  }

  /// Whether the ledger has this share of right items: names of tasks are not among the items.
  private func agrees(_ task: String, _ marks: [Bool], _ row: EvaluationRow) -> Bool {
    let share = Double(marks.count { $0 }) / Double(marks.count)
    return row.metrics.contains {
      $0.task == task && $0.metric == "acc" && $0.count == Int64(marks.count)
        && abs($0.value - share) < 1e-9
    }
  }

  private func verdict(
    of kind: Arm.Kind, _ model: CheckpointRow, _ ledger: ArmLedger
  ) throws -> String {
    let path = "\(kind.rawValue)/verdict.json"
    let found = try decode(Verdict.self, path).content
    guard let verdict = found.verdict else {
      throw BenchError(
        .input,
        "\(folder)/\(path): states no verdict, for the plan has no boundary; unlearn by a plan "
          + "that has one")
    }
    let row = try ledger.unlearning(found.run, of: "\(folder)/\(path)")
    // What does not meet its boundary leaves no model.
    guard row.verdict?.rawValue == verdict,
      row.result.map({ ArmFiles.isSame($0, model) }) ?? true
    else { throw ledger.differs("\(folder)/\(path)", from: found.run) }
    return verdict
  }

  /// Whether two records are of the same model: commands list more or fewer of the files beside
  /// its weights.
  private static func isSame(_ left: CheckpointRow, _ right: CheckpointRow) -> Bool {
    (left.weights ?? left.digest) == (right.weights ?? right.digest)
  }

  // MARK: - Reading

  /// Reads a file of the folder: what is wanted of it, and its text.
  ///
  /// - Throws: ``BenchError`` where it is missing, or says not what it should.
  func decode<Content: Decodable>(
    _ type: Content.Type, _ path: String
  ) throws -> (content: Content, text: JSONPiece) {
    guard let bytes = FileManager.default.contents(atPath: "\(folder)/\(path)") else {
      throw BenchError(.input, "\(folder)/\(path): is missing; run the command that writes it")
    }
    let text = JSONPiece([UInt8](bytes)[...])
    return (try decode(type, text, path), text)
  }

  /// Reads a part of a file.
  ///
  /// - Throws: ``BenchError`` where it says not what it should.
  func decode<Content: Decodable>(
    _ type: Content.Type, _ text: JSONPiece, _ path: String
  ) throws -> Content {
    do {
      return try JSONDecoder().decode(type, from: Data(text.bytes))
    } catch {
      throw BenchError(
        .input, "\(folder)/\(path): is not what its command writes; run that again")
    }
  }
}
