import Foundation
import Streams
import TestSupport
import Testing

/// Same input, same bytes: any number of threads, killed anywhere, stages apart.
@Suite struct SameBytesTests {
  /// A random corpus with random damage, made from a seed.
  private func makeCorpus(seed: UInt64, in folder: URL) throws {
    var random = SeededGenerator(seed: seed)
    let words = ["veltrin", "sulfoxide", "letter", "harbour", "quiet", "ﬁre", "naïve", "水", "a"]
    var texts: [String] = []
    for shard in 0..<Int.random(in: 3...6, using: &random) {
      var content: [UInt8] = []
      for row in 0..<Int.random(in: 0...400, using: &random) {
        let length = Int.random(in: 0...60, using: &random)
        var text = (0..<length).map { _ in words.randomElement(using: &random) ?? "" }
          .joined(separator: " ")
        if let earlier = texts.randomElement(using: &random),
          Int.random(in: 0..<10, using: &random) == 0
        {
          text = earlier
        }
        texts.append(text)
        var line = Array(#"{"id":"\#(shard)-\#(row % 97)","text":"\#(text)"}"#.utf8)
        switch Int.random(in: 0..<40, using: &random) {
        case 0: line[line.count / 2] = 0xFF
        case 1: line.removeLast()
        case 2: line = Array(#"{"text":"a","text":"b"}"#.utf8)
        case 3: line = []
        case 4: line = Array(#"{"text":"\ud800"}"#.utf8)
        case 5: line.append(0x0D)
        default: break
        }
        content += line + [0x0A]
      }
      let compression = Compression.allCases.randomElement(using: &random) ?? .none
      let block = ByteBlock(capacity: 1 << 16)
      let encoder = FrameEncoder(compression)
      let half = content.count / 2
      for piece in [content[..<half], content[half...]] {
        try piece.withUnsafeBytes { try encoder.encode($0, into: block) }
      }
      var file = Array(block.bytes)
      if Int.random(in: 0..<4, using: &random) == 0 && file.count > 40 { file.removeLast(7) }
      try Data(file).write(to: folder.appendingPathComponent("shard-\(shard).jsonl"))
    }
    try Data("a text of its own".utf8).write(to: folder.appendingPathComponent("one.txt"))
  }

  private static let plan = """
    plan: random
    version: 1
    screens:
      - blocklist: terms.txt
    duplicates: {exact: true, near: {shingle: 2, jaccard: 0.3}}
    contagion: quarantine
    quarantineLimit: 1

    """

  private func run(
    _ plan: String, _ input: URL, _ output: URL, threads: Int, crashAt: Int? = nil
  ) throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      [
        "curate", plan, "--input", input.path, "--output", output.path, "--quiet", "--threads",
        "\(threads)",
      ], environment: crashAt.map { ["CORDON_CRASH_AT": "\($0)"] } ?? [:])
  }

  @Test(
    "random corpora, 1 to 4 threads, killed at random points: the same bytes",
    arguments: [1, 2, 3, 4, 5])
  func property(seed: Int) throws {
    try withScratchFolder { folder in
      let input = folder.appendingPathComponent("in")
      try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
      try makeCorpus(seed: UInt64(seed), in: input)
      let plan = try writePlan(SameBytesTests.plan, in: folder)
      try Data("veltrin sulfoxide\n".utf8).write(to: folder.appendingPathComponent("terms.txt"))
      var first: Outcome?
      for threads in 1...4 {
        let output = folder.appendingPathComponent("threads-\(threads)")
        let result = try run(plan, input, output, threads: threads)
        #expect([0, 1].contains(result.status), "\(result.stderr)")
        let outcome = try Outcome(of: output)
        #expect(!outcome.ledger.isEmpty)
        #expect(!outcome.decisions.isEmpty)
        if let first { #expect(outcome == first) } else { first = outcome }
      }
      var random = SeededGenerator(seed: UInt64(seed) &* 7919)
      let output = folder.appendingPathComponent("killed")
      var kills = 0
      for attempt in 0..<60 {
        let crashAt = attempt < 4 ? Int.random(in: 1...40, using: &random) : nil
        let result = try run(plan, input, output, threads: 1 + attempt % 4, crashAt: crashAt)
        if result.wasKilled {
          kills += 1
          continue
        }
        #expect([0, 1].contains(result.status), "\(result.stderr)")
        break
      }
      // How far a killed run came depends on its threads; the first one is always killed.
      #expect(kills >= 1)
      #expect(try Outcome(of: output) == first)
      #expect(!FileManager.default.fileExists(atPath: output.appendingPathComponent(".work").path))
    }
  }

  @Test("killed at every point of a run, one after the other") func everyPoint() throws {
    try withScratchFolder { folder in
      let input = folder.appendingPathComponent("in")
      try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
      for shard in 0..<2 {
        let texts = ["same", "\(shard)", "one \(shard) and the same few words after it"]
        let lines = texts.map { #"{"text":"\#($0)"}"# + "\n" }.joined()
        try Data((lines + "x").utf8).write(to: input.appendingPathComponent("\(shard).jsonl"))
      }
      let plan = try writePlan(
        "plan: p\nversion: 1\nquarantineLimit: 1\n"
          + "duplicates: {exact: true, near: {jaccard: 0.3}}\n",
        in: folder)
      let whole = folder.appendingPathComponent("whole")
      #expect(try run(plan, input, whole, threads: 1).status == 0)
      let expected = try Outcome(of: whole)
      #expect(expected.ledger.contains("near-duplicate"))
      var point = 1
      while point < 500 {
        let output = folder.appendingPathComponent("point-\(point)")
        guard try run(plan, input, output, threads: 1, crashAt: point).wasKilled else { break }
        #expect(try run(plan, input, output, threads: 1).status == 0, "after point \(point)")
        #expect(try Outcome(of: output) == expected, "after point \(point)")
        point += 1
      }
      #expect(point > 20)
      #expect(point < 500)
    }
  }

  @Test("stages apart, on parts of the shards, in any order, give the same bytes")
  func stagesApart() throws {
    try withScratchFolder { folder in
      let input = folder.appendingPathComponent("in")
      try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
      try makeCorpus(seed: 11, in: input)
      let plan = try writePlan(SameBytesTests.plan, in: folder)
      try Data("veltrin sulfoxide\n".utf8).write(to: folder.appendingPathComponent("terms.txt"))
      let whole = folder.appendingPathComponent("whole")
      _ = try run(plan, input, whole, threads: 2)
      let apart = folder.appendingPathComponent("apart")
      func stage(_ name: String, _ part: String? = nil) throws -> Int32 {
        let arguments =
          [
            "curate", plan, "--input", input.path, "--output", apart.path, "--quiet", "--stage",
            name,
          ]
          + (part.map { ["--part", $0] } ?? [])
        return try BuiltCommand.run(arguments).status
      }
      #expect(try stage("judge", "2/2") == 0)
      #expect(try stage("resolve") == 2, "half of the shards are not judged")
      #expect(try stage("write") == 2, "nothing is resolved")
      #expect(try stage("judge", "1/2") == 0)
      #expect(try stage("resolve") == 0)
      #expect(try stage("write", "2/2") == 0)
      // The process that writes the last shard finishes the run, and reports its findings.
      #expect(try [0, 1].contains(stage("write", "1/2")))
      #expect(
        !FileManager.default.fileExists(atPath: apart.appendingPathComponent(".work").path))
      #expect(try Outcome(of: apart) == Outcome(of: whole))
    }
  }
}
