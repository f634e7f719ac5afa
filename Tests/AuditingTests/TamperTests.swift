import Foundation
import Ledger
import Streams
import Testing

@testable import Auditing

@Suite struct TamperTests {
  @Test("no byte of a decision file changes unseen") func everyByte() throws {
    let fixture = try OutputFixture([("a.jsonl", AuditTests.shards[0].documents)])
    let file = fixture.decisions("a.jsonl", "records")
    let whole = try Data(contentsOf: file)
    let audit = try Audit(output: fixture.folder)
    #expect(try audit.trace(id: "first").count == 1)
    for index in whole.indices {
      var changed = whole
      changed[index] ^= 0x10
      try changed.write(to: file)
      let error = #expect(throws: AuditError.self, "byte \(index)") {
        try audit.trace(id: "first")
      }
      #expect(error?.code == .changedDecisions && error?.consequence == .findings)
      #expect(error?.description.contains("was changed after the run") == true)
    }
    for changed in [whole.dropLast(), whole.dropLast(64), whole + whole.prefix(64), Data()] {
      try changed.write(to: file)
      #expect(throws: AuditError.self) { try audit.trace(id: "first") }
    }
    try whole.write(to: file)
    #expect(try audit.trace(id: "first").count == 1)
  }

  @Test("two records that change places are seen") func swapped() throws {
    let fixture = try OutputFixture([("a.jsonl", AuditTests.shards[0].documents)])
    let file = fixture.decisions("a.jsonl", "records")
    let whole = try Data(contentsOf: file)
    try (whole[64..<128] + whole[0..<64] + whole[128...]).write(to: file)
    #expect(throws: AuditError.self) {
      try Audit(output: fixture.folder).trace(text: Array("nobody's".utf8))
    }
  }

  @Test("an id that is asked for and was changed is seen; a cut file too") func ids() throws {
    let fixture = try OutputFixture(AuditTests.shards)
    let file = fixture.decisions("a.jsonl", "ids")
    let whole = try Data(contentsOf: file)
    let audit = try Audit(output: fixture.folder)
    // "first" lies in bytes 4..<9.
    for index in 0..<9 {
      var changed = whole
      changed[index] ^= 0x01
      try changed.write(to: file)
      let error = #expect(throws: AuditError.self, "byte \(index)") { try audit.trace(id: "first") }
      #expect(error?.code == .changedIDs)
      #expect(error?.description.contains("first") == false)
    }
    for length in [0, 3, 8] {
      try whole.prefix(length).write(to: file)
      #expect(
        #expect(throws: AuditError.self) { try audit.trace(id: "first") }?.code == .changedIDs)
    }
    var none = whole
    none.replaceSubrange(0..<9, with: [255, 255, 255, 255])
    try none.write(to: file)
    #expect(throws: AuditError.self) { try audit.trace(id: "first") }
  }

  @Test("a missing file is said, with its name") func missing() throws {
    for ending in ["records", "ids"] {
      let fixture = try OutputFixture(AuditTests.shards)
      try FileManager.default.removeItem(at: fixture.decisions("e.jsonl.gz", ending))
      let error = #expect(throws: AuditError.self) {
        try Audit(output: fixture.folder).trace(id: "first")
      }
      #expect(error?.code == .missing && error?.consequence == .findings)
      #expect(error?.description.contains("e.jsonl.gz.\(ending)") == true)
    }
  }

  @Test("a ledger whose decision says something else is seen") func ledger() throws {
    let fixture = try OutputFixture(AuditTests.shards)
    let sqlite = fixture.folder + "/ledger.sqlite"
    let whole = try Data(contentsOf: URL(fileURLWithPath: sqlite))
    // The digest of the dropped document lies once in the ledger: in its decision.
    let digest = Data(Digest256(hashing: Array("veltrin and orrin".utf8)).bytes)
    let place = try #require(whole.range(of: digest))
    var changed = whole
    changed[place.lowerBound] ^= 1
    try changed.write(to: URL(fileURLWithPath: sqlite))
    #expect(throws: LedgerError.self) {
      try Audit(output: fixture.folder).trace(id: "second")
    }
    #expect(throws: LedgerError.self) { try Audit(output: fixture.folder).summary() }
    // Without the ledger's own hashes, the answer is compared with the decision file.
    let audit = try Audit(output: fixture.folder, verifying: false)
    #expect(
      #expect(throws: AuditError.self) { try audit.trace(id: "second") }?.code == .changedLedger)
    #expect(try audit.trace(id: "first").count == 3)
  }

  @Test("a decision file changed together with its hash is seen by the run's root")
  func consistentChange() throws {
    let fixture = try OutputFixture(AuditTests.shards)
    let file = fixture.decisions("e.jsonl.gz", "records")
    var records = try Data(contentsOf: file)
    let before = Data(Digest256(hashing: Array(records)).bytes)
    // The kept document in row 2 gets another text.
    records[2 * 64 + 16] ^= 1
    try records.write(to: file)
    let after = Data(Digest256(hashing: Array(records)).bytes)
    let sqlite = URL(fileURLWithPath: fixture.folder + "/ledger.sqlite")
    var ledger = try Data(contentsOf: sqlite)
    var changes = 0
    while let place = ledger.range(of: before) {
      ledger.replaceSubrange(place, with: after)
      changes += 1
    }
    #expect(changes > 0)
    try ledger.write(to: sqlite)
    let error = #expect(throws: LedgerError.self) {
      try Audit(output: fixture.folder).trace(id: "first")
    }
    #expect(error?.code == .altered && error?.consequence == .findings)
  }

  @Test("an unfinished run answers nothing: the document may be still to come") func unfinished()
    throws
  {
    let fixture = try OutputFixture(AuditTests.shards, finish: false)
    let audit = try Audit(output: fixture.folder)
    let error = #expect(throws: AuditError.self) { try audit.trace(id: "first") }
    #expect(error?.code == .unfinishedRun && error?.consequence == .usage)
    #expect(error?.description.contains("2 of 3 shards") == true)
    #expect(try audit.summary().shards == 2)
  }

  @Test("a folder without a ledger is no output") func noLedger() throws {
    let error = #expect(throws: LedgerError.self) { try Audit(output: "/nonexistent") }
    #expect(error?.code == .missing && error?.consequence == .input)
  }
}
