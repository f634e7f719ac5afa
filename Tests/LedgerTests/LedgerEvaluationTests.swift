import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

@Suite struct LedgerEvaluationTests {
  @Test("an evaluation is read as it was recorded") func roundTrip() throws {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try EvaluationExample.record(in: ledger)
    #expect(
      try ledger.evaluations() == [
        EvaluationExample.evaluation(), EvaluationExample.evaluation(checkpoint: "b"),
        EvaluationExample.evaluation(checkpoint: "b", value: 0.5),
      ])
    // checkpoint and suite, evaluation; checkpoint, evaluation; evaluation.
    #expect(try ledger.logRoot().size == 6)
    try ledger.verify()
  }

  @Test("the same evaluation again changes nothing, on another machine neither") func again()
    throws
  {
    let folder = try TemporaryFolder()
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try EvaluationExample.record(in: ledger)
    let dump = try ledger.dump()
    let root = try ledger.logRoot().root
    var machine = EvaluationExample.machine
    machine.cores += 1
    try ledger.record(EvaluationExample.evaluation(), on: machine)
    #expect(try ledger.dump() == dump)
    #expect(try ledger.logRoot().root == root)
  }

  @Test("evaluations stand beside runs, and both verify") func besideRuns() throws {
    let folder = try TemporaryFolder()
    let ledger = try NearExample.finished(in: folder)
    let before = try ledger.dump()
    let log = try ledger.logRoot().size
    try EvaluationExample.record(in: ledger)
    try ledger.verify()
    #expect(try ledger.logRoot().size == log + 6)
    let lines = Set(try ledger.dump().split(separator: "\n"))
    #expect(lines.isSuperset(of: before.split(separator: "\n")))
    for table in ["checkpoint_file", "suite", "evaluation", "evaluation_metric"] {
      #expect(lines.contains { $0.hasPrefix("{\"table\":\"\(table)\"") })
    }
  }

  @Test(
    "every part of an evaluation is in its hash",
    arguments: [0, 1, 2, 3, 4, 5, 6, 7, 8])
  func hash(_ change: Int) {
    var other = EvaluationExample.evaluation()
    switch change {
    case 0: other.checkpoint.files[1].artefact.bytes += 1
    case 1: other.suite.body.append(10)
    case 2: other.suite.version = "2"
    case 3: other.inputs.swapAt(0, 1)
    case 4: other.settings = "{ }"
    case 5: other.items = Example.digest("other")
    case 6: other.metrics[0].value = other.metrics[0].value.nextUp
    case 7: other.metrics[0].count += 1
    default: other.code.libraries += "x"
    }
    #expect(other.digest != EvaluationExample.evaluation().digest)
  }

  @Test("the hash of an evaluation stays what it was") func golden() {
    #expect(
      EvaluationExample.evaluation().digest.hex
        == "d8bc200a42f89c231e2cec3673c7047044cbbf74f232b078bca6132508af1ce2")
  }

  @Test("a ledger without models is read as it is") func earlier() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    let dump: String
    do {
      let ledger = try NearExample.finished(in: folder)
      dump = try ledger.dump()
      try ledger.queue.write { db in
        let tables = LedgerSchema.tablesOfModels + LedgerSchema.tablesOfTraining
        for table in tables.reversed() {
          try db.execute(sql: "DROP TABLE \(table)")
        }
        try db.execute(
          sql: "DELETE FROM grdb_migrations WHERE identifier IN (?, ?)",
          arguments: [LedgerSchema.modelsMigration, LedgerSchema.trainingMigration])
      }
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let reader = try Ledger(reading: path)
    try reader.verify()
    #expect(try reader.dump() == dump)
    #expect(try reader.evaluations().isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    try reader.close()
    let writer = try Ledger(creating: path)
    try EvaluationExample.record(in: writer)
    try writer.verify()
    #expect(try writer.evaluations().count == 3)
  }
}
