@testable import Curation
import Foundation
import Streams
import TestSupport
import Testing

@Suite("Intermediate files") struct JudgedFileTests {
  private struct Content {
    var rows: [JudgedRow]
    var ids: [UInt8]
    var matches: [JudgedMatch]
    var tag: [UInt8]
    var byteCount: Int

    init(_ random: inout SeededGenerator, rows count: Int) {
      let outcomes: [JudgedRow.Outcome] = [.clean, .tagged, .quarantined, .dropped, .issue]
      rows = []
      ids = []
      matches = []
      var place: UInt32 = 0
      for record in 0..<count {
        var row = JudgedRow()
        row.digest = Example.digest("\(random.next())")
        row.idHash = random.next()
        row.start = place
        row.length = UInt32.random(in: 1..<9000, using: &random)
        place += row.length
        row.textLength = UInt32(truncatingIfNeeded: random.next())
        row.rule = UInt32(truncatingIfNeeded: random.next())
        row.reason = UInt16(truncatingIfNeeded: random.next())
        row.outcome = outcomes.randomElement(using: &random) ?? .clean
        row.hasID = Bool.random(using: &random)
        row.lineEnd = UInt8.random(in: 0...2, using: &random)
        rows.append(row)
        let id = (0..<Int.random(in: 0..<9, using: &random)).map { UInt8($0) }
        ids += withUnsafeBytes(of: UInt32(id.count).littleEndian) { Array($0) } + id
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
          matches.append(
            JudgedMatch(
              record: UInt32(record), rule: UInt32(truncatingIfNeeded: random.next()),
              start: random.next() >> 20, length: UInt32(truncatingIfNeeded: random.next())))
        }
      }
      tag = (0..<BatchSeal.tagByteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      byteCount = Int(place)
    }

    func bytes(batch: Int) -> [UInt8] {
      let block = Example.judged(
        rows, batch: batch, byteCount: byteCount, tag: tag, ids: ids, matches: matches)
      return Array(block.bytes)
    }
  }

  /// Every field of a row, in one text.
  private func fields(_ row: JudgedRow) -> String {
    "\(row.digest) \(row.idHash) \(row.start) \(row.length) \(row.textLength) \(row.rule) "
      + "\(row.reason) \(row.outcome) \(row.hasID) \(row.lineEnd) \(row.isSetApart)"
  }

  private func fields(_ match: JudgedMatch) -> String {
    "\(match.record) \(match.rule) \(match.start) \(match.length)"
  }

