import Foundation
import Ledger
import Streams
import Testing

@testable import Auditing

@Suite struct AuditTests {
  typealias Document = OutputFixture.Document

  static let shards: [(path: String, documents: [Document])] = [
    (
      "a.jsonl",
      [
        Document(text: "a kept text", id: "first"),
        Document(
          text: "veltrin and orrin", id: "second", verdict: .dropped, reason: 1, rule: 2,
          matches: [(2, 12, 5), (1, 0, 7)]),
        Document(text: "no id"),
        Document(text: "\u{FFFD} raw", verdict: .quarantined, flags: .unreadable, reason: 3),
        Document(
          text: "marked", id: "a.jsonl:0", flags: [.tagged, .edited], rule: 1,
          matches: [(1, 0, 6)]),
      ]
    ),
    ("b/c:d.txt", [Document(text: "", id: "")]),
    (
      "e.jsonl.gz",
      [
        Document(
          text: "a kept text", id: "first", verdict: .duplicate, reason: 2, survivor: (0, 0)),
        Document(
          text: "a kept text", id: nil, verdict: .duplicate, reason: 2, survivor: (0, 0)),
        Document(text: "other text", id: "first"),
      ]
    ),
  ]

  static func audit() throws -> (Audit, OutputFixture) {
    let fixture = try OutputFixture(shards)
    return (try Audit(output: fixture.folder), fixture)
  }

  static func places(_ traces: [Trace]) -> [String] {
    traces.map { "\($0.shard):\($0.row) \($0.verdict.name)" }
  }

