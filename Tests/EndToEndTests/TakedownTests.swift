import Foundation
import Streams
import TestSupport
import Testing

/// `curate --without`: documents go out of a finished corpus, exactly once.
@Suite struct TakedownTests {
  /// A curated corpus: plain, compressed and text shards, with and without ids, some not kept.
  private struct Corpus {
    let folder: URL
    let output: URL

    init(in folder: URL, seed: UInt64 = 1, rows: Int = 40) throws {
      self.folder = folder
      output = folder.appendingPathComponent("out")
      let input = folder.appendingPathComponent("in/deep")
      try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
      var random = SeededGenerator(seed: seed)
      for (shard, compression) in Compression.allCases.enumerated() {
        var content = ""
        for row in 0..<rows {
          let word = "word\(Int.random(in: 0..<rows * 1000, using: &random))"
          let text =
            row % 9 == 4 ? "veltrin \(word)" : row == 20 ? "shared" : "\(word) and more"
          let id = row % 4 == 1 ? "" : #""id":"\#(shard)-\#(row % 31)","#
          content += "{\(id)\"text\":\"\(text)\"}" + (row % 6 == 0 ? "\r\n\n" : "\n")
        }
        let block = ByteBlock(capacity: 1 << 16)
        try Array(content.utf8).withUnsafeBytes {
          try FrameEncoder(compression).encode($0, into: block)
        }
        let name = shard == 0 ? "deep/\(shard).jsonl" : "\(shard).jsonl"
        try Data(block.bytes).write(to: folder.appendingPathComponent("in/" + name))
      }
      try Data("a text of its own".utf8).write(to: folder.appendingPathComponent("in/one.txt"))
      try Data("veltrin\n".utf8).write(to: folder.appendingPathComponent("terms.txt"))
      let plan = try writePlan(
        "plan: p\nversion: 1\nscreens:\n  - blocklist: terms.txt\nduplicates: {exact: true}\n"
          + "quarantineLimit: 1\n", in: folder)
      _ = try BuiltCommand.curate(
        plan, [folder.appendingPathComponent("in").path], to: output.path, expecting: 0)
    }

    /// Another copy of the output as it stands.
    func copy(_ name: String) throws -> URL {
      let copy = folder.appendingPathComponent(name)
      try FileManager.default.copyItem(at: output, to: copy)
      return copy
    }

    func list(_ ids: [String], named name: String = "ids.txt") throws -> String {
      let file = folder.appendingPathComponent(name)
      try Data((ids.joined(separator: "\n") + "\n").utf8).write(to: file)
      return file.path
    }

    func takeDown(
      _ list: String, from output: URL? = nil, threads: Int = 1, crashAt: Int? = nil
    ) throws -> BuiltCommand.Result {
      try BuiltCommand.run(
        [
          "curate", "--without", list, "--output", (output ?? self.output).path, "--threads",
          "\(threads)", "--json", "--quiet",
        ], environment: crashAt.map { ["CORDON_CRASH_AT": "\($0)"] } ?? [:])
    }

    func traces(_ id: String) throws -> [[String: Any]] {
      let result = try BuiltCommand.run([
        "audit", "trace", "--output", output.path, "--id", id, "--json",
      ])
      return try JSONSerialization.jsonObject(with: result.stdout) as? [[String: Any]] ?? []
    }
  }

