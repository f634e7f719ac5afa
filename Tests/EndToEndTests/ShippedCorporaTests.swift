import Foundation
import TestSupport
import Testing

/// The corpora of this repository, against what their generator meant.
@Suite struct ShippedCorporaTests {
  private struct Truth {
    var shard: String
    var row: Int
    var id: String
    var planted: String
    var detail: String
  }

  private func truth(_ name: String) throws -> [Truth] {
    let file = Repository.root.appendingPathComponent("Corpora/\(name).truth.tsv")
    return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
      let cells = $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Truth(
        shard: cells[0], row: try #require(Int(cells[1])), id: cells[2], planted: cells[3],
        detail: cells[4])
    }
  }

  /// The verdict of every record, from the decision files: byte 4 of 64.
  private func verdicts(_ output: URL) throws -> [String: String] {
    let names = ["kept", "dropped", "duplicate", "quarantined"]
    var verdicts: [String: String] = [:]
    for (name, bytes) in try contents(of: output.appendingPathComponent("decisions"))
    where name.hasSuffix(".records") {
      #expect(bytes.count % 64 == 0)
      for row in 0..<bytes.count / 64 {
        verdicts["\(name.dropLast(8)):\(row)"] = names[Int(bytes[bytes.startIndex + row * 64 + 4])]
      }
    }
    return verdicts
  }

  private func quarantineReasons(_ output: URL) throws -> [String: String] {
    var reasons: [String: String] = [:]
    for (_, bytes) in try contents(of: output.appendingPathComponent("quarantine")) {
      for line in bytes.split(separator: 0x0A) {
        let entry = try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
        let shard = try #require(entry["shard"] as? String)
        let row = try #require(entry["row"] as? Int)
        reasons["\(shard):\(row)"] = entry["reason"] as? String
      }
    }
    return reasons
  }

  @Test("every record meets the fate that was planted", arguments: ["demo", "defects"])
  func fates(corpus: String) throws {
    try withScratchFolder { folder in
      let output = folder.appendingPathComponent("out")
      let plan = Repository.root.appendingPathComponent("Filters/plans/demo.yaml").path
      let summary = try BuiltCommand.curate(
        plan, [Repository.root.appendingPathComponent("Corpora/\(corpus)").path],
        to: output.path, expecting: 1)
      let truth = try truth(corpus)
      #expect(summary.read == truth.count)
      #expect(summary.isBalanced)
      let verdicts = try verdicts(output)
      let reasons = try quarantineReasons(output)
      #expect(verdicts.count == truth.count)
      for record in truth {
        let place = "\(record.shard):\(record.row)"
        let expected =
          switch record.planted {
          case "clean", "mention": "kept"
          case "hazard", "short": "dropped"
          default: record.planted
          }
        #expect(verdicts[place] == expected, "\(place) \(record.planted) \(record.detail)")
        if expected == "quarantined" { #expect(reasons[place] == record.detail, "\(place)") }
      }
    }
  }

  @Test("a trace answers by id, text and hash, for kept documents too") func traces() throws {
    try withScratchFolder { folder in
      let output = folder.appendingPathComponent("out").path
      let plan = Repository.root.appendingPathComponent("Filters/plans/demo.yaml").path
      _ = try BuiltCommand.curate(
        plan, [Repository.root.appendingPathComponent("Corpora/demo").path], to: output,
        expecting: 1)
      let truth = try truth("demo")
      for planted in ["clean", "hazard", "duplicate"] {
        let record = try #require(truth.first { $0.planted == planted && $0.id != "-" })
        let result = try BuiltCommand.run([
          "audit", "trace", "--output", output, "--id", record.id, "--json",
        ])
        #expect(result.status == 0, "\(result.stderr)")
        let answers =
          try JSONSerialization.jsonObject(with: result.stdout) as? [[String: Any]] ?? []
        let answer = try #require(answers.first { $0["row"] as? Int == record.row })
        #expect(answer["shard"] as? String == record.shard)
        #expect(
          answer["verdict"] as? String
            == ["clean": "kept", "hazard": "dropped", "duplicate": "duplicate"][planted])
        #expect((answer["duplicateOf"] is String) == (planted == "duplicate"))
        let sha256 = try #require(answer["sha256"] as? String)
        let byHash = try BuiltCommand.run([
          "audit", "trace", "--output", output, "--sha256", sha256, "--json",
        ])
        #expect(String(decoding: byHash.stdout, as: UTF8.self).contains(record.id))
      }
      let none = try BuiltCommand.run(["audit", "trace", "--output", output, "--id", "no-such-id"])
      #expect(none.status == 1)
    }
  }

  @Test("a decision file that was changed is found out") func tampered() throws {
    try withScratchFolder { folder in
      let output = folder.appendingPathComponent("out")
      let plan = try writePlan(passPlan, in: folder)
      let shard = folder.appendingPathComponent("a.jsonl")
      try Data(#"{"id":"x","text":"one"}"#.utf8).write(to: shard)
      _ = try BuiltCommand.curate(plan, [shard.path], to: output.path, expecting: 0)
      let file = output.appendingPathComponent("decisions/a.jsonl.records")
      var bytes = try Data(contentsOf: file)
      bytes[4] ^= 1
      try bytes.write(to: file)
      let result = try BuiltCommand.run(["audit", "trace", "--output", output.path, "--id", "x"])
      #expect(result.status == 1)
      #expect(result.stdout.isEmpty)
    }
  }

  @Test("two runs in one ledger are told apart by their folders; text may come from a pipe")
  func sharedLedger() throws {
    try withScratchFolder { folder in
      let plan = try writePlan(passPlan, in: folder)
      let ledger = folder.appendingPathComponent("shared.sqlite").path
      for name in ["a", "b"] {
        let shard = folder.appendingPathComponent("\(name).jsonl")
        try Data(#"{"id":"\#(name)","text":"text of \#(name)"}"#.utf8).write(to: shard)
        let output = folder.appendingPathComponent("out-\(name)").path
        _ = try BuiltCommand.curate(
          plan, [shard.path], to: output, expecting: 0, ["--ledger", ledger])
      }
      for name in ["a", "b"] {
        let output = folder.appendingPathComponent("out-\(name)").path
        let result = try BuiltCommand.run(
          ["audit", "trace", "--output", output, "--ledger", ledger, "--text", "-", "--json"],
          prelude: "exec < <(printf 'text of \(name)')")
        #expect(result.status == 0, "\(result.stderr)")
        #expect(String(decoding: result.stdout, as: UTF8.self).contains("\"id\":\"\(name)\""))
      }
    }
  }

  @Test("what a trace and the messages print holds no text of a document") func noText() throws {
    try withScratchFolder { folder in
      let output = folder.appendingPathComponent("out").path
      let plan = try writePlan(
        "plan: p\nversion: 1\nscreens:\n  - blocklist: terms.txt\nquarantineLimit: 0\n", in: folder)
      try Data("secretword\n".utf8).write(to: folder.appendingPathComponent("terms.txt"))
      let shard = folder.appendingPathComponent("a.jsonl")
      try Data((#"{"id":"x","text":"the secretword is here"}"# + "\n{\"secretword").utf8).write(
        to: shard)
      let run = try BuiltCommand.run(["curate", plan, "--input", shard.path, "--output", output])
      #expect(run.status == 1)
      let trace = try BuiltCommand.run(["audit", "trace", "--output", output, "--id", "x"])
      let dump = try BuiltCommand.run(["audit", "trace", "--output", output, "--id", "x", "--json"])
      for result in [run, trace, dump] {
        #expect(!result.stderr.contains("secretword"))
        #expect(!String(decoding: result.stdout, as: UTF8.self).contains("secretword"))
      }
    }
  }
}
