import Foundation
import Ledger
import Streams
import Testing

@testable import Auditing

/// Documents that were taken down after the run that kept them.
@Suite struct TakedownTraceTests {
  typealias Document = OutputFixture.Document

  static func fixture() throws -> OutputFixture {
    let fixture = try OutputFixture([
      (
        "a.jsonl",
        [
          Document(text: "dropped", id: "d", verdict: .dropped, reason: 1),
          Document(text: "first text of all", id: "one"),
          Document(text: "second text of all"),
          Document(text: "bad", verdict: .quarantined, flags: .unreadable, reason: 3),
          Document(text: "third text of all", id: "three", flags: .tagged, rule: 1),
          Document(text: "fourth text of all", id: "four"),
        ]
      ),
      (
        "b.jsonl",
        [
          Document(
            text: "third text of all", id: "copy", verdict: .duplicate, reason: 2,
            survivor: (0, 4)),
          Document(text: "third", id: "three"),
        ]
      ),
    ])
    // Takes out "second", then, from what is left, "third".
    try fixture.takeDown([1], of: "a.jsonl", run: "beef", parent: "c0ffee")
    try fixture.takeDown([1], of: "a.jsonl", run: "dead", parent: "beef")
    return fixture
  }

  static func fates(_ traces: [Trace]) -> [String] {
    traces.map { "\($0.run) \($0.shard):\($0.row) \($0.id) \($0.verdict) \($0.takenDownBy ?? "-")" }
  }

  @Test("a document that was taken down has both entries, and the fate is plain") func both() throws
  {
    let fixture = try Self.fixture()
    let audit = try Audit(output: fixture.folder, run: "c0ffee")
    #expect(
      try Self.fates(audit.trace(id: "three")) == [
        "c0ffee a.jsonl:4 three kept dead", "dead a.jsonl:1 three dropped -",
        "c0ffee b.jsonl:1 three kept -",
      ])
    let second = try audit.trace(id: "a.jsonl:2")
    #expect(
      Self.fates(second) == [
        "c0ffee a.jsonl:2 a.jsonl:2 kept beef", "beef a.jsonl:1 a.jsonl:2 dropped -",
      ])
    #expect(
      second[0].lines[1]
        == "It was kept, and taken down since by run beef: it is not in the corpus.")
    #expect(
      second[1].lines.prefix(2) == [
        "Document a.jsonl:2: row 1 of the part a.jsonl as it was, in takedown beef.",
        "It was taken down: it is not in the corpus.",
      ])
    #expect(second[1].reason == "takedown")
    #expect(Trace.json(second).contains(#""takenDownBy":"beef","run":"c0ffee""#))
  }

  @Test("what stays has one entry; a duplicate says that its survivor went") func others() throws {
    let fixture = try Self.fixture()
    let audit = try Audit(output: fixture.folder, run: "c0ffee")
    #expect(try Self.fates(audit.trace(id: "one")) == ["c0ffee a.jsonl:1 one kept -"])
    #expect(try Self.fates(audit.trace(id: "four")) == ["c0ffee a.jsonl:5 four kept -"])
    #expect(try Self.fates(audit.trace(id: "d")) == ["c0ffee a.jsonl:0 d dropped -"])
    let copy = try audit.trace(id: "copy")
    #expect(Self.fates(copy) == ["c0ffee b.jsonl:0 copy duplicate dead"])
    #expect(copy[0].lines[1].contains("a.jsonl:4 stood for it, until run dead took that down."))
    #expect(
      try Self.fates(audit.trace(text: Array("third text of all".utf8))) == [
        "c0ffee a.jsonl:4 three kept dead", "dead a.jsonl:1 three dropped -",
        "c0ffee b.jsonl:0 copy duplicate dead",
      ])
  }

  @Test("a takedown can be asked about itself, also what went later") func ofTakedown() throws {
    let fixture = try Self.fixture()
    let audit = try Audit(output: fixture.folder, run: "beef")
    #expect(
      try Self.fates(audit.trace(id: "three")) == [
        "beef a.jsonl:2 three kept dead", "dead a.jsonl:1 three dropped -",
      ])
    #expect(try audit.summary().dropped == 1)
    let all = try Audit(output: fixture.folder, run: "c0ffee").takedowns()
    #expect(all?.runs == ["beef", "dead"] && all?.documents == 3)
    #expect(try audit.takedowns()?.runs == ["dead"])
    #expect(try Audit(output: fixture.folder, run: "dead").takedowns() == nil)
  }

  @Test("near a text is what stands in the newest snapshot, by the rows of the first run")
  func near() throws {
    let fixture = try Self.fixture()
    for run in ["c0ffee", "dead", nil] {
      let found = try Audit(output: fixture.folder, run: run).near(
        text: Array("text of all".utf8), jaccard: 0.01, threads: 2)
      #expect(found.count == 0)
      let exact = try Audit(output: fixture.folder, run: run).near(
        text: Array("Fourth text of all".utf8), threads: 2)
      #expect(Self.fates(exact.nearest.map(\.trace)) == ["c0ffee a.jsonl:5 four kept -"])
      let gone = try Audit(output: fixture.folder, run: run).near(
        text: Array("third text of all".utf8), threads: 2)
      #expect(gone.count == 0)
    }
  }

  @Test("a takedown's decision file does not change unseen") func tampered() throws {
    let fixture = try Self.fixture()
    let audit = try Audit(output: fixture.folder, run: "c0ffee")
    for run in ["beef", "dead"] {
      let file = URL(fileURLWithPath: "\(fixture.folder)/decisions/\(run)/a.jsonl.records")
      let whole = try Data(contentsOf: file)
      for index in stride(from: run.count % 4, to: whole.count, by: 5) {
        var changed = whole
        changed[index] ^= 0x10
        try changed.write(to: file)
        let error = #expect(throws: LedgerError.self, "byte \(index)") {
          try audit.trace(id: "three")
        }
        #expect(error?.code == .altered && error?.consequence == .findings)
      }
      for changed in [whole.dropLast(64), whole + whole.suffix(64), Data()] {
        try changed.write(to: file)
        #expect(throws: LedgerError.self) { try audit.trace(id: "three") }
      }
      try whole.write(to: file)
    }
    #expect(try audit.trace(id: "three").count == 3)
  }
}
