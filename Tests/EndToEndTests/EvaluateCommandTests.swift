import Foundation
import TestSupport
import Testing

/// `evaluate` as a person runs it.
@Suite struct EvaluateCommandTests {
  static let suite = Repository.root.appendingPathComponent("Filters/suites/example.yaml").path

  @Test("a model is held against the shipped suite, recorded, and twice alike") func whole() throws
  {
    try TinyCheckpoint.with { folder, model in
      func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
      var outputs: [Data] = []
      for threads in ["1", "3"] {
        let result = try BuiltCommand.run(
          [
            "evaluate", model, "--suite", Self.suite, "--output", file(threads), "--harness",
            file("harness"), "--ledger", file("ledger.sqlite"), "--threads", threads, "--json",
          ], environment: ["OPENBLAS_NUM_THREADS": "4"])
        #expect(result.status == 0, "\(result.stderr)")
        outputs.append(result.stdout)
        outputs.append(try Data(contentsOf: folder.appendingPathComponent(threads)))
      }
      #expect(outputs[0] == outputs[2] && outputs[1] == outputs[3])
      let object = try #require(
        try JSONSerialization.jsonObject(with: outputs[1]) as? [String: Any])
      let tasks = try #require(object["tasks"] as? [[String: Any]])
      #expect(tasks.map { $0["name"] as? String } == ["prose", "quiz", "quiz-letters"])
      #expect(tasks.map { ($0["items"] as? [Any])?.count } == [1, 6, 6])
      #expect(!String(decoding: outputs[1], as: UTF8.self).contains("ferry"))
      let harness = try #require(
        try JSONSerialization.jsonObject(
          with: Data(contentsOf: folder.appendingPathComponent("harness"))) as? [String: Any])
      let results = try #require(harness["results"] as? [String: [String: Any]])
      #expect(results["quiz"]?["acc,none"] is Double)
      try Self.checkLedger(file("ledger.sqlite"), model)
    }
  }

  /// Two runs of one command are one evaluation.
  private static func checkLedger(_ ledger: String, _ model: String) throws {
    let dump = try BuiltCommand.run(["audit", "dump", "--output", "none", "--ledger", ledger])
    let lines = try String(decoding: dump.stdout, as: UTF8.self).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    func rows(_ table: String) -> [[String: Any]] {
      lines.filter { $0["table"] as? String == table }
    }
    #expect(rows("evaluation").count == 1)
    #expect(
      rows("log_entry").map { $0["kind"] as? String } == ["checkpoint", "suite", "evaluation"])
    #expect(
      rows("checkpoint_file").map { $0["name"] as? String } == ["config.json", "model.safetensors"])
    let sum = try BuiltCommand.sha256(of: model + "/model.safetensors")
    #expect(rows("checkpoint_file").last?["sha256"] as? String == sum)
    #expect(rows("suite").first?["sha256"] as? String == (try BuiltCommand.sha256(of: suite)))
    #expect(
      rows("evaluation_input").map { $0["path"] as? String } == [
        "example-prose.txt", "example-quiz.jsonl", "example-quiz.jsonl", "example-shown.jsonl",
      ])
    #expect(rows("evaluation_metric").count == 7 + 3 + 3)
  }

  @Test("a table is printed for people") func table() throws {
    try TinyCheckpoint.with { _, model in
      let result = try BuiltCommand.run(["evaluate", model, "--suite", Self.suite])
      let text = String(decoding: result.stdout, as: UTF8.self)
      #expect(result.status == 0)
      #expect(text.contains("perplexity") && text.contains("acc_norm"))
      #expect(text.contains("over 6"))
    }
  }

  @Test("mistakes have their exit codes") func mistakes() throws {
    try TinyCheckpoint.with { folder, model in
      let suite = folder.appendingPathComponent("suite.yaml")
      try Data("suite: a\nversion: 1\ntasks:\n  - loss: {name: a, txt: b}\n".utf8).write(to: suite)
      let unknown = try BuiltCommand.run(["evaluate", model, "--suite", suite.path])
      #expect(unknown.status == 2)
      #expect(unknown.stderr.contains("suite.yaml:4") && unknown.stderr.contains("`text`"))
      try FileManager.default.removeItem(atPath: model + "/tokenizer.json")
      let bare = try BuiltCommand.run(["evaluate", model, "--suite", Self.suite])
      #expect(bare.status == 3)
      #expect(bare.stderr.contains("--tokenizer"))
    }
  }
}

extension BuiltCommand {
  /// The SHA-256 of a file, by another program.
  static func sha256(of path: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    process.arguments = [path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(String(decoding: data, as: UTF8.self).prefix(64))
  }
}
