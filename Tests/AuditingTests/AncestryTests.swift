import Foundation
import Ledger
import Streams
import Testing
import Training

@testable import Auditing

@Suite("What a checkpoint comes out of, down to the corpora") struct AncestryTests {
  typealias Fixture = TrainingFixture
  typealias Place = (text: String, part: DocumentPlace.Part, first: Int, count: Int)

  static func places(_ texts: [String]) -> [Place] {
    texts.enumerated().map { (text: $1, part: .training, first: $0, count: 1) }
  }

  /// What an ancestor is, in a word.
  static func names(_ trace: CheckpointTrace) -> [String] {
    trace.ancestors.map { ancestor in
      switch ancestor.source {
      case .training(let trace): "\(trace.training.id) \(trace.checkpoint.step)"
      case .unlearning(let row): "unlearning \(row.id)"
      case .unknown: "unknown"
      }
    }
  }

  private func trace(_ fixture: Fixture, _ name: String) throws -> CheckpointTrace {
    let audit = try CheckpointAudit(
      ledger: fixture.ledgerPath, curations: ["c0ffee": fixture.output.folder])
    return try #require(try audit.trace(sha256: Fixture.digest(name)).first)
  }

  @Test("the chain goes on to the first model, each with run and snapshot") func chain() throws {
    let fixture = Fixture(output: try TakedownTraceTests.fixture())
    try fixture.train(
      "base", places: Self.places(["third"]), isOfFiles: true, steps: [5, 9])
    try fixture.train("next", places: [], base: Fixture.model("base", 5), steps: [1, 2])
    try fixture.train("last", places: [], base: Fixture.model("next", 2), steps: [3, 7])
    let last = try trace(fixture, "last 7")
    #expect(Self.names(last) == ["next 2", "base 5"] && !last.isCutOff)
    #expect(last.parentStep == 3 && last.snapshotRuns == ["c0ffee"])
    let text = last.lines.joined(separator: "\n")
    for part in [
      "Its parent is \(Fixture.digest("last 3")), step 3 of the same run.",
      "Ancestor 1: checkpoint \(Fixture.digest("next 2")), step 2 of training run next.",
      "Ancestor 2: checkpoint \(Fixture.digest("base 5")), step 5 of training run base.",
      "  It was trained on 1 documents, those of b.jsonl: 1 of 2 parts of the snapshot",
      "  It began anew.",
    ] { #expect(text.contains(part), "\(part)") }
    var json = JSONText()
    last.write(to: &json)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    let ancestors = try #require(object["ancestors"] as? [[String: Any]])
    #expect(ancestors.map { $0["training"] as? String } == ["next", "base"])
    let snapshots = ancestors.map { $0["snapshot"] as? [String: Any] }
    #expect(snapshots[0]?["run"] as? String == "c0ffee")
    #expect((snapshots[1]?["parts"] as? [String: Any])?["paths"] as? [String] == ["b.jsonl"])
    // A parent of another run has no step of this one.
    #expect(try trace(fixture, "next 1").parentStep == nil)
  }

  @Test("it goes through unlearnings, and ends at what no run left") func unlearnings() throws {
    let fixture = try UnlearningAuditTests.fixture()
    try fixture.train("more", places: [], base: Fixture.model("beef", 1), steps: [4])
    #expect(
      try Self.names(trace(fixture, "more 4")) == [
        "unlearning beef", "unlearning cafe", "feed 30",
      ])
    try fixture.train("odd", places: [], base: Fixture.model("stranger", 1), steps: [4])
    let odd = try trace(fixture, "odd 4")
    #expect(Self.names(odd) == ["unknown"])
    #expect(odd.lines.contains { $0.contains("which no run of this ledger left") })
  }

  @Test("a chain without an end and one that is too long are cut off") func bounds() throws {
    let fixture = Fixture(output: try TakedownTraceTests.fixture())
    try fixture.train("loop", places: [], base: Fixture.model("pool", 1), steps: [1])
    try fixture.train("pool", places: [], base: Fixture.model("loop", 1), steps: [1])
    #expect(try Self.names(trace(fixture, "loop 1")) == ["pool 1"])
    for number in 0...Ancestry.limit + 1 {
      try fixture.train(
        "t\(number)", places: [],
        base: number == 0 ? nil : Fixture.model("t\(number - 1)", 1), steps: [1])
    }
    let whole = try trace(fixture, "t\(Ancestry.limit) 1")
    #expect(whole.ancestors.count == Ancestry.limit && !whole.isCutOff)
    let long = try trace(fixture, "t\(Ancestry.limit + 1) 1")
    #expect(long.ancestors.count == Ancestry.limit && long.isCutOff)
    #expect(long.lines.last?.hasPrefix("It has more ancestors") == true)
  }

  @Test("files that are parts of a snapshot are known by their documents") func parts() throws {
    let fixture = Fixture(output: try TakedownTraceTests.fixture())
    func parts(_ id: String, _ texts: [String]) throws -> CheckpointTrace {
      try fixture.train(id, places: Self.places(texts), isOfFiles: true, steps: [1])
      return try trace(fixture, "\(id) 1")
    }
    let all = ["first", "second", "third", "fourth"].map { "\($0) text of all" }
    let whole = try parts("a", all)
    let root = try fixture.root
    #expect(whole.parts?.run == "c0ffee" && whole.parts?.root == root)
    #expect(whole.parts?.paths == ["a.jsonl"] && whole.parts?.count == 2)
    #expect(whole.parts?.documents == 4 && whole.changedBy == ["beef", "dead"])
    // What a takedown left is a part of its own snapshot, of the same curation.
    let left = try parts("b", [all[0], all[2], all[3]])
    #expect(left.parts?.run == "beef" && left.changedBy == ["dead"])
    let audit = try CheckpointAudit(ledger: fixture.ledgerPath)
    let origin = CheckpointAudit.Origin(trainings: [left], unlearnings: [])
    #expect(try audit.curation(behind: origin) == "c0ffee")
    #expect(try parts("c", all + ["third"]).parts?.paths == ["a.jsonl", "b.jsonl"])
    #expect(try parts("d", all + ["a stranger"]).parts == nil)
    #expect(try parts("e", Array(all.dropLast())).parts == nil)
    // No folder is known: nothing is said of a curation, and nothing denied.
    let unknown = try #require(try audit.trace(sha256: Fixture.digest("a 1")).first)
    #expect(unknown.parts == nil && unknown.snapshotRuns.isEmpty)
    #expect(unknown.lines.contains { $0.contains("not known to be parts of a snapshot") })
    // A decision file that was changed says nothing.
    let file = fixture.output.decisions("a.jsonl", "records")
    var bytes = try Data(contentsOf: file)
    bytes[8 + 5 * 64] ^= 1
    try bytes.write(to: file)
    #expect(throws: LedgerError.self) { try trace(fixture, "a 1") }
  }

  @Test("a text counts as often as it was read") func twice() throws {
    let texts = ["one", "one", "two"]
    let output = try OutputFixture([
      ("a.jsonl", texts.map { OutputFixture.Document(text: $0) })
    ])
    let fixture = Fixture(output: output)
    for (id, read, count) in [("same", texts, 3), ("other", ["one", "two", "two"], nil)]
      as [(String, [String], Int?)]
    {
      try fixture.train(id, places: Self.places(read), isOfFiles: true, steps: [1])
      #expect(try trace(fixture, "\(id) 1").parts?.documents == count)
    }
  }
}
