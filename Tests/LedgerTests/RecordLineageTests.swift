import Foundation
import Streams
import TestSupport
import Testing

@testable import Ledger

@Suite struct RecordLineageTests {
  /// A decision file of these records, numbered anew.
  static func file(
    _ records: [DecisionRecord], named name: String, in folder: TemporaryFolder
  ) throws -> (path: String, expected: Artefact) {
    let bytes = Example.bytes(
      of: records.enumerated().map {
        var record = $1
        record.row = UInt64($0)
        return record
      })
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file(name)))
    return (
      folder.file(name),
      Artefact(sha256: Digest256(hashing: bytes), bytes: Int64(bytes.count))
    )
  }

  static func records(_ count: Int, keeping share: Int, seed: UInt64) -> [DecisionRecord] {
    var random = SeededGenerator(seed: seed)
    return (0..<count).map { row in
      var record = DecisionRecord(
        verdict: .kept, row: UInt64(row), digest: Example.digest("\(seed) \(row)"),
        idHash: UInt64(row), textLength: 1)
      if Int.random(in: 0..<10, using: &random) >= share {
        record.verdict = [.dropped, .duplicate, .quarantined].randomElement(using: &random)!
        record.reason = 1
      }
      return record
    }
  }

  /// What a takedown says of the documents that were kept before it.
  static func takedown(of records: [DecisionRecord], seed: UInt64) -> [DecisionRecord] {
    var random = SeededGenerator(seed: seed)
    return records.filter { $0.verdict == .kept }.map {
      var record = $0
      if Int.random(in: 0..<5, using: &random) == 0 {
        (record.verdict, record.reason) = (.dropped, 1)
      }
      return record
    }
  }

  @Test("every document's fate through three runs, against lists", arguments: [0, 1, 5, 9000])
  func fates(count: Int) throws {
    let folder = try TemporaryFolder()
    let first = Self.records(count, keeping: 7, seed: 3)
    let second = Self.takedown(of: first, seed: 4)
    let third = Self.takedown(of: second, seed: 5)
    let lineage = try RecordLineage([
      Self.file(first, named: "1", in: folder), Self.file(second, named: "2", in: folder),
      Self.file(third, named: "3", in: folder),
    ])
    let left = third.filter { $0.verdict == .kept }.map(\.digest)
    let goneFirst = second.filter { $0.verdict != .kept }.map(\.digest)
    let goneSecond = third.filter { $0.verdict != .kept }.map(\.digest)
    var seen = 0
    while let document = try lineage.next() {
      #expect(document.record == first[seen])
      let digest = document.record.digest
      switch (document.partRow, document.gone) {
      case (let row?, nil): #expect(left[Int(row)] == digest)
      case (nil, let gone?):
        #expect((gone.step == 1 ? goneFirst : goneSecond).contains(digest))
        #expect(gone.record.digest == digest && gone.record.verdict == .dropped)
      default: #expect(document.record.verdict != .kept)
      }
      seen += 1
    }
    #expect(seen == count)
    #expect(try lineage.next() == nil)
  }

  @Test("files that do not continue each other are refused") func strangers() throws {
    let folder = try TemporaryFolder()
    let first = Self.records(100, keeping: 7, seed: 3)
    let second = Self.takedown(of: first, seed: 4)
    var (other, longer, shorter, swapped) = (second, second, second, second)
    other[20].digest = Example.digest("other")
    longer.append(second[0])
    shorter.removeLast()
    swapped.swapAt(3, 4)
    for (index, changed) in [other, longer, shorter, swapped].enumerated() {
      let lineage = try RecordLineage([
        Self.file(first, named: "1", in: folder), Self.file(changed, named: "2", in: folder),
      ])
      let error = #expect(throws: LedgerError.self, "\(index)") {
        while try lineage.next() != nil {}
      }
      #expect(error?.code == .altered && error?.consequence == .findings)
    }
  }

  @Test("ids around the borders of reads; a changed or cut file is refused") func ids() throws {
    let folder = try TemporaryFolder()
    var random = SeededGenerator(seed: 8)
    var bytes: [UInt8] = []
    var ids: [[UInt8]?] = []
    for row in 0..<3000 {
      let length = row % 700 == 5 ? 300_000 : Int.random(in: 0...300, using: &random)
      let id = row % 5 == 0 ? nil : (0..<length).map { UInt8(truncatingIfNeeded: $0 + row) }
      withUnsafeBytes(of: (id.map { UInt32($0.count) } ?? .max).littleEndian) { bytes += $0 }
      bytes += id ?? []
      ids.append(id)
    }
    let path = folder.file("ids")
    func read(_ bytes: [UInt8]) throws -> Int {
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let reader = try DocumentIDReader(path: path)
      for (row, id) in ids.enumerated() {
        let hash = id?.withUnsafeBytes { DecisionRecord.hash(ofID: $0) }
        let record = DecisionRecord(
          verdict: .kept, flags: id == nil ? [] : .hasID, row: UInt64(row), digest: .zero,
          idHash: hash ?? 0, textLength: 0)
        let found = try reader.next(for: record)
        #expect(found.map { Array($0) } == id)
      }
      return ids.count
    }
    #expect(try read(bytes) == 3000)
    for position in stride(from: 0, to: bytes.count, by: bytes.count / 40) {
      var changed = bytes
      changed[position] ^= 4
      let error = #expect(throws: LedgerError.self) { try read(changed) }
      #expect(error?.code == .altered)
      #expect(throws: LedgerError.self) { try read(Array(bytes[..<position])) }
    }
  }
}
