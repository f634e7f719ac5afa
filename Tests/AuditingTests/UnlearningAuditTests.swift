import Foundation
import Ledger
import Streams
import TestSupport
import Testing

@testable import Auditing

@Suite("Where an unlearned checkpoint comes from") struct UnlearningAuditTests {
  typealias Fixture = TrainingFixture

  static func row(
    _ id: String, base: CheckpointRow, result: CheckpointRow?, forgets texts: [String]
  ) -> UnlearningRow {
    UnlearningRow(
      id: id, plan: Array("plan: forget\n".utf8), settings: "{}", seeds: [NamedSeed("order", 1)],
      base: base, result: result, steps: 150,
      files: [
        UnlearningRow.File(
          use: .forget, term: "toxins",
          file: NamedArtefact(
            name: "forget.jsonl", artefact: Artefact(sha256: Fixture.digest("file"), bytes: 9)))
      ],
      documents: texts.map { UnlearningRow.Document(term: "toxins", digest: Fixture.digest($0)) },
      verdict: result == nil ? .notMet : .met, neededItems: nil, confidence: 0.95,
      constraints: [
        UnlearningRow.Constraint(
          name: "hazard", term: "toxins", role: "hazard", metric: "accuracy", area: "chemical",
          level: "red", before: 1, after: 0.28, value: 0.28, lower: 0.25, upper: 0.31, limit: 0.35,
          items: 480, verdict: result == nil ? .notMet : .met, neededItems: nil)
      ],
      duals: [
        UnlearningRow.Dual(
          step: 5, name: "hazard", value: 0.9, surrogate: 0.9, aim: 0.3, dual: 0.5,
          decision: "best")
      ],
      code: CodeVersion(version: "0", binary: .zero, swift: "6.3", libraries: ""))
  }

  /// A model trained to step 30; one unlearning that left a model, one more out of that, and one
  /// that left nothing.
  static func fixture() throws -> Fixture {
    let fixture = Fixture(output: try TakedownTraceTests.fixture())
    try fixture.train("feed", places: Fixture.places, steps: [2, 30])
    let ledger = try Ledger(creating: fixture.ledgerPath)
    let machine = MachineDescription(os: "", cpu: "", cores: 1, sqlite: "")
    let trained = Fixture.model("feed", 30)
    for row in [
      row(
        "cafe", base: trained, result: Fixture.model("cafe", 1),
        forgets: ["second text of all", "a secret"]),
      row("dead", base: trained, result: nil, forgets: ["second text of all"]),
      row(
        "beef", base: Fixture.model("cafe", 1), result: Fixture.model("beef", 1),
        forgets: ["first text of all"]),
    ] { try ledger.record(row, on: machine) }
    try ledger.close()
    return fixture
  }

