import Foundation
import Ledger
import Streams
import TestSupport
import Testing
import Training

@testable import Auditing

@Suite("Which checkpoints saw a document") struct TrainingAuditTests {
  typealias Fixture = TrainingFixture
  static let recorded = [2, 5, 9, 30]

  static func fixture() throws -> Fixture {
    let fixture = Fixture(output: try TakedownTraceTests.fixture())
    try fixture.train("feed", places: Fixture.places, steps: recorded)
    return fixture
  }

  @Test("first step and checkpoints are those of reading the order step by step") func steps()
    throws
  {
    let fixture = try Self.fixture()
    let audit = TrainingAudit(try Ledger(reading: fixture.ledgerPath))
    var seen = 0
    for place in Fixture.places {
      let exposure = try #require(try audit.exposures(of: Fixture.digest(place.text)).first)
      let steps =
        place.part == .training
        ? Fixture.steps(place.first..<(place.first + place.count), through: 30) : []
      #expect(exposure.firstStep == steps.first && exposure.steps == steps.count)
      let expected = Self.recorded.filter { step in steps.contains { $0 <= step } }
      #expect(exposure.checkpoints.map(\.step) == expected)
      #expect(
        exposure.checkpoints.map(\.sha256)
          == expected.map { Fixture.digest("feed \($0)").hex })
      let uses: [DocumentPlace.Part: Exposure.Use] = [
        .training: .trained, .validation: .heldOut, .none: .unused,
      ]
      #expect(exposure.use == uses[place.part])
      seen += expected.count
      // Asked through the curation's own trace, which goes by id.
    }
    // The fixture tells checkpoints apart: some saw a document that others did not.
    #expect(seen > 4 && seen < 12)
    #expect(try audit.exposures(of: .zero).map(\.use) == [.absent])
  }

  @Test("a document that was taken down is shown to have been in") func takenDown() throws {
    let fixture = try Self.fixture()
    let audit = try Audit(output: fixture.output.folder, run: "c0ffee")
    let second = try audit.trace(id: "a.jsonl:2")
    #expect(TakedownTraceTests.fates(second).count == 2)
    let steps = Fixture.steps(20..<23, through: 30)
    for trace in second {
      #expect(trace.exposures.map(\.training) == ["feed"])
      #expect(trace.exposures[0].firstStep == steps.first && trace.exposures[0].isSeen)
      #expect(
        trace.lines.contains {
          $0.hasPrefix("In training run feed it was first read in step \(steps[0]),")
        })
    }
    #expect(second[0].takenDownBy == "beef")
    #expect(
      Trace.json(second).contains("\"trainings\":[{\"training\":\"feed\",\"use\":\"trained\""))
    // What no run read has no such line: of a dropped document nothing is said.
    let dropped = try audit.trace(id: "d")
    #expect(dropped[0].exposures.isEmpty && !Trace.json(dropped).contains("trainings"))
    // A duplicate has the text that was held out.
    #expect(try audit.trace(id: "copy")[0].exposures.map(\.use) == [.heldOut])
    #expect(try audit.trainings() == (1, 4))
  }

  @Test("what a model was trained on, those have seen that go on from it") func inherited() throws {
    let fixture = try Self.fixture()
    let order = DataOrder(count: Fixture.sequences, seed: Fixture.seed)
    let early = order.sequences(ofStep: 1, batch: Fixture.batch)[0]
    let late = (0..<Fixture.sequences).first { Fixture.steps($0..<$0 + 1, through: 9) == [9] }
    try fixture.train(
      "base", places: [("early", .training, early, 1), ("late", .training, try #require(late), 1)],
      steps: [5, 9])
    try fixture.train("next", places: [], base: Fixture.model("base", 5), steps: [1, 2])
    try fixture.train("last", places: [], base: Fixture.model("next", 2), steps: [7])
    let audit = TrainingAudit(try Ledger(reading: fixture.ledgerPath))
    func uses(_ text: String) throws -> [String] {
      try audit.exposures(of: Fixture.digest(text)).map {
        "\($0.training) \($0.use.rawValue) \($0.checkpoints.map(\.step))"
      }
    }
    #expect(
      try uses("early") == [
        "feed absent []", "base trained [5, 9]", "next inherited [1, 2]", "last inherited [7]",
      ])
    // The run goes on from step 5, which had not seen it.
    #expect(
      try uses("late") == [
        "feed absent []", "base trained [9]", "next absent []", "last absent []",
      ])
  }

  @Test("a checkpoint leads to run, seeds, snapshot, takedowns and parent") func checkpoint() throws
  {
    let fixture = try Self.fixture()
    let audit = try CheckpointAudit(ledger: fixture.ledgerPath)
    let weights = Fixture.digest("feed 5")
    let traces = try audit.trace(sha256: weights)
    #expect(try audit.trace(sha256: Fixture.model("feed", 5).digest) == traces)
    let trace = try #require(traces.first)
    #expect(traces.count == 1 && trace.checkpoint.step == 5 && trace.sha256 == weights.hex)
    #expect(trace.training.id == "feed" && trace.parent == Fixture.digest("feed 2").hex)
    #expect(trace.training.snapshotRoot == (try fixture.root))
    #expect(trace.snapshotRun == "c0ffee" && trace.changedBy == ["beef", "dead"])
    let text = trace.lines.joined(separator: "\n")
    for part in [
      "step 5 of training run feed", "made by run c0ffee", "beef, dead",
      "initialisation 1, order 9",
      "Its parent is \(Fixture.digest("feed 2"))",
    ] { #expect(text.contains(part), "\(part)") }
    #expect(try audit.trace(sha256: Fixture.digest("feed 2"))[0].parent == nil)
    let error = #expect(throws: AuditError.self) { try audit.trace(sha256: .zero) }
    #expect(error?.code == .unknownCheckpoint && error?.consequence == .findings)
    let exposure = try audit.exposure(of: Fixture.digest("second text of all"), to: trace)
    #expect(exposure.training == "feed" && exposure.use == .trained)
  }

  @Test("a folder is known by its files; a changed weight is not") func folder() throws {
    let fixture = try Self.fixture()
    let audit = try CheckpointAudit(ledger: fixture.ledgerPath)
    try withScratchFolder { folder in
      let weights = folder.appendingPathComponent("model.safetensors")
      #expect(throws: AuditError.self) { try audit.trace(folder: folder.path) }
      try Data("feed 9".utf8).write(to: weights)
      try Data("{}".utf8).write(to: folder.appendingPathComponent("config.json"))
      #expect(try audit.trace(folder: folder.path).map(\.checkpoint.step) == [9])
      try Data("feed 8".utf8).write(to: weights)
      let error = #expect(throws: AuditError.self) { try audit.trace(folder: folder.path) }
      #expect(error?.code == .unknownCheckpoint)
    }
  }

  @Test("an index that is missing or another one answers nothing") func tampered() throws {
    let fixture = try Self.fixture()
    let file = URL(
      fileURLWithPath: TrainingRow.indexPath(ofRun: "feed", ledger: fixture.ledgerPath))
    let audit = try Audit(output: fixture.output.folder, run: "c0ffee")
    let whole = try Data(contentsOf: file)
    for index in stride(from: 0, to: whole.count, by: 7) {
      var mutant = whole
      mutant[index] ^= 4
      try mutant.write(to: file)
      let error = #expect(throws: AuditError.self, "byte \(index)") { try audit.trace(id: "one") }
      #expect(error?.consequence == .findings)
    }
    try FileManager.default.removeItem(at: file)
    let error = #expect(throws: AuditError.self) { try audit.trace(id: "one") }
    #expect(error?.code == .missing && error?.description.contains("feed.documents") == true)
    try whole.write(to: file)
    #expect(try audit.trace(id: "one")[0].exposures.count == 1)
  }
}
