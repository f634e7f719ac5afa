import Foundation
import TestSupport
import Testing

@Suite struct ScreenPipeTests {
  @Test("what passes is unchanged, what cannot be judged goes to the rejects") func pipe() throws {
    try withScratchFolder { folder in
      let plan = try writePlan(
        "plan: p\nversion: 1\nscreens:\n  - blocklist: terms.txt\nquarantineLimit: 1\n", in: folder)
      try Data("veltrin\n".utf8).write(to: folder.appendingPathComponent("terms.txt"))
      let kept = [#"{"text":"a"}"#, #"{ "text" : "b\u00e9" , "x":[1,2] }"#]
      let lines = [kept[0], #"{"text":"\u0076eltrin"}"#, "{broken", kept[1], #"{"no":"text"}"#]
      let rejects = folder.appendingPathComponent("rejects.jsonl")
      let result = try BuiltCommand.run(
        ["screen", plan, "--rejects", rejects.path, "--json"],
        input: Data(lines.joined(separator: "\n").utf8))
      #expect(result.status == 0)
      #expect(String(decoding: result.stdout, as: UTF8.self) == kept.joined(separator: "\n") + "\n")
      let entries = try String(contentsOf: rejects, encoding: .utf8).split(separator: "\n")
      #expect(entries.count == 2)
      #expect(entries[0].contains("\"row\":2") && entries[0].contains("invalid-json"))
      #expect(entries[1].contains("\"row\":4") && entries[1].contains("missing-text"))
      let counts = try #require(
        try JSONSerialization.jsonObject(with: Data(result.stderr.utf8)) as? [String: Any])
      #expect(counts["read"] as? Int == 5)
      #expect(counts["kept"] as? Int == 2)
      #expect(counts["dropped"] as? Int == 1)
      #expect(counts["quarantined"] as? Int == 2)
    }
  }

  @Test("without --rejects nothing unjudged reaches stdout, and the limit makes it exit 1")
  func noRejects() throws {
    try withScratchFolder { folder in
      let plan = try writePlan("plan: p\nversion: 1\nquarantineLimit: 0.1\n", in: folder)
      let result = try BuiltCommand.run(["screen", plan], input: Data("{\"text\":1}\n".utf8))
      #expect(result.status == 1)
      #expect(result.stdout.isEmpty)
    }
  }

  @Test("compressed input is refused: damage would show behind the records that it holds")
  func compressed() throws {
    try withScratchFolder { folder in
      let plan = try writePlan(passPlan, in: folder)
      let file = Repository.root.appendingPathComponent("Corpora/defects/sound.jsonl.gz")
      let result = try BuiltCommand.run(["screen", plan], input: try Data(contentsOf: file))
      #expect(result.status == 3)
      #expect(result.stdout.isEmpty)
      #expect(result.stderr.contains("gzip"))
    }
  }

  @Test("rejects go to a device or pipe as they come, through a link to its target")
  func rejectTargets() throws {
    try withScratchFolder { folder in
      let plan = try writePlan(passPlan, in: folder)
      let input = Data("{\"text\":1}\n".utf8)
      let target = folder.appendingPathComponent("target.jsonl")
      let link = folder.appendingPathComponent("link.jsonl")
      try Data("old".utf8).write(to: target)
      try FileManager.default.createSymbolicLink(at: link, withDestinationURL: target)
      #expect(
        try BuiltCommand.run(["screen", plan, "--rejects", link.path], input: input).status == 0)
      #expect(try String(contentsOf: target, encoding: .utf8).contains("text-not-a-string"))
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      #expect(names == ["link.jsonl", "plan.yaml", "target.jsonl"])
      let kind = try FileManager.default.attributesOfItem(atPath: link.path)[.type]
      #expect(kind as? FileAttributeType == .typeSymbolicLink)
      let piped = try BuiltCommand.run(
        ["screen", plan, "--rejects", "/dev/fd/7"], input: input,
        prelude: "exec 7> >(cat > '\(folder.path)/piped'); trap 'wait' EXIT")
      #expect(piped.status == 0)
    }
  }

  @Test("the input is not overwritten by its own rejects") func ownInput() throws {
    try withScratchFolder { folder in
      let plan = try writePlan(passPlan, in: folder)
      let file = folder.appendingPathComponent("same.jsonl")
      try Data("{\"text\":\"a\"}\n".utf8).write(to: file)
      let result = try BuiltCommand.run(
        ["screen", plan, "--rejects", file.path], prelude: "exec < '\(file.path)'")
      #expect(result.status == 2)
      #expect(try Data(contentsOf: file).count == 13)
    }
  }
}
