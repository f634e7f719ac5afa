import Foundation
import Ledger
import Streams

/// What an attack left, read from `attacks.json` and held against the ledger.
///
/// Places of recovery and destruction follow from the recorded scores and limits; what the file
/// says of them is not read.
struct ArmAttacks {
  static let path = "attacked/attacks.json"

  private struct Head: Decodable {
    struct Subject: Decodable {
      var role: String
      var evaluation: String
    }
    var run: String
    var subjects: [Subject]
    var findings: [String]
  }

  /// The file, as messages call it.
  private let file: String
  private let head: Head
  private let trials: [(trial: ArmTrial, text: JSONPiece)]

  /// What the controls found.
  var findings: [String] { head.findings }

  /// Reads the file; nothing is held against anything yet.
  ///
  /// - Throws: ``BenchError`` where it is missing, or is not what `cordon attack` writes.
  init(of files: ArmFiles) throws {
    file = "\(files.folder)/\(ArmAttacks.path)"
    let text: JSONPiece
    (head, text) = try files.decode(Head.self, ArmAttacks.path)
    trials = try (text["trials"]?.elements ?? []).map {
      part -> (trial: ArmTrial, text: JSONPiece) in
      (try files.decode(ArmTrial.self, part, ArmAttacks.path), part)
    }
  }

  /// What the attack did to an arm, and what the ledger has of that.
  ///
  /// - Throws: ``BenchError`` where the arm was not attacked, or the file does not say what the
  ///   ledger has.
  func attack(on kind: Arm.Kind, _ ledger: ArmLedger) throws -> (ArmAttack, EvaluationRow) {
    guard let subject = head.subjects.firstIndex(where: { $0.role == kind.role }) else {
      throw lacks(kind)
    }
    let own = trials.filter { $0.trial.subject == subject }
    let name = head.subjects[subject].evaluation
    let row = try ledger.evaluation(name, of: file)
    // The ledger hashes a trial without what follows from the plan.
    let texts = own.map { $0.text.without(["subject", "recovery", "destroyed"]) ?? [] }
    guard
      let settings = try? JSONDecoder().decode(
        ArmTrial.Settings.self, from: Data(row.settings.utf8)),
      settings.role == kind.role, settings.attack == head.run,
      settings.findings == head.findings,
      JSONPiece.digest(ofArray: texts) == row.items
    else { throw ledger.differs(file, from: name) }
    guard let relearning = own.first(where: { $0.trial.kind == "relearn" })?.trial,
      let curve = ArmAttacks.curve(relearning, settings, name)
    else { throw lacks(kind) }
    return (curve, row)
  }

  private func lacks(_ kind: Arm.Kind) -> BenchError {
    BenchError(.input, "\(file): the model \(kind.role) was not made to relearn")
  }

  /// A relearning as a curve; nil where a point lacks a set.
  private static func curve(
    _ trial: ArmTrial, _ limits: ArmTrial.Settings, _ evaluation: String
  ) -> ArmAttack? {
    let points = trial.points.compactMap { point -> ArmAttack.Point? in
      guard let attacked = point.scores["attacked"], let heldOut = point.scores["held-out"],
        let general = point.scores["general"]
      else { return nil }
      return ArmAttack.Point(
        step: point.at, attacked: attacked.value, heldOut: heldOut.value, general: general.value)
    }
    guard !points.isEmpty, points.count == trial.points.count else { return nil }
    let end = trial.destroyed(limits)
    let sound = points.filter { $0.step < end ?? .max }
    return ArmAttack(
      points: points,
      recovery: sound.last.map { last in
        (sound.first { $0.attacked >= limits.recovered }?.step, last.step)
      }, destroyed: end, evaluation: evaluation)
  }
}
