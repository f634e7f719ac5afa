import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

@Suite struct LedgerUnlearningTests {
  typealias Unlearning = UnlearningExample

  static func filled(_ folder: TemporaryFolder) throws -> Ledger {
    let ledger = try Ledger(creating: folder.file("ledger.sqlite"))
    try TrainingExample.record(in: ledger)
    try UnlearningExample.record(in: ledger)
    return ledger
  }

  @Test("unlearnings are read as they were recorded, and found by a document") func roundTrip()
    throws
  {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    #expect(try ledger.unlearnings() == Unlearning.all)
    #expect(try ledger.unlearnings(given: Example.digest("secret 3")) == Unlearning.all)
    let retained = try ledger.unlearnings(given: Example.digest("known 1"))
    #expect(retained == Unlearning.all.filter { !$0.retained.isEmpty } && retained.count == 1)
    #expect(try ledger.unlearnings(given: Example.digest("other")).isEmpty)
    try ledger.verify()
  }

  @Test("the forget set's root is that of RFC 6962") func root() {
    func leaf(_ index: Int) -> Digest256 {
      Digest256(hashing: [0] + Example.digest("secret \(index)").bytes)
    }
    func node(_ left: Digest256, _ right: Digest256) -> Digest256 {
      Digest256(hashing: [1] + left.bytes + right.bytes)
    }
    let four = node(node(leaf(0), leaf(1)), node(leaf(2), leaf(3)))
    #expect(Unlearning.row().forgetRoot == node(four, leaf(4)))
  }

  @Test("the same again changes nothing") func again() throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    let (dump, root) = (try ledger.dump(), try ledger.logRoot().root)
    try Unlearning.record(in: ledger)
    #expect(try ledger.dump() == dump)
    #expect(try ledger.logRoot().root == root)
  }

  @Test("an unlearning of the same id and other content is refused", arguments: 0..<20)
  func different(_ change: Int) throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    let dump = try ledger.dump()
    var other = Unlearning.row()
    switch change {
    case 0: other.plan.append(10)
    case 1: other.settings += " "
    case 2: other.seeds.swapAt(0, 1)
    case 3: other.base = TrainingExample.model("x")
    case 4: other.result = nil
    case 5: other.steps += 1
    case 6: other.files.swapAt(0, 1)
    case 7: other.files[0].use = .retain
    case 8: other.documents.swapAt(0, 1)
    case 9: other.documents[0].term = "x"
    case 10: other.neededItems = 3
    case 11: other.confidence = 0.9
    case 12: other.constraints[0].upper = nil
    case 13: other.constraints[0].value = other.constraints[0].value.nextUp
    case 14: other.constraints[1].verdict = .notMet
    case 15: other.duals.removeLast()
    case 16: other.duals[1].dual = other.duals[1].dual.nextUp
    case 17: other.retained = [other.documents.removeLast()]
    case 18: other.retained = [.init(term: "toxins", digest: .zero)]
    default: other.code.libraries += "x"
    }
    let error = #expect(throws: LedgerError.self) {
      try ledger.record(other, on: EvaluationExample.machine)
    }
    #expect(error?.code == .differentRun && error?.consequence == .usage)
    #expect(try ledger.dump() == dump)
  }

  @Test("what did not meet its boundary cannot be kept") func onlyWhatMet() throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder)
    #expect(throws: DatabaseError.self) {
      try ledger.queue.write { db in
        try db.execute(
          sql: """
            INSERT INTO unlearning SELECT 99, 'x', plan, settings, base, base, steps,
              forget_documents, forget_root, verdict, needed_items, confidence, code_version,
              machine, zeroblob(32), at_us FROM unlearning WHERE name = 'dead'
            """)
      }
    }
  }

  @Test("a ledger without unlearning is read as it is") func earlier() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    let dump: String
    do {
      let ledger = try NearExample.finished(in: folder)
      try TrainingExample.record(in: ledger)
      dump = try ledger.dump()
      try ledger.queue.write { db in
        for table in LedgerSchema.tablesOfUnlearning.reversed() {
          try db.execute(sql: "DROP TABLE \(table)")
        }
        try db.execute(
          sql: "DELETE FROM grdb_migrations WHERE identifier = ?",
          arguments: [LedgerSchema.unlearningMigration])
      }
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    let reader = try Ledger(reading: path)
    try reader.verify()
    #expect(try reader.dump() == dump)
    #expect(try reader.unlearnings().isEmpty)
    #expect(try reader.unlearnings(given: .zero).isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    try reader.close()
    let writer = try Ledger(creating: path)
    try Unlearning.record(in: writer)
    try writer.verify()
    #expect(try writer.unlearnings() == Unlearning.all)
  }
}
