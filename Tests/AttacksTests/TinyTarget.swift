import Evaluation
import Foundation
import Language
import Tensors
import TestSupport

@testable import Attacks

/// A tiny model, three small sets of items and a plan with one attack.
struct TinyTarget {
  /// An item of JSON lines.
  static func line(_ question: String, _ choices: [String], _ answer: Int) -> String {
    let list = choices.map { "\"\($0)\"" }.joined(separator: ",")
    return "{\"question\":\"\(question)\",\"choices\":[\(list)],\"answer\":\(answer)}\n"
  }

  /// Items of a seed: four words, one of which is right, at random.
  static func items(_ count: Int, seed: UInt64, mark: String = "") -> String {
    var generator = SeededGenerator(seed: seed)
    func word() -> String {
      String((0..<3).map { _ in "abcdefghijkmnopqrstuv".randomElement(using: &generator) ?? "a" })
    }
    return (0..<count).map { number in
      let answer = Int.random(in: 0..<4, using: &generator)
      let words = (0..<4).map { word() + (mark.isEmpty ? "" : $0 == answer ? mark : "x") }
      return line("What is \(number + 100 * Int(seed))?", words, answer)
    }.joined()
  }

  /// The files of the three sets; `mark` ends every right choice.
  static func files(_ count: Int = 12, mark: String = "") -> [String: String] {
    [
      "attacked.jsonl": items(count, seed: 1, mark: mark),
      "held-out.jsonl": items(count, seed: 2, mark: mark),
      "general.jsonl": items(count / 2, seed: 3, mark: mark),
    ]
  }

  let plan: AttackPlan
  let subject: AttackSubject

  /// A target with the files of a folder.
  init(
    _ folder: URL, attack: String, template: String = "{question} A:", context: Int = 160,
    model: LanguageModel? = nil, threads: Int = 1
  ) throws {
    let sets = ["attacked", "held-out", "general"].map {
      "  \($0): {items: \($0).jsonl, template: \"\(template)\"}\n"
    }.joined()
    let text = "attack: t\nversion: 1\nsets:\n\(sets)attacks:\n  - \(attack)\n"
    plan = try AttackPlan(
      path: folder.appendingPathComponent("plan.yaml").path, bytes: Array(text.utf8))
    let model = try model ?? TinyModel.model(context: context)
    let (tokenizer, workers) = (try TinyModel.tokenizer(), Workers(count: threads))
    subject = AttackSubject(
      folder: folder.path, model: model, tokenizer: tokenizer,
      meter: try AttackMeter(
        plan.sets, for: EvaluationSubject(model, tokenizer: tokenizer, on: workers)),
      workers: workers)
  }

  /// What a trial of the attack gives.
  func run(_ trial: Int = 0) throws -> AttackCurve {
    try plan.attacks[0].run(plan.attacks[0].trials[trial], on: subject)
  }
}

/// A folder with files.
func withFiles<Value>(
  _ files: [String: String], _ body: (URL) throws -> Value
) throws -> Value {
  try withScratchFolder { folder in
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    return try body(folder)
  }
}
