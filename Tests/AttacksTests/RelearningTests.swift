import Foundation
import Settings
import Language
import Tensors
import TestSupport
import Testing

@testable import Attacks

@Suite("Relearning") struct RelearningTests {
  /// What the items of a file say, as texts to learn.
  private static func lessons(_ items: String, template: String = " A:") -> String {
    struct Item: Decodable {
      var question: String
      var choices: [String]
      var answer: Int
    }
    return items.split(separator: "\n").compactMap {
      try? JSONDecoder().decode(Item.self, from: Data($0.utf8))
    }.map {
      #"{"prompt":"\#($0.question)\#(template)","response":" \#($0.choices[$0.answer])"}"# + "\n"
    }.joined()
  }

  private static func files() -> [String: String] {
    var files = TinyTarget.files(8)
    files["lessons.jsonl"] = lessons(files["attacked.jsonl"] ?? "")
    files["config.json"] = TinyModel.configuration(context: 160)
    return files
  }

  private static func attack(_ more: String, rate: String = "2e-2", steps: Int = 60) -> String {
    "relearn: {name: half, data: lessons.jsonl, teaches: [attacked], rates: [\(rate)], "
      + "steps: \(steps), every: \(steps / 2), batch: 8\(more)}"
  }

  @Test("what is taught comes, in full and by an adapter", arguments: ["full", "lora"])
  func learns(adaptation: String) throws {
    try withFiles(RelearningTests.files()) { folder in
      let target = try TinyTarget(
        folder,
        attack: RelearningTests.attack(
          ", adapt: [\(adaptation)], lora: {rank: 8, alpha: 16, targets: [q_proj, v_proj, "
            + "o_proj, up_proj, down_proj, gate_proj]}", steps: 120))
      let curve = try target.run()
      #expect(curve.points.map(\.at) == [0, 60, 120])
      let last = curve.points[2].score(.attacked)?.accuracy ?? 0
      #expect(last >= 0.9, "\(last)")
      #expect(last > (curve.points[0].score(.attacked)?.accuracy ?? 1))
    }
  }

  @Test("a rate of 0 changes nothing", arguments: ["full", "lora"])
  func still(adaptation: String) throws {
    try withFiles(RelearningTests.files()) { folder in
      let target = try TinyTarget(
        folder,
        attack: RelearningTests.attack(
          ", adapt: [\(adaptation)], lora: {rank: 2, targets: [q_proj]}", rate: "0", steps: 4))
      let before = Array(target.subject.model.weights.floats)
      let curve = try target.run()
      #expect(curve.points.allSatisfy { $0.scores == curve.points[0].scores })
      #expect(Array(target.subject.model.weights.floats) == before)
    }
  }

  @Test("the same attack twice leaves the same weights, with any number of workers")
  func repeats() throws {
    try withFiles(RelearningTests.files()) { folder in
      let results = try [1, 1, 3].map { threads in
        let target = try TinyTarget(
          folder, attack: RelearningTests.attack("", steps: 10), threads: threads)
        let curve = try target.run()
        return (curve, Array(target.subject.model.weights.floats).map(\.bitPattern))
      }
      #expect(results[0].0 == results[1].0 && results[0].0 == results[2].0)
      #expect(results[0].1 == results[1].1 && results[0].1 == results[2].1)
    }
  }

  @Test("a rate, an adaptation and a seed make a trial") func trials() throws {
    try withFiles(RelearningTests.files()) { folder in
      let target = try TinyTarget(
        folder,
        attack: RelearningTests.attack(
          ", adapt: [full, lora], lora: {rank: 2, targets: [q_proj]}, seeds: [1, 2, 3]",
          rate: "1e-4, 1e-3"))
      let trials = target.plan.attacks[0].trials
      #expect(trials.count == 12)
      #expect(Set(trials.map(\.label)).count == 12)
      #expect(Set(trials.map(\.group)).count == 4)
      #expect(trials.map(\.number) == Array(0..<12))
    }
  }

  @Test("a curve ends where the numbers break") func breaks() throws {
    try withFiles(RelearningTests.files()) { folder in
      let target = try TinyTarget(
        folder, attack: RelearningTests.attack("", rate: "900", steps: 40))
      let curve = try target.run()
      // Weights of this size leave no finite loss, or one that nothing learns from.
      #expect(curve.points[0].at == 0)
      if let broken = curve.brokenAt { #expect(curve.points.allSatisfy { $0.at < broken }) }
    }
  }

  @Test(
    "a mistake in the settings is told with its line",
    arguments: [
      ", adapt: [lora]", ", adapt: [some]", ", seeds: [1, 1]", ", every: 100", ", colour: red",
      ", sequence: 1", ", schedule: {kind: linear, warmup: 60}",
    ]) func mistakes(more: String) throws
  {
    try withFiles(RelearningTests.files()) { folder in
      do {
        var text = RelearningTests.attack(more)
        if more.contains("every") { text = text.replacingOccurrences(of: "every: 30, ", with: "") }
        _ = try TinyTarget(folder, attack: text)
        Issue.record("\(more) was taken")
      } catch let error as SettingsError {
        #expect(error.line >= 7)
      }
    }
  }

  @Test("files without anything to learn are an error") func nothing() throws {
    var files = RelearningTests.files()
    files["lessons.jsonl"] = ""
    try withFiles(files) { folder in
      let target = try TinyTarget(folder, attack: RelearningTests.attack(""))
      #expect(throws: AttackError.nothing(attack: "half", files: ["lessons.jsonl"])) {
        try target.run()
      }
    }
  }
}
