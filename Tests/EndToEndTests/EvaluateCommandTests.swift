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
    #expect(
      rows("evaluation_interval").map { $0["method"] as? String }
        == Array(repeating: "mid-p", count: 6))
  }

  @Test("a chat template changes the contexts, and is recorded") func chat() throws {
    try TinyCheckpoint.with(context: 512, turns: TinyCheckpoint.chatML) { folder, model in
      let ledger = folder.appendingPathComponent("ledger.sqlite").path
      var objects: [[String: Any]] = []
      for chat in [[], ["--chat", "chatml"]] {
        let harness = folder.appendingPathComponent("harness").path
        let result = try BuiltCommand.run(
          [
            "evaluate", model, "--suite", Self.suite, "--ledger", ledger, "--json", "--harness",
            harness,
          ] + chat)
        #expect(result.status == 0, "\(result.stderr)")
        objects.append(try result.json())
        let text = try String(contentsOfFile: harness, encoding: .utf8)
        #expect(text.contains(#""chat_template":"chatml""#) == !chat.isEmpty)
      }
      #expect(objects[0]["chat"] == nil && objects[1]["chat"] as? String == "chatml")
      let dump = try BuiltCommand.run(["audit", "dump", "--output", "none", "--ledger", ledger])
      let lines = String(decoding: dump.stdout, as: UTF8.self).split(separator: "\n")
      let evaluations = lines.filter { $0.contains(#""table":"evaluation""#) }
      #expect(evaluations.count == 2)
      #expect(evaluations.filter { $0.contains("chatml") }.count == 1)
      for object in objects {
        let digest = try #require(object["evaluation"] as? String)
        #expect(evaluations.count { $0.contains(digest) } == 1, "how the ledger knows it")
      }
      let unknown = try BuiltCommand.run([
        "evaluate", model, "--suite", Self.suite, "--chat", "x",
      ])
      #expect(unknown.status == 2 && unknown.stderr.contains("chatml"))
    }
  }

  @Test("a table is printed for people") func table() throws {
    try TinyCheckpoint.with { _, model in
      let result = try BuiltCommand.run(["evaluate", model, "--suite", Self.suite])
      let text = String(decoding: result.stdout, as: UTF8.self)
      #expect(result.status == 0)
      #expect(text.contains("perplexity") && text.contains("acc_norm"))
      #expect(text.contains("over 6"))
      // Of the questions, but not of the one text.
      let lines = text.split(separator: "\n")
      #expect(lines.filter { $0.contains("  95 % in ") }.count == 6)
      #expect(lines.filter { $0.hasSuffix("  higher is better") }.count == 6)
      #expect(lines.contains { $0.contains("perplexity") && $0.hasSuffix("  lower is better") })
    }
  }

  @Test("where results go is looked at before the work, and named as it was given")
  func outputsFirst() throws {
    try TinyCheckpoint.with { folder, model in
      // Whatever reads the weights fails with exit code 3.
      try Data("no weights".utf8).write(to: URL(fileURLWithPath: model + "/model.safetensors"))
      let before = try contents(of: folder)
      let nowhere = folder.path + "/none/results.json"
      for option in ["--output", "--harness", "--ledger"] {
        let result = try BuiltCommand.run([
          "evaluate", model, "--suite", Self.suite, option, nowhere,
        ])
        #expect(result.status == 2, "\(option): \(result.stderr)")
        #expect(result.stderr.contains("error: \(nowhere): "), "\(result.stderr)")
        #expect(!result.stderr.contains("partial"))
        // Those that can be written leave nothing behind.
        let good = folder.path + "/results.json"
        let broken = try BuiltCommand.run(["evaluate", model, "--suite", Self.suite, option, good])
        #expect(broken.status == 3, "\(broken.stderr)")
        #expect(try contents(of: folder) == before)
      }
      let text = folder.appendingPathComponent("ledger.txt")
      try Data(String(repeating: "no ledger\n", count: 99).utf8).write(to: text)
      let result = try BuiltCommand.run([
        "evaluate", model, "--suite", Self.suite, "--ledger", text.path,
      ])
      #expect(result.stderr.contains("ledger.txt"), "\(result.stderr)")
    }
  }

  @Test("what one place cannot take is in the others") func failingOutput() throws {
    try TinyCheckpoint.with { folder, model in
      func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
      let whole = try BuiltCommand.run([
        "evaluate", model, "--suite", Self.suite, "--json", "--harness", file("a"), "--ledger",
        file("whole.sqlite"),
      ])
      let result = try BuiltCommand.run([
        "evaluate", model, "--suite", Self.suite, "--json", "--harness", file("b"), "--output",
        "/dev/full", "--ledger", file("ledger.sqlite"),
      ])
      #expect(result.status == 4 && result.stderr.contains("/dev/full"), "\(result.stderr)")
      #expect(result.stdout == whole.stdout && !result.stdout.isEmpty)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: file("b")))
          == Data(contentsOf: URL(fileURLWithPath: file("a"))))
      #expect(FileManager.default.fileExists(atPath: file("ledger.sqlite")))
    }
  }

  @Test("what is read is not written over, and no file twice") func conflicts() throws {
    try TinyCheckpoint.with { folder, model in
      func file(_ name: String) -> String { folder.appendingPathComponent(name).path }
      try Data("Some text.".utf8).write(to: URL(fileURLWithPath: file("a.txt")))
      let suite = file("suite.yaml")
      try Data("suite: a\nversion: 1\ntasks:\n  - loss: {name: a, text: a.txt}\n".utf8)
        .write(to: URL(fileURLWithPath: suite))
      try FileManager.default.copyItem(
        atPath: model + "/tokenizer.json", toPath: file("other.json"))
      try FileManager.default.createSymbolicLink(
        atPath: file("link"), withDestinationPath: model + "/config.json")
      let before = try contents(of: folder)
      let base = ["evaluate", model, "--suite", suite, "--tokenizer", file("other.json")]
      let inputs = [
        model + "/model.safetensors", model + "/../model/config.json", model + "/tokenizer.json",
        suite, file("a.txt"), file("other.json"), file("link"),
      ]
      for input in inputs {
        for option in ["--output", "--harness"] {
          let result = try BuiltCommand.run(base + [option, input])
          #expect(result.status == 2 && result.stderr.contains(option), "\(result.stderr)")
          #expect(result.stderr.contains(input))
        }
      }
      let twice: [[String]] = [
        ["--output", file("r"), "--harness", file("r")],
        ["--output", file("r"), "--harness", model + "/../r"],
        ["--output", file("r"), "--ledger", file("r")],
      ]
      for options in twice {
        let result = try BuiltCommand.run(base + options)
        #expect(result.status == 2 && result.stderr.contains("name two files"), "\(result.stderr)")
      }
      #expect(try contents(of: folder) == before)
      // What keeps nothing may be named twice, and a new file may stand in the model's folder.
      let free = try BuiltCommand.run(
        base + ["--output", "/dev/null", "--harness", "/dev/null", "--ledger", model + "/l.sqlite"])
      #expect(free.status == 0, "\(free.stderr)")
    }
  }

  @Test("items that lost the beginning of their context are counted") func cut() throws {
    try TinyCheckpoint.with(context: 40) { folder, model in
      let suite = folder.appendingPathComponent("suite.yaml")
      try Data(
        "suite: a\nversion: 1\ntasks:\n  - multiple-choice: {name: q, items: q.jsonl}\n".utf8
      )
      .write(to: suite)
      let long = String(repeating: "long ", count: 10)
      let items = ["short?", long, long].map {
        "{\"question\": \"\($0)\", \"choices\": [\"a\", \"b\"], \"answer\": 0}\n"
      }
      try Data(items.joined().utf8).write(to: folder.appendingPathComponent("q.jsonl"))
      let table = try BuiltCommand.run(["evaluate", model, "--suite", suite.path])
      let words = "q: 2 of 3 items lost the beginning of their context\n"
      #expect(String(decoding: table.stdout, as: UTF8.self).hasSuffix(words), "\(table.stderr)")
      let object = try BuiltCommand.run(["evaluate", model, "--suite", suite.path, "--json"]).json()
      #expect((object["tasks"] as? [[String: Any]])?.first?["cut"] as? Int == 2)
    }
  }

  @Test("mistakes have their exit codes") func mistakes() throws {
    try TinyCheckpoint.with { folder, model in
      let nowhere = folder.path + "/none.yaml"
      let none = try BuiltCommand.run(["evaluate", model, "--suite", nowhere])
      #expect(none.status == 3 && none.stderr.contains("\(nowhere): no such file"))
      let suite = folder.appendingPathComponent("suite.yaml")
      try Data("suite: a\nversion: 1\ntasks:\n  - loss: {name: a, txt: b}\n".utf8).write(to: suite)
      let unknown = try BuiltCommand.run(["evaluate", model, "--suite", suite.path])
      #expect(unknown.status == 2)
      #expect(unknown.stderr.contains("suite.yaml:4") && unknown.stderr.contains("`text`"))
      try Data("suite: a\nversion: 1\ntasks:\n  - loss: {name: a, text: b}\n".utf8).write(to: suite)
      let missing = try BuiltCommand.run(["evaluate", model, "--suite", suite.path])
      #expect(missing.status == 3 && missing.stderr.contains("\(folder.path)/b: no such file"))
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
