@testable import Corpus
@testable import Curation
import Foundation
import Streams
import TestSupport
import Testing

@Suite("Screening a stream") struct StreamScreenTests {
  private struct Screened {
    var counts: StreamScreen.Counts
    var output: String
    var rejects: [[String: Any]]
    var finding: String?
  }

  private func screen(
    _ input: [UInt8], plan text: String = Example.plan
  ) throws -> Screened {
    try withScratchFolder { folder throws in
      let path = folder.path + "/in"
      try Data(input).write(to: URL(fileURLWithPath: path))
      let screen = StreamScreen(plan: try Example.plan(text, in: folder))
      func reader() throws -> BatchReader {
        try BatchReader(
          Shard(path: path, name: "in", format: .jsonLines, size: 0, modified: 0),
          pool: BlockPool(limit: 1))
      }
      var output: [UInt8] = []
      var rejects: [UInt8] = []
      let counts = try screen.run(
        input: reader(), output: { output += Array($0) }, rejects: { rejects += $0 })
      // Without a place for the rejects the same is counted and the same goes on.
      var alone: [UInt8] = []
      let same = try screen.run(input: reader(), output: { alone += Array($0) }, rejects: nil)
      #expect(same == counts)
      #expect(alone == output)
      return Screened(
        counts: counts, output: String(decoding: output, as: UTF8.self),
        rejects: try rejects.split(separator: 0x0A).map {
          try JSONSerialization.jsonObject(with: Data($0)) as? [String: Any] ?? [:]
        },
        finding: screen.finding(in: counts))
    }
  }

  private static let lines = [
    #"{"text":"a calm day"}"#, #"{"text":"VELTRIN sulfoxide"}"#, "", #"{"text":"of quessane"}"#,
    #"{"text":1}"#, "nonsense", #"{"text":"a calm day"}"#, #"{"text":"last"}"#,
  ]

  @Test("each record goes its way, byte for byte") func fates() throws {
    let input = StreamScreenTests.lines.joined(separator: "\r\n")
    let screened = try screen(Array(input.utf8))
    var expected = StreamScreen.Counts()
    expected.read = 7
    expected.kept = 4
    expected.tagged = 1
    expected.dropped = 1
    expected.quarantined = 2
    expected.unreadable = 2
    expected.reasons = [
      ("invalid-json", 1), ("text-not-a-string", 1), ("blocklist/invented@3", 1),
      ("blocklist/mentions@1", 1),
    ]
    #expect(screened.counts == expected)
    let kept = [0, 3, 6].map { StreamScreenTests.lines[$0] + "\r\n" }
    // Duplicates are not looked for, and the last line has no end.
    #expect(screened.output == kept.joined() + #"{"text":"last"}"#)
    #expect(screened.rejects.map { $0["row"] as? Int } == [3, 4])
    #expect(
      screened.rejects.map { $0["reason"] as? String } == ["text-not-a-string", "invalid-json"])
    let raw = screened.rejects.map { ($0["raw"] as? String).flatMap { Data(base64Encoded: $0) } }
    #expect(raw == [Data(#"{"text":1}"#.utf8), Data("nonsense".utf8)])
    let offset = input.utf8.count - #"nonsense--{"text":"a calm day"}--{"text":"last"}"#.utf8.count
    #expect(screened.rejects.last?["offset"] as? Int == offset)
    #expect(screened.finding?.contains("2 of 7") == true)
  }

  @Test("what a screen sets apart goes to the rejects") func quarantined() throws {
    let screened = try screen(
      Array(StreamScreenTests.lines[1].utf8), plan: Example.plan + "\nonHazard: quarantine\n")
    #expect(screened.output.isEmpty)
    #expect(screened.counts.quarantined == 1)
    #expect(screened.counts.unreadable == 0)
    #expect(screened.rejects.first?["reason"] as? String == "blocklist/invented@3")
    #expect(screened.finding == nil, "a hazard that was found is no damage")
  }

  @Test("nothing of a damaged rest goes on") func damaged() throws {
    let encoder = FrameEncoder(.gzip)
    let block = ByteBlock(capacity: 1 << 16)
    let lines = (0..<2000).map { "{\"text\":\"document \($0)\"}\n" }
    try Array(lines.joined().utf8).withUnsafeBytes { try encoder.encode($0, into: block) }
    let screened = try screen(Array(block.bytes.dropLast(block.count / 2)))
    let output = screened.output
    #expect(output.hasSuffix("}\n"))
    #expect(lines.joined().hasPrefix(output))
    #expect(screened.counts.read == screened.counts.kept + 1)
    #expect(screened.rejects.map { $0["reason"] as? String } == ["truncated-stream"])
  }

  @Test("nothing comes of nothing") func empty() throws {
    let screened = try screen([])
    #expect(screened.counts == StreamScreen.Counts())
    #expect(screened.finding == nil)
  }

  @Test("the limit of the plan is a share of the records", arguments: [1, 2, 3])
  func limit(bad: Int) throws {
    let lines = (0..<8).map { $0 < bad ? "x\n" : "{\"text\":\"t\"}\n" }
    let screened = try screen(
      Array(lines.joined().utf8), plan: Example.plan + "\nquarantineLimit: 0.25\n")
    #expect((screened.finding != nil) == (bad > 2))
  }

  @Test("counts differ where any of them does") func counts() {
    let changes: [(inout StreamScreen.Counts) -> Void] = [
      { $0.read = 1 }, { $0.kept = 1 }, { $0.tagged = 1 }, { $0.dropped = 1 },
      { $0.quarantined = 1 }, { $0.unreadable = 1 }, { $0.reasons = [("a", 1)] },
    ]
    for change in changes {
      var counts = StreamScreen.Counts()
      change(&counts)
      #expect(counts != StreamScreen.Counts())
    }
  }
}
