import Foundation
import TestSupport
import Testing

/// `evaluate --open-unlearning` as a person runs it.
@Suite struct OpenUnlearningTests {
  private static let question = """
    {"question":"Who?","answer":"Ada","perturbed_answer":["Bob","Cy"]}
    {"question":"Where?","answer":"there","perturbed_answer":["nowhere","here"]}

    """

  private static func suite(in folder: URL, _ more: String = "") throws -> String {
    try Data(question.utf8).write(to: folder.appendingPathComponent("q.json"))
    let path = folder.appendingPathComponent("suite.yaml").path
    let text = """
      suite: t
      version: 1
      tasks:
        - tofu: {name: t, forget: q.json, retain: q.json, real_authors: q.json, \
      world_facts: q.json, max_tokens: 4\(more)}

      """
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test("both files are written, and the first is a reference for the next run") func files() throws
  {
    try TinyCheckpoint.with { folder, model in
      let suite = try Self.suite(in: folder)
      let logs = folder.appendingPathComponent("logs/here").path
      let first = try BuiltCommand.run([
        "evaluate", model, "--suite", suite, "--open-unlearning", logs,
      ])
      #expect(first.status == 0, "\(first.stderr)")
      #expect(String(decoding: first.stdout, as: UTF8.self).contains("model_utility"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: logs).sorted() == [
          "TOFU_EVAL.json", "TOFU_SUMMARY.json",
        ])
      let text = try String(contentsOfFile: logs + "/TOFU_EVAL.json", encoding: .utf8)
      #expect(!text.contains("Ada") && !text.contains("forget_quality"))
      let ledger = folder.appendingPathComponent("ledger.sqlite").path
      _ = try Self.suite(in: folder, ", reference: logs/here/TOFU_EVAL.json")
      let second = try BuiltCommand.run([
        "evaluate", model, "--suite", suite, "--json", "--ledger", ledger, "--harness",
        folder.appendingPathComponent("h.json").path,
      ])
      #expect(second.status == 0, "\(second.stderr)")
      let tasks = try #require(try second.json()["tasks"] as? [[String: Any]])
      let metrics = try #require(tasks[0]["metrics"] as? [String: [String: Any]])
      #expect(metrics["forget_quality"]?["value"] as? Double == 1)
      // What is read is not written over.
      let over = try BuiltCommand.run([
        "evaluate", model, "--suite", suite, "--open-unlearning", logs,
      ])
      #expect(over.status == 2 && over.stderr.contains("TOFU_EVAL.json"), "\(over.stderr)")
    }
  }

  @Test("a folder is made for results, and a run that fails leaves none") func folder() throws {
    try TinyCheckpoint.with { folder, model in
      let suite = try Self.suite(in: folder)
      let base = ["evaluate", model, "--suite", suite, "--open-unlearning"]
      // Whether it can be made is seen before the weights are read.
      let file = folder.appendingPathComponent("file").path
      try Data("text".utf8).write(to: URL(fileURLWithPath: file))
      let whole = try Data(contentsOf: URL(fileURLWithPath: model + "/model.safetensors"))
      try Data("no weights".utf8).write(to: URL(fileURLWithPath: model + "/model.safetensors"))
      let refused = try BuiltCommand.run(base + [file + "/logs"])
      #expect(refused.status == 2 && refused.stderr.contains(file), "\(refused.stderr)")
      for logs in ["/logs", "/logs/a/b", "/logs/"] {
        let result = try BuiltCommand.run(base + [folder.path + logs])
        #expect(result.status == 3, "\(result.stderr)")
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/logs"), "\(logs)")
      }
      // A folder that was there stays.
      let own = folder.appendingPathComponent("own").path
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
      #expect(try BuiltCommand.run(base + [own]).status == 3)
      #expect(FileManager.default.fileExists(atPath: own))
      try whole.write(to: URL(fileURLWithPath: model + "/model.safetensors"))
      let good = try BuiltCommand.run(base + [folder.path + "/logs/a/b"])
      #expect(good.status == 0, "\(good.stderr)")
      #expect(FileManager.default.fileExists(atPath: folder.path + "/logs/a/b/TOFU_EVAL.json"))
    }
  }

  @Test("a suite without TOFU is told at once") func none() throws {
    try TinyCheckpoint.with { folder, model in
      let result = try BuiltCommand.run([
        "evaluate", model, "--suite", EvaluateCommandTests.suite, "--open-unlearning",
        folder.path + "/logs",
      ])
      #expect(result.status == 2 && result.stderr.contains("0 tasks of kind `tofu`"))
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/logs"))
    }
  }
}