  @Test("a checkpoint leads to its forget set, its base and the corpus") func checkpoint() throws {
    let fixture = try Self.fixture()
    let audit = try CheckpointAudit(ledger: fixture.ledgerPath)
    let origin = try audit.origin(sha256: Fixture.digest("beef 1"))
    #expect(origin.trainings.isEmpty && origin.unlearnings.count == 1)
    let trace = try #require(origin.unlearnings.first)
    #expect(trace.unlearning.id == "beef" && trace.sha256 == Fixture.digest("beef 1").hex)
    #expect(trace.trainings.isEmpty)
    let before = try #require(trace.unlearnings.first)
    #expect(before.unlearning.id == "cafe" && before.unlearnings.isEmpty)
    #expect(before.trainings.map(\.training.id) == ["feed"])
    #expect(before.trainings.first?.snapshotRun == "c0ffee")
    let text = trace.lines.joined(separator: "\n")
    for part in [
      "unlearning beef", "1 documents (toxins 1)", "\(trace.unlearning.forgetRoot)",
      "Verdict: met, each bound one-sided at 95.00 %.", "hazard: met;", "unlearning cafe",
      "training run feed", "made by run c0ffee", "forget.jsonl, forget of toxins",
    ] { #expect(text.contains(part), "\(part)") }
    var json = JSONText()
    trace.write(to: &json)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    #expect((object["forget"] as? [String: Any])?["documents"] as? Int == 1)
    let base = try #require(object["base"] as? [String: Any])
    #expect((base["unlearnings"] as? [Any])?.count == 1)
  }

  @Test("each constraint is told with its bounds and how its dual variable moved") func duals()
    throws
  {
    let base = Fixture.model("feed", 30)
    var row = Self.row("cafe", base: base, result: Fixture.model("cafe", 1), forgets: ["a"])
    let shares = [0.5, 0.7, 0.7, 0.2]
    row.duals = shares.enumerated().flatMap { index, share in
      ["hazard", "other"].map { name in
        UnlearningRow.Dual(
          step: Int64(5 + 5 * index), name: name, value: 0.9, surrogate: 0.8, aim: 0.3,
          dual: name == "hazard" ? share : 1 - share, decision: index == 0 ? "best" : "goOn")
      }
    }
    let trace = UnlearningTrace(unlearning: row, trainings: [], unlearnings: [])
    let text = trace.lines.joined(separator: "\n")
    for part in [
      "hazard: met;", "value 28.00 %, at least 25.00 %, at most 31.00 %, limit 35.00 %",
      "4 updates, first 0.5000 at step 5, largest 0.7000 at step 10, last 0.2000 at step 20;",
    ] { #expect(text.contains(part), "\(part)") }
    var json = JSONText()
    trace.write(to: &json)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    let constraint = try #require((object["constraints"] as? [[String: Any]])?.first)
    #expect(constraint["lower"] as? Double == 0.25 && constraint["before"] as? Double == 1)
    let duals = try #require(constraint["duals"] as? [[String: Any]])
    #expect(duals.compactMap { $0["dual"] as? Double } == shares)
    #expect(duals.map { $0["step"] as? Int } == [5, 10, 15, 20])
    #expect(duals.map { $0["decision"] as? String } == ["best", "goOn", "goOn", "goOn"])
    row.duals = []
    let still = UnlearningTrace(unlearning: row, trainings: [], unlearnings: [])
    #expect(still.lines.contains("    Its dual variable was never updated."))
  }

  @Test("a document leads to the unlearnings that were to forget it") func document() throws {
    let fixture = try Self.fixture()
    let audit = try Audit(output: fixture.output.folder, run: "c0ffee")
    let traces = try audit.trace(id: "a.jsonl:2")
    let trace = try #require(traces.first)
    #expect(trace.given.map(\.unlearning) == ["cafe", "dead"])
    #expect(trace.given.map(\.verdict) == ["met", "not met"])
    #expect(trace.given.map(\.result) == [Fixture.digest("cafe 1").hex, nil])
    #expect(trace.given.allSatisfy { $0.base == Fixture.digest("feed 30").hex })
    #expect(
      trace.lines.contains {
        $0.hasPrefix(
          "Unlearning dead was given it to forget (toxins); its verdict was: not met. It left no")
      })
    #expect(Trace.json(traces).contains("\"unlearnings\":[{\"unlearning\":\"cafe\""))
    let checkpoints = try CheckpointAudit(ledger: fixture.ledgerPath)
    #expect(try checkpoints.given(Fixture.digest("a secret")).count == 1)
    #expect(try checkpoints.given(.zero).isEmpty)
  }

  @Test("what goes on from an unlearned model has seen what that had") func inherited() throws {
    let fixture = try Self.fixture()
    try fixture.train("next", places: [], base: Fixture.model("beef", 1), steps: [4])
    let audit = TrainingAudit(try Ledger(reading: fixture.ledgerPath))
    let exposures = try audit.exposures(of: Fixture.digest("second text of all"))
    #expect(exposures.map(\.training) == ["feed", "next"])
    #expect(exposures.map(\.use) == [.trained, .inherited])
  }

  @Test("whether a base's history is known, through trainings and unlearnings") func history()
    throws
  {
    let fixture = try Self.fixture()
    let ledger = try Ledger(creating: fixture.ledgerPath)
    var stranger = Self.row(
      "0dd", base: Fixture.model("stranger", 1), result: Fixture.model("0dd", 1),
      forgets: ["third text of all"])
    stranger.retained = [
      UnlearningRow.Document(term: "general", digest: Fixture.digest("what stays"))
    ]
    try ledger.record(stranger, on: MachineDescription(os: "", cpu: "", cores: 1, sqlite: ""))
    try ledger.close()
    try fixture.train("more", places: [], base: Fixture.model("0dd", 1), steps: [4])
    let audit = try CheckpointAudit(ledger: fixture.ledgerPath)
    func known(_ name: String) throws -> [Bool] {
      let origin = try audit.origin(sha256: Fixture.digest(name))
      return try origin.trainings.map { try audit.isHistoryKnown(of: $0) }
        + origin.unlearnings.map { try audit.isHistoryKnown(of: $0) }
    }
    #expect(try known("beef 1") == [true] && known("feed 30") == [true])
    #expect(try known("0dd 1") == [false] && known("more 4") == [false])
    let given = try audit.given(Fixture.digest("what stays"))
    #expect(given.map(\.purpose) == [.retain] && given.map(\.term) == ["general"])
    #expect(given[0].lines[0].hasPrefix("Unlearning 0dd was given it to retain (general)"))
    // What goes on from weights that learned it has seen it.
    let uses = try audit.uses(of: Fixture.digest("what stays"))
    #expect(uses.exposures.map(\.training) == ["more"] && uses.given == given)
    #expect(uses.exposures.map(\.use) == [.inherited])
  }

  @Test("a checkpoint that nobody left is unknown") func unknown() throws {
    let fixture = try Self.fixture()
    let audit = try CheckpointAudit(ledger: fixture.ledgerPath)
    let error = #expect(throws: AuditError.self) { try audit.origin(sha256: .zero) }
    #expect(error?.code == .unknownCheckpoint)
  }
}