  @Test("by id: every document that has it, in all shards, kept ones too") func byID() throws {
    let (audit, fixture) = try Self.audit()
    defer { _ = fixture }
    #expect(
      try Self.places(audit.trace(id: "first"))
        == ["a.jsonl:0 kept", "e.jsonl.gz:0 duplicate", "e.jsonl.gz:2 kept"])
    #expect(try Self.places(audit.trace(id: "second")) == ["a.jsonl:1 dropped"])
    #expect(try Self.places(audit.trace(id: "")) == ["b/c:d.txt:0 kept"])
    #expect(try audit.trace(id: "third").isEmpty)
  }

  @Test("by place: documents without an id, and those with one") func byPlace() throws {
    let (audit, fixture) = try Self.audit()
    defer { _ = fixture }
    let none = try audit.trace(id: "a.jsonl:2")
    #expect(Self.places(none) == ["a.jsonl:2 kept"])
    #expect(none.first?.id == "a.jsonl:2")
    #expect(try audit.trace(id: "a.jsonl:1").map(\.id) == ["second"])
    // An id may look like a place; both are answers.
    #expect(try audit.trace(id: "a.jsonl:0").map(\.id) == ["first", "a.jsonl:0"])
    #expect(try Self.places(audit.trace(id: "b/c:d.txt:0")) == ["b/c:d.txt:0 kept"])
    for no in ["a.jsonl:5", "a.jsonl:02", "a.jsonl:+2", "a.jsonl:-1", "a.jsonl:", "x:0", ":0"] {
      #expect(try audit.trace(id: no).isEmpty, "\(no)")
    }
  }

  @Test("by text and by digest") func byText() throws {
    let (audit, fixture) = try Self.audit()
    defer { _ = fixture }
    let places = ["a.jsonl:0 kept", "e.jsonl.gz:0 duplicate", "e.jsonl.gz:1 duplicate"]
    let text = Array("a kept text".utf8)
    #expect(try Self.places(audit.trace(text: text)) == places)
    #expect(try Self.places(audit.trace(digest: Digest256(hashing: text))) == places)
    #expect(try Self.places(text.withUnsafeBytes { try audit.trace(text: $0) }) == places)
    #expect(try Self.places(audit.trace(text: [])) == ["b/c:d.txt:0 kept"])
    #expect(try audit.trace(text: Array("unknown".utf8)).isEmpty)
  }

  @Test("a trace says why, by which rule of which rule set, and where") func contents() throws {
    let (audit, fixture) = try Self.audit()
    defer { _ = fixture }
    let pack = Digest256(hashing: OutputFixture.pack).hex
    let dropped = try #require(try audit.trace(id: "second").first)
    #expect(dropped.reason == "blocklist/toxins@3" && dropped.rule == "blocklist/toxins@3#1")
    #expect(dropped.ruleSet == Trace.RuleSet(name: "toxins", version: "3", sha256: pack))
    #expect(
      dropped.matches == [
        Trace.Match(rule: "blocklist/toxins@3#0", start: 0, length: 7),
        Trace.Match(rule: "blocklist/toxins@3#1", start: 12, length: 5),
      ])
    #expect(
      dropped.lines == [
        "Document second: row 1 of a.jsonl, in run c0ffee.",
        "It was dropped, for blocklist/toxins@3: it is not in the corpus.",
        "The rule is blocklist/toxins@3#1, in rule set toxins version 3 (SHA-256 \(pack)).",
        "Rule blocklist/toxins@3#0 matched 7 bytes at byte 0 of the text.",
        "Rule blocklist/toxins@3#1 matched 5 bytes at byte 12 of the text.",
        "SHA-256 of its text: \(Digest256(hashing: Array("veltrin and orrin".utf8))).",
      ])
    let duplicate = try #require(try audit.trace(id: "e.jsonl.gz:1").first)
    #expect(duplicate.duplicateOf == "a.jsonl:0" && duplicate.rule == nil)
    #expect(duplicate.lines[1] == "It is a duplicate (exact-duplicate): a.jsonl:0 stands for it.")
    let unreadable = try #require(try audit.trace(id: "a.jsonl:3").first)
    #expect(unreadable.lines[1].contains("for invalid-utf8: no text could be read"))
    #expect(unreadable.lines.last?.hasPrefix("SHA-256 of its raw bytes") == true)
    let tagged = try #require(try audit.trace(id: "a.jsonl:4").first)
    #expect(tagged.verdict == .kept && tagged.reason == nil)
    #expect(tagged.lines[1] == "It was kept: it stands in corpus/a.jsonl.")
    #expect(tagged.lines[2].hasPrefix("It is tagged for review by rule blocklist/toxins@3#0, in"))
    #expect(tagged.lines.contains("Its text was edited before it went on."))
  }

  @Test("JSON has the keys of the command line") func json() throws {
    let (audit, fixture) = try Self.audit()
    defer { _ = fixture }
    #expect(Trace.json([]) == "[]")
    let kept = Digest256(hashing: Array("a kept text".utf8)).hex
    let traces = try audit.trace(id: "e.jsonl.gz:1") + audit.trace(id: "second")
    let text = Digest256(hashing: Array("veltrin and orrin".utf8)).hex
    #expect(
      Trace.json(traces)
        == #"[{"id":"e.jsonl.gz:1","shard":"e.jsonl.gz","row":1,"sha256":"\#(kept)","#
        + #""verdict":"duplicate","reason":"exact-duplicate","rule":null,"#
        + #""duplicateOf":"a.jsonl:0","nearTo":null,"similarity":null,"sharedShingles":null,"#
        + #""unitedShingles":null,"cluster":null,"takenDownBy":null,"run":"c0ffee","matches":[]},"#
        + #"{"id":"second","shard":"a.jsonl","row":1,"sha256":"\#(text)","verdict":"dropped","#
        + #""reason":"blocklist/toxins@3","rule":"blocklist/toxins@3#1","duplicateOf":null,"#
        + #""nearTo":null,"similarity":null,"sharedShingles":null,"unitedShingles":null,"#
        + #""cluster":null,"takenDownBy":null,"#
        + #""run":"c0ffee","matches":[{"rule":"blocklist/toxins@3#0","start":0,"length":7},"#
        + #"{"rule":"blocklist/toxins@3#1","start":12,"length":5}]}]"#)
  }

  @Test("the summary is the ledger's") func summary() throws {
    let (audit, fixture) = try Self.audit()
    defer { _ = fixture }
    let summary = try audit.summary()
    #expect(summary.read == 9 && summary.kept == 5 && summary.duplicate == 2)
    #expect(try audit.summary(run: "c0ffee") == summary)
    #expect(throws: LedgerError.self) { try audit.summary(run: "dead") }
  }

  @Test("every document of a large shard, against the list it was made from") func large() throws {
    var state: UInt64 = 11
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    // More than one piece of records and of ids; lengths around the borders of pieces.
    let documents = (0..<40_000).map { row -> Document in
      let length = Int(next(200))
      let id = next(10) == 0 ? nil : String(repeating: "x", count: length) + "\(next(20_000))"
      var document = Document(text: "text \(next(30_000))", id: id)
      if next(5) == 0 { (document.verdict, document.reason) = (.dropped, 1) }
      return document
    }
    let fixture = try OutputFixture([("large.jsonl", documents)])
    let audit = try Audit(output: fixture.folder)
    for row in [0, 1, 16_383, 16_384, 16_385, 32_767, 32_768, 39_999] {
      let id = documents[row].id
      let expected =
        if let id { documents.indices.filter { documents[$0].id == id } } else { [row] }
      #expect(
        try audit.trace(id: id ?? "large.jsonl:\(row)").map(\.row) == expected.map(UInt64.init))
      let text = documents[row].text
      let traces = try audit.trace(text: Array(text.utf8))
      let same = documents.indices.filter { documents[$0].text == text }
      #expect(traces.map(\.row) == same.map(UInt64.init))
      #expect(traces.map(\.id) == same.map { documents[$0].id ?? "large.jsonl:\($0)" })
      #expect(traces.map(\.verdict) == same.map { documents[$0].verdict })
    }
  }
}
