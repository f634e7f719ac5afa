import Foundation
import Streams

/// What the commands of the demonstration left in a folder, read as far as the table needs it.
///
/// | in the folder | written by |
/// |---|---|
/// | `evaluations/ARM.json` | `cordon evaluate ARM/model --suite suite.yaml --output` |
/// | `unlearned/verdict.json`, `filtered-unlearned/verdict.json` | `cordon unlearn` |
/// | `attacked/attacks.json` | `cordon attack unlearned/model --unprotected none/model …` |
struct ArmFiles {
  let folder: String

  private struct Scores: Decodable {
    struct Task: Decodable {
      var name: String
      var items: [Item]
    }
    struct Item: Decodable { var acc: Bool? }
    var evaluation: String?
    var tasks: [Task]
  }

  private struct Verdict: Decodable { var verdict: String }

  private struct Attacks: Decodable {
    struct Subject: Decodable {
      var role: String
      var evaluation: String
    }
    struct Trial: Decodable {
      var kind: String
      var subject: Int
      var points: [Point]
      var recovery: [String: Recovery]
    }
    struct Point: Decodable {
      var at: Int
      var scores: [String: Score]
    }
    struct Score: Decodable { var value: Double }
    struct Recovery: Decodable {
      var at: Int?
      var through: Int
    }
    var subjects: [Subject]
    var trials: [Trial]
    var findings: [String]
  }

  /// The arms, in their order, and what the attack's controls found.
  ///
  /// - Throws: ``BenchError`` where a file is missing, or says not what it should.
  func read() throws -> (arms: [Arm], findings: [String]) {
    let attacks = try decode(Attacks.self, "attacked/attacks.json")
    let arms = try Arm.Kind.allCases.map { kind in
      let path = "evaluations/\(kind.rawValue).json"
      let scores = try decode(Scores.self, path)
      let isUnlearned = [.unlearned, .both].contains(kind)
      return Arm(
        kind: kind, hazard: try items("hazard-verdict", of: scores, path),
        general: try items("general-verdict", of: scores, path), evaluation: scores.evaluation,
        verdict: isUnlearned
          ? try decode(Verdict.self, "\(kind.rawValue)/verdict.json").verdict : nil,
        attack: try attack(on: kind, attacks))
    }
    guard arms.allSatisfy({ $0.general.count == arms[0].general.count }) else {
      throw BenchError(.input, "\(folder)/evaluations: the arms answered other items; begin anew")
    }
    return (arms, attacks.findings)
  }

  private func items(_ task: String, of scores: Scores, _ path: String) throws -> [Bool] {
    let marks = scores.tasks.first { $0.name == task }?.items.compactMap(\.acc) ?? []
    guard !marks.isEmpty else {
      throw BenchError(.input, "\(folder)/\(path): has no results of the items of \(task)")
    }
    return marks
  }

  private func attack(on kind: Arm.Kind, _ attacks: Attacks) throws -> ArmAttack {
    let sets = ["attacked", "held-out", "general"]
    guard let subject = attacks.subjects.firstIndex(where: { $0.role == kind.role }),
      let trial = attacks.trials.first(where: { $0.kind == "relearn" && $0.subject == subject }),
      !trial.points.isEmpty,
      trial.points.allSatisfy({ point in sets.allSatisfy { point.scores[$0] != nil } })
    else {
      throw BenchError(
        .input, "\(folder)/attacked/attacks.json: the model \(kind.role) was not made to relearn")
    }
    return ArmAttack(
      points: trial.points.map { point in
        let values = sets.map { point.scores[$0]?.value ?? 0 }
        return ArmAttack.Point(
          step: point.at, attacked: values[0], heldOut: values[1], general: values[2])
      },
      recovery: trial.recovery["attacked"].map { ($0.at, $0.through) },
      evaluation: attacks.subjects[subject].evaluation)
  }

  private func decode<Content: Decodable>(_ type: Content.Type, _ path: String) throws -> Content {
    let whole = "\(folder)/\(path)"
    guard let bytes = FileManager.default.contents(atPath: whole) else {
      throw BenchError(.input, "\(whole): is missing; run the command that writes it")
    }
    do {
      return try JSONDecoder().decode(type, from: bytes)
    } catch {
      throw BenchError(.input, "\(whole): is not what its command writes; run that again")
    }
  }
}
