import Foundation
import Ledger
import Streams
import Testing

@testable import Auditing

@Suite struct NearTraceTests {
  typealias Document = OutputFixture.Document

  static let shards: [(path: String, documents: [Document])] = [
    (
      "a.jsonl",
      [
        Document(text: "first", id: "kept"),
        Document(
          text: "hazard", id: "hazard", verdict: .dropped, reason: 1, rule: 1),
        Document(
          text: "firsts", id: "near", verdict: .duplicate, reason: 4, survivor: (0, 0),
          near: ((1, 0), (0, 0), 6, 7)),
      ]
    ),
    (
      "b.jsonl",
      [
        Document(
          text: "firsth", id: "old", verdict: .duplicate, reason: 4, survivor: (2, 8),
          near: ((2, 8), (2, 8), 3, 4)),
        Document(
          text: "hazards", id: "caught", verdict: .quarantined, reason: 5,
          near: ((0, 1), (0, 1), 9, 10)),
      ]
    ),
  ]

  static func trace(_ id: String) throws -> Trace {
    let fixture = try OutputFixture(shards)
    return try #require(try Audit(output: fixture.folder).trace(id: id).first)
  }

  @Test("a near duplicate says what it is near, how near, and who stands for it") func near() throws
  {
    let trace = try Self.trace("near")
    #expect(trace.duplicateOf == "a.jsonl:0")
    #expect(
      trace.likeness
        == Trace.Likeness(nearTo: "b.jsonl:0", cluster: "a.jsonl:0", shared: 6, united: 7))
    #expect(trace.likeness?.similarity == 6.0 / 7)
    #expect(trace.lines[1] == "It is a duplicate (near-duplicate): a.jsonl:0 stands for it.")
    #expect(
      trace.lines[2]
        == "Its text has 6 of 7 shingles in common with b.jsonl:0 (85.7 %), in the cluster that "
        + "begins with a.jsonl:0.")
    #expect(
      Trace.json([trace]).contains(
        #""duplicateOf":"a.jsonl:0","nearTo":"b.jsonl:0","similarity":0.8571428571428571,"#
          + #""sharedShingles":6,"unitedShingles":7,"cluster":"a.jsonl:0","takenDownBy":null,"run""#
      ))
  }

  @Test("documents of an earlier snapshot are named with its run") func earlier() throws {
    let trace = try Self.trace("old")
    #expect(trace.duplicateOf == "old/x/y.jsonl:8" && trace.likeness?.nearTo == trace.duplicateOf)
    #expect(trace.likeness?.cluster == trace.duplicateOf && trace.likeness?.similarity == 0.75)
  }

  @Test("contagion says which hazardous document it is near") func contagion() throws {
    let trace = try Self.trace("caught")
    #expect(trace.duplicateOf == nil && trace.likeness?.nearTo == "a.jsonl:1")
    #expect(trace.lines[1].hasPrefix("It was quarantined, for contagion"))
    #expect(trace.lines[2].hasPrefix("Its text has 9 of 10 shingles in common with a.jsonl:1 (90"))
    #expect(try Self.trace("hazard").likeness == nil)
  }
}
