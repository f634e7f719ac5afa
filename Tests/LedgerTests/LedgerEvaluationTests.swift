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

  @Test("an interval is recorded with its number, and is in the hash") func intervals() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    var evaluation = EvaluationExample.evaluation()
    let without = evaluation.digest
    evaluation.metrics[1].interval = MetricInterval(
      lower: -0.0, upper: 2 / 3.0, confidence: 0.95, method: "mid-p")
    #expect(evaluation.digest != without)
    do {
      let ledger = try Ledger(creating: path)
      try ledger.record(evaluation, on: EvaluationExample.machine)
      #expect(try ledger.evaluations() == [evaluation])
      try ledger.verify()
      #expect(try ledger.dump().contains(#"{"table":"evaluation_interval""#))
      #expect(throws: (any Error).self) {
        try ledger.queue.write { try $0.execute(sql: "UPDATE evaluation_interval SET upper = 1") }
      }
      for change in [
        "UPDATE evaluation_interval SET upper = 0.9", "DELETE FROM evaluation_interval",
      ] {
        let copy = folder.file("copy-\(change.count).sqlite")
        try ledger.queue.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy]) }
        let altered = try Ledger(creating: copy)
        try altered.queue.write { db in
          for name in ["update", "delete"] {
            try db.execute(sql: "DROP TRIGGER evaluation_interval_no_\(name)")
          }
          try db.execute(sql: change)
        }
        #expect(throws: LedgerError.self) { try altered.verify() }
      }
    }
  }

  @Test("a ledger without intervals is read, and verified, as it is") func earlierIntervals() throws
  {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    let dump: String
    let root: Digest256
    do {
      let ledger = try Ledger(creating: path)
      try EvaluationExample.record(in: ledger)
      dump = try ledger.dump()
      root = try ledger.logRoot().root
      try ledger.queue.write { db in
        for table in LedgerSchema.tablesOfIntervals { try db.execute(sql: "DROP TABLE \(table)") }
        try db.execute(
          sql: "DELETE FROM grdb_migrations WHERE identifier = ?",
          arguments: [LedgerSchema.intervalsMigration])
      }
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let reader = try Ledger(reading: path)
    try reader.verify()
    #expect(try reader.dump() == dump && reader.logRoot().root == root)
    #expect(try reader.evaluations().flatMap(\.metrics).allSatisfy { $0.interval == nil })
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    try reader.close()
    let writer = try Ledger(creating: path)
    var evaluation = EvaluationExample.evaluation(checkpoint: "c")
    evaluation.metrics[0].interval = MetricInterval(
      lower: 0.1, upper: 0.4, confidence: 0.95, method: "mid-p")
    try writer.record(evaluation, on: EvaluationExample.machine)
    try writer.verify()
    #expect(try writer.evaluations().last == evaluation)
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
        let tables =
          LedgerSchema.tablesOfModels + LedgerSchema.tablesOfTraining
          + LedgerSchema.tablesOfIntervals
        for table in tables.reversed() {
          try db.execute(sql: "DROP TABLE \(table)")
        }
        try db.execute(
          sql: "DELETE FROM grdb_migrations WHERE identifier IN (?, ?, ?)",
          arguments: [
            LedgerSchema.modelsMigration, LedgerSchema.trainingMigration,
            LedgerSchema.intervalsMigration,
          ])
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