  /// The lines of every part, decoded.
  private static func lines(_ output: URL) throws -> [String: [String]] {
    var lines: [String: [String]] = [:]
    for name in try contents(of: output.appendingPathComponent("corpus")).keys {
      let source = try DecodedSource(
        FileSource(path: output.appendingPathComponent("corpus/" + name).path))
      let block = ByteBlock(capacity: 1 << 16)
      while try source.read(into: block) {}
      #expect(source.damage == nil)
      // By bytes: CRLF is one character.
      lines[name] = block.bytes.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
    return lines
  }

  private static func id(of line: String) -> String? {
    let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    return object?["id"] as? String
  }

  @Test("what is named goes, all else stays byte for byte", arguments: [1, 2, 3])
  func takesOut(seed: UInt64) throws {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder, seed: seed)
      let before = try Self.lines(corpus.output)
      let files = try contents(of: corpus.output.appendingPathComponent("corpus"))
      let ids = ["0-3", "0-0", "2-10", "2-11", "2-12", "0-3"]
      let standing = Set(before.values.joined().compactMap(Self.id))
      let result = try corpus.takeDown(corpus.list(ids), threads: 2)
      let missing = Set(ids).subtracting(standing)
      #expect(result.status == (missing.isEmpty ? 0 : 1), "\(result.stderr)")
      let expected = before.mapValues { lines in
        lines.filter { line in Self.id(of: line).map { !ids.contains($0) } ?? true }
      }
      let after = try Self.lines(corpus.output)
      #expect(after == expected)
      let summary = try result.json()
      let gone = before.values.joined().count - expected.values.joined().count
      #expect(gone >= 3)
      #expect(summary["documents"] as? Int == gone && summary["ids"] as? Int == 5)
      #expect(summary["left"] as? Int == expected.values.joined().count)
      #expect(summary["parts"] as? Int == 2)
      let now = try contents(of: corpus.output.appendingPathComponent("corpus"))
      for name in ["1.jsonl", "3.jsonl", "one.txt"] { #expect(now[name] == files[name]) }
      #expect(now["2.jsonl"]?.prefix(4) == files["2.jsonl"]?.prefix(4), "the same compression")
      #expect(
        !FileManager.default.fileExists(
          atPath: corpus.output.appendingPathComponent(".work").path))
      // Every hash of the ledger is made anew for this.
      let audit = try BuiltCommand.run([
        "audit", "summary", "--output", corpus.output.path, "--json",
      ])
      #expect(audit.status == 0)
      #expect(try audit.json()["documentsNow"] as? Int == expected.values.joined().count)
      let runs = try audit.json()["takedowns"] as? [String]
      #expect(runs?.count == 1 && runs?.first == summary["run"] as? String)
    }
  }

  @Test("both runs answer for a document; its place in the first run names it ever after")
  func traces() throws {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder)
      func kept() throws -> [(place: String, trace: [String: Any])] {
        try (0..<40).compactMap { row in
          let trace = try #require(try corpus.traces("deep/0.jsonl:\(row)").first)
          let isThere = trace["verdict"] as? String == "kept" && trace["takenDownBy"] is NSNull
          return isThere ? ("deep/0.jsonl:\(row)", trace) : nil
        }
      }
      for round in 0..<3 {
        let before = try kept()
        let lines = try Self.lines(corpus.output)["deep/0.jsonl"] ?? []
        #expect(lines.count == before.count && before.count > 10)
        // The second, one of the middle, the last.
        let chosen = [1, before.count / 2, before.count - 1]
        let result = try corpus.takeDown(corpus.list(chosen.map { before[$0].place }))
        #expect(result.status == 0, "\(result.stderr)")
        let run = try #require(try result.json()["run"] as? String)
        var expected = lines
        for index in chosen.reversed() { expected.remove(at: index) }
        #expect(try Self.lines(corpus.output)["deep/0.jsonl"] == expected, "round \(round)")
        for index in chosen {
          let both = try corpus.traces(before[index].place).filter {
            $0["sha256"] as? String == before[index].trace["sha256"] as? String
          }
          #expect(both.map { $0["verdict"] as? String } == ["kept", "dropped"])
          #expect(both.map { $0["takenDownBy"] as? String } == [run, nil])
          #expect(both.map { $0["reason"] as? String } == [nil, "takedown"])
          #expect(both.last?["run"] as? String == run)
          #expect(both.last?["row"] as? Int == index)
        }
        #expect(try kept().count == before.count - 3)
      }
    }
  }

  @Test("a text shard's only document takes its part along") func textShard() throws {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder)
      #expect(try corpus.takeDown(corpus.list(["one.txt:0"])).status == 0)
      #expect(try Self.lines(corpus.output)["one.txt"] == nil)
      #expect(try corpus.traces("one.txt:0").count == 2)
      let near = try BuiltCommand.run(
        ["audit", "trace", "--output", corpus.output.path, "--near-text", "-", "--json"],
        input: Data("a text of its own".utf8))
      #expect(near.status == 1 && String(decoding: near.stdout, as: UTF8.self) == "[]\n")
    }
  }

  @Test("killed at every point, then run again: the same bytes as without") func everyPoint() throws
  {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder, rows: 12)
      let list = try corpus.list(["0-3", "2-3", "3-0", "one.txt:0", "1-10"])
      let old = try contents(of: corpus.output.appendingPathComponent("corpus"))
      let whole = try corpus.copy("whole")
      #expect(try corpus.takeDown(list, from: whole).status == 0)
      let new = try contents(of: whole.appendingPathComponent("corpus"))
      let expected = try Outcome(of: whole)
      #expect(new != old)
      var point = 1
      while point < 500 {
        let output = try corpus.copy("killed")
        defer { try? FileManager.default.removeItem(at: output) }
        guard try corpus.takeDown(list, from: output, crashAt: point).wasKilled else { break }
        // No part is ever half old and half new.
        for (name, bytes) in try contents(of: output.appendingPathComponent("corpus")) {
          #expect(bytes == old[name] || bytes == new[name], "\(name) at point \(point)")
        }
        if point % 3 == 0 {
          _ = try corpus.takeDown(list, from: output, crashAt: 1 + point % 7)
        }
        let again = try corpus.takeDown(list, from: output)
        #expect(again.status == 0, "after point \(point): \(again.stderr)")
        #expect(try Outcome(of: output) == expected, "after point \(point)")
        #expect(
          !FileManager.default.fileExists(atPath: output.appendingPathComponent(".work").path))
        point += 1
      }
      #expect(point > 20)
      #expect(point < 500)
    }
  }

  @Test("to curate again changes nothing; in the midst of a takedown it is refused") func again()
    throws
  {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder, rows: 12)
      let list = try corpus.list(["0-3", "2-3", "one.txt:0"])
      func curate() throws -> BuiltCommand.Result {
        try BuiltCommand.run([
          "curate", folder.appendingPathComponent("plan.yaml").path, "--input",
          folder.appendingPathComponent("in").path, "--output", corpus.output.path, "--quiet",
        ])
      }
      var refused = 0
      for point in stride(from: 1, to: 60, by: 4) {
        guard try corpus.takeDown(list, crashAt: point).wasKilled else { break }
        let isPending = FileManager.default.fileExists(
          atPath: corpus.output.appendingPathComponent(".work/takedown").path)
        let result = try curate()
        #expect(result.status == (isPending ? 2 : 0), "at point \(point): \(result.stderr)")
        #expect(!isPending || result.stderr.contains("--without"))
        refused += isPending ? 1 : 0
      }
      #expect(refused > 3)
      #expect(try corpus.takeDown(list).status == 0)
      let outcome = try Outcome(of: corpus.output)
      let result = try curate()
      #expect(result.status == 0, "\(result.stderr)")
      #expect(try Outcome(of: corpus.output) == outcome)
    }
  }

  @Test("any number of threads: the same bytes; the same command again: nothing") func same() throws
  {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder, seed: 5)
      let list = try corpus.list(["3-1", "0-3", "2-2", "2-3"])
      // The same ids in another order, with repetitions and other line ends, are the same list.
      let other = try corpus.list(["2-3\r", "", "2-2", "2-2", "3-1", "0-3"], named: "other.txt")
      var first: Outcome?
      for threads in 1...4 {
        let output = try corpus.copy("threads-\(threads)")
        let result = try corpus.takeDown(
          threads % 2 == 0 ? other : list, from: output, threads: threads)
        let outcome = try Outcome(of: output)
        if let first { #expect(outcome == first) } else { first = outcome }
        for again in [list, other] {
          let second = try corpus.takeDown(again, from: output, threads: threads)
          #expect(second.status == result.status)
          var (done, before) = (try second.json(), try result.json())
          #expect(done.removeValue(forKey: "wasDoneBefore") as? Bool == true)
          #expect(before.removeValue(forKey: "wasDoneBefore") as? Bool == false)
          #expect(done as NSDictionary == before as NSDictionary)
          #expect(try Outcome(of: output) == outcome)
        }
      }
    }
  }

  @Test("ids that name nothing in the corpus are said, with why and where; the others go")
  func missing() throws {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder)
      let first = try corpus.takeDown(corpus.list(["deep/0.jsonl:2"]))
      #expect(first.status == 0)
      let hazard = try (0..<40).first {
        try corpus.traces("1.jsonl:\($0)").first?["verdict"] as? String == "dropped"
      }
      let copy = try (0..<40).first {
        try corpus.traces("3.jsonl:\($0)").first?["verdict"] as? String == "duplicate"
      }
      let places = ["1.jsonl:\(try #require(hazard))", "3.jsonl:\(try #require(copy))"]
      let list = try corpus.list(
        ["nobody", "deep/0.jsonl:2"] + places + ["one.txt:0", "deep/0.jsonl:99"])
      let result = try corpus.takeDown(list)
      #expect(result.status == 1)
      let summary = try result.json()
      #expect(summary["documents"] as? Int == 1 && summary["ids"] as? Int == 6)
      let missed = try #require(summary["notInCorpus"] as? [String: Int])
      #expect(
        missed == [
          "unknown": 2, "takenDownBefore": 1, "dropped": 1, "duplicate": 1, "quarantined": 0,
        ])
      #expect(result.stderr.contains("2 of 6 ids: not in the corpus, each is unknown (line 1, 6)"))
      #expect(!result.stderr.contains("nobody"))
      // With none in the corpus nothing is done.
      let before = try Outcome(of: corpus.output)
      let nothing = try corpus.takeDown(corpus.list(["nobody"]))
      #expect(nothing.status == 1)
      #expect(try nothing.json()["run"] is NSNull)
      let empty = try corpus.takeDown(corpus.list([]))
      #expect(try empty.status == 0 && empty.json()["documents"] as? Int == 0)
      #expect(try Outcome(of: corpus.output) == before)
    }
  }

  @Test("a changed part or decision file stops it before anything is replaced") func changed()
    throws
  {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder)
      let list = try corpus.list(["0-3", "2-3"])
      for name in ["corpus/2.jsonl", "corpus/deep/0.jsonl", "decisions/1.jsonl.records"] {
        let output = try corpus.copy("changed")
        defer { try? FileManager.default.removeItem(at: output) }
        let file = output.appendingPathComponent(name)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: file)
        let before = try Outcome(of: output)
        let result = try corpus.takeDown(list, from: output)
        #expect(result.status == 1, "\(name): \(result.stderr)")
        #expect(result.stderr.contains(name))
        #expect(try Outcome(of: output) == before)
      }
    }
  }

  @Test("what is no finished corpus, and what does not go together, is refused") func refusals()
    throws
  {
    try withScratchFolder { folder in
      let corpus = try Corpus(in: folder)
      let list = try corpus.list(["0-3"])
      func status(_ arguments: [String]) throws -> Int32 {
        try BuiltCommand.run(["curate"] + arguments).status
      }
      let output = corpus.output.path
      #expect(try status(["--without", list, "--output", folder.path]) == 2)
      #expect(try status(["plan.yaml", "--without", list, "--output", output]) == 2)
      #expect(try status(["--without", list, "--output", output, "--fresh"]) == 2)
      #expect(try status(["--output", output]) == 2)
      #expect(
        try status([folder.appendingPathComponent("plan.yaml").path, "--output", output]) == 2)
      #expect(try status(["--without", folder.path + "/none", "--output", output]) == 3)
      try Data([0x61, 0x0A, 0xFF, 0x0A]).write(to: folder.appendingPathComponent("bad.txt"))
      #expect(try status(["--without", folder.path + "/bad.txt", "--output", output]) == 2)
    }
  }
}
