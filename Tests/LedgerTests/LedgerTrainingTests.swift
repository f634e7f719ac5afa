import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

@Suite struct LedgerTrainingTests {
  typealias Training = TrainingExample

  static func filled(_ folder: TemporaryFolder) throws -> Ledger {
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try Training.record(in: ledger)
    return ledger
  }

  @Test("training runs and checkpoints are read as they were recorded") func roundTrip() throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    #expect(
      try ledger.trainings() == [Training.training(), Training.training("face", base: true)])
    let feed = [Training.checkpoint(500), Training.checkpoint(1000, validation: nil)]
    #expect(try ledger.trainedCheckpoints(of: "feed") == feed)
    #expect(try ledger.trainedCheckpoints().count == 4)
    #expect(try ledger.trainedCheckpoints(of: "none").isEmpty)
    #expect(feed[0].weights == Example.digest("model feed 500"))
    // Two runs, four checkpoints with their files, and the base.
    #expect(try ledger.logRoot().size == 2 + 8 + 1)
    try ledger.verify()
  }

  @Test("the same again changes nothing, whatever killed the run in between") func again() throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    let (dump, root) = (try ledger.dump(), try ledger.logRoot().root)
    var machine = EvaluationExample.machine
    machine.cores += 1
    try ledger.record(Training.training(), on: machine)
    try Training.record(in: ledger)
    #expect(try ledger.dump() == dump)
    #expect(try ledger.logRoot().root == root)
  }

  @Test("a run of the same id and other content is refused", arguments: 0..<14)
  func different(_ change: Int) throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    let dump = try ledger.dump()
    var other = Training.training()
    switch change {
    case 0: other.plan.append(10)
    case 1: other.settings += " "
    case 2: other.seeds[1].value -= 1
    case 3: other.seeds.swapAt(0, 1)
    case 4: other.seeds[0].name = "x"
    case 5: other.snapshotRoot = nil
    case 6: other.base = Training.model("x")
    case 7: other.data = .zero
    case 8: other.documentIndex = .zero
    case 9: other.sequences += 1
    case 10: other.rows += 1
    case 11: other.batch += 1
    case 12: other.orderSeed -= 1
    default: other.code.libraries += "x"
    }
    let error = #expect(throws: LedgerError.self) {
      try ledger.record(other, on: EvaluationExample.machine)
    }
    #expect(error?.code == .differentRun && error?.consequence == .usage)
    #expect(try ledger.dump() == dump)
  }

  @Test("another checkpoint of the same step is refused", arguments: 0..<4)
  func otherCheckpoint(_ change: Int) throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    let dump = try ledger.dump()
    var other = Training.checkpoint(1000, validation: nil)
    switch change {
    case 0: other.checkpoint = Training.model("x")
    case 1: other.parent = nil
    case 2: other.loss = other.loss.nextUp
    default: other.validation = 0
    }
    let error = #expect(throws: LedgerError.self) { try ledger.record(other) }
    #expect(error?.code == .differentRun)
    other.training = "none"
    #expect(#expect(throws: LedgerError.self) { try ledger.record(other) }?.code == .unknownRun)
    #expect(try ledger.dump() == dump)
  }

  @Test("the same model of two runs stands once, and an evaluation finds it") func shared() throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    var same = Training.checkpoint(2000, of: "face")
    same.checkpoint = Training.model("feed 500")
    try ledger.record(same)
    var evaluation = EvaluationExample.evaluation()
    evaluation.checkpoint = Training.model("feed 500")
    try ledger.record(evaluation, on: EvaluationExample.machine)
    #expect(try ledger.trainedCheckpoints().count { $0.checkpoint == evaluation.checkpoint } == 2)
    #expect(try ledger.logRoot().size == 11 + 1 + 2)
    try ledger.verify()
  }

  @Test("training stands beside curation and is found by the snapshot's root") func root() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    let runs = try ledger.runs()
    let before = try ledger.dump()
    try Training.record(in: ledger)
    try ledger.verify()
    #expect(try ledger.runs() == runs)
    #expect(
      Set(try ledger.dump().split(separator: "\n")).isSuperset(of: before.split(separator: "\n")))
    let root = try #require(try ledger.summary(of: nil).root)
    #expect(try ledger.run(ofSnapshotRoot: root) == runs.last)
    #expect(try ledger.run(ofSnapshotRoot: .zero) == nil)
  }

  @Test("hashes of training stay what they were") func golden() {
    #expect(
      Training.training().digest.hex
        == "95b04879dee4b07f30faf6c51d68dae25f13f7670f83927c8873fa6261ee8814")
    #expect(
      Training.checkpoint(1000).digest.hex
        == "82b615c4580ae154c7877298b4119e1d347d4530f384726c012f1edbb2577537")
  }

  @Test("a ledger without training is read as it is") func earlier() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    let dump: String
    do {
      let ledger = try NearExample.finished(in: folder)
      try EvaluationExample.record(in: ledger)
      dump = try ledger.dump()
      try ledger.queue.write { db in
        for table in LedgerSchema.tablesOfTraining.reversed() {
          try db.execute(sql: "DROP TABLE \(table)")
        }
        try db.execute(
          sql: "DELETE FROM grdb_migrations WHERE identifier = ?",
          arguments: [LedgerSchema.trainingMigration])
      }
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let reader = try Ledger(reading: path)
    try reader.verify()
    #expect(try reader.dump() == dump)
    #expect(try reader.trainings().isEmpty && reader.trainedCheckpoints().isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    try reader.close()
    let writer = try Ledger(creating: path)
    try Training.record(in: writer)
    try writer.verify()
    #expect(try writer.trainedCheckpoints().count == 4)
  }
}