  private func expect(_ block: JudgedBlock, _ content: Content, batch: Int) {
    #expect(block.batch == batch)
    #expect(block.batchByteCount == content.byteCount)
    #expect(block.tag == content.tag)
    #expect(block.rowCount == content.rows.count)
    #expect(
      (0..<block.rowCount).map { fields(block.row($0)) } == content.rows.map { fields($0) })
    #expect(Array(block.ids) == content.ids)
    #expect(block.matches.map { fields($0) } == content.matches.map { fields($0) })
    #expect(block.byteCount == content.bytes(batch: batch).count)
  }

  @Test("blocks come back as they were written, from memory and from a file")
  func roundTrip() throws {
    var random = SeededGenerator(seed: 3)
    let contents = [0, 1, 2, 700].map { Content(&random, rows: $0) }
    let bytes = contents.enumerated().flatMap { $0.element.bytes(batch: $0.offset) }
    for (batch, content) in contents.enumerated() {
      let written = Example.block(content.bytes(batch: batch))
      expect(JudgedBlock.justWritten(written), content, batch: batch)
    }
    try withScratchFile(bytes) { path throws in
      let reader = try JudgedFileReader(path: path)
      var offset: Int64 = 0
      for (batch, content) in contents.enumerated() {
        #expect(reader.offset == offset)
        expect(try #require(try reader.next()), content, batch: batch)
        offset += Int64(content.byteCount)
      }
      #expect(try reader.next() == nil)
      #expect(reader.position == Int64(bytes.count))
      #expect(reader.offset == offset)
    }
  }

  @Test("a block with any byte changed is no block")
  func corruption() throws {
    var random = SeededGenerator(seed: 4)
    var content = Content(&random, rows: 2)
    if content.matches.isEmpty {
      content.matches = [JudgedMatch(record: 1, rule: 2, start: 3, length: 4)]
    }
    let bytes = content.bytes(batch: 5)
    try withScratchFolder { folder throws in
      let path = folder.path + "/rows"
      for index in bytes.indices {
        for change in [1 << UInt8(index % 8), 0xFF] as [UInt8] {
          var damaged = bytes
          damaged[index] ^= change
          try Data(damaged).write(to: URL(fileURLWithPath: path))
          #expect(try JudgedFileReader(path: path).next() == nil, "byte \(index) by \(change)")
        }
      }
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(try JudgedFileReader(path: path).next() != nil)
    }
  }

  @Test("a torn tail is not read, wherever it is torn")
  func tornTail() throws {
    var random = SeededGenerator(seed: 6)
    let blocks = (0..<3).map { Content(&random, rows: 2).bytes(batch: $0) }
    let bytes = blocks.flatMap { $0 }
    let ends = [0, blocks[0].count, blocks[0].count + blocks[1].count, bytes.count]
    try withScratchFolder { folder throws in
      let path = folder.path + "/rows"
      for length in 0...bytes.count {
        try Data(bytes[..<length]).write(to: URL(fileURLWithPath: path))
        let reader = try JudgedFileReader(path: path)
        var whole = 0
        while try reader.next() != nil { whole += 1 }
        #expect(whole == ends.lastIndex { $0 <= length }, "\(length) bytes")
        #expect(reader.position == Int64(ends[whole]))
        #expect(try reader.next() == nil)
      }
      for tail in [[0], [UInt8](repeating: 0, count: 500), Array(blocks[0].dropLast())] {
        try Data(bytes + tail).write(to: URL(fileURLWithPath: path))
        let reader = try JudgedFileReader(path: path)
        for _ in 0..<3 { #expect(try reader.next() != nil) }
        #expect(try reader.next() == nil)
        #expect(reader.position == Int64(bytes.count))
      }
    }
  }

  @Test("behind a damaged block nothing is read, though what follows is whole")
  func damageInside() throws {
    var random = SeededGenerator(seed: 8)
    let blocks = (0..<3).map { Content(&random, rows: 2).bytes(batch: $0) }
    var bytes = blocks.flatMap { $0 }
    bytes[blocks[0].count + JudgedBlock.headerByteCount] ^= 1
    try withScratchFile(bytes) { path throws in
      let reader = try JudgedFileReader(path: path)
      #expect(try reader.next()?.batch == 0)
      for _ in 0..<3 { #expect(try reader.next() == nil) }
      #expect(reader.position == Int64(blocks[0].count))
    }
  }

  @Test("the summary counts what passes and what does not")
  func summary() {
    let outcomes: [JudgedRow.Outcome] = [.clean, .tagged, .quarantined, .dropped, .issue, .clean]
    let rows = outcomes.enumerated().map { number, outcome in
      var row = Example.row(outcome, "text \(number)")
      row.length = UInt32(10 + number)
      return row
    }
    var judged = JudgedShard(
      rows: 1, batches: 1, fileSize: 0, bytes: 0, recordBytes: 5, refused: 1,
      compression: "none", damage: nil, trustedBytes: nil)
    JudgedBlock.justWritten(Example.judged(rows)).count(in: &judged)
    #expect(judged.rows == 7)
    #expect(judged.batches == 2)
    #expect(judged.recordBytes == 5 + 75)
    #expect(judged.refused == 4)
  }

  @Test("bytes in doubt: every row that reaches beyond them is set apart, but keeps its issue")
  func doubt() {
    var rows = [
      Example.row(.clean, "a"), Example.row(.tagged, "b", reason: 3, rule: 4),
      Example.row(.dropped, "c", reason: 3, rule: 4), Example.row(.issue, "d", reason: 2),
    ]
    for index in rows.indices {
      rows[index].start = UInt32(10 * index)
      rows[index].length = 10
    }
    let block = JudgedBlock.justWritten(Example.judged(rows))
    for trusted in 100...141 {
      for index in rows.indices {
        let row = block.row(index, offset: 100, doubt: (Int64(trusted), 8))
        let isSetApart = 100 + 10 * (index + 1) > trusted && rows[index].outcome != .issue
        #expect(row.isSetApart == isSetApart, "\(trusted) \(index)")
        #expect(row.outcome == (isSetApart ? .issue : rows[index].outcome))
        #expect(row.reason == (isSetApart ? 8 : rows[index].reason))
        #expect(row.rule == (isSetApart ? 0 : rows[index].rule))
        #expect(row.digest == rows[index].digest)
        #expect(fields(block.row(index, offset: 100, doubt: nil)) == fields(rows[index]))
      }
    }
  }
}
