@testable import Corpus
@testable import Curation
import Foundation
import Ledger
import Streams
import TestSupport
import Testing

@Suite("Verdicts") struct AssemblyTests {
  private func withAssembly(
    doubt: Int64? = nil, _ body: (Assembly) throws -> Void
  ) throws {
    try withScratchFolder { folder throws in
      let shard = Example.shard("a.jsonl")
      let context = try Example.context(Example.plan(in: folder), [shard], in: folder)
      let reason = context.reasons.number(.corruptStream)
      try body(
        Assembly(context: context, shard: shard, doubt: doubt.map { ($0, reason) }))
    }
  }

  @Test("each outcome, with and without a survivor elsewhere")
  func table() throws {
    try withAssembly { assembly throws in
      let reasons = assembly.context.reasons
      let screen = reasons.number(screenReason: 0)
      let survivor = Resolution.Place(shard: 0, row: 2)
      struct Case {
        var row: JudgedRow
        var verdict: Verdict
        var flags: DecisionRecord.Flags
        var reason: UInt16
        var rule: UInt32 = 0
        var duplicate: Verdict
      }
      let cases = [
        Case(
          row: Example.row(.clean, "t", id: "i"), verdict: .kept, flags: .hasID, reason: 0,
          duplicate: .duplicate),
        Case(
          row: Example.row(.tagged, "t", reason: screen, rule: 2), verdict: .kept,
          flags: .tagged, reason: screen, rule: 2, duplicate: .duplicate),
        Case(
          row: Example.row(.quarantined, "t", id: "i", reason: screen, rule: 1),
          verdict: .quarantined, flags: .hasID, reason: screen, rule: 1, duplicate: .quarantined),
        Case(
          row: Example.row(.dropped, "t", reason: screen, rule: 1), verdict: .dropped, flags: [],
          reason: screen, rule: 1, duplicate: .dropped),
        Case(
          row: Example.row(.issue, "t", reason: reasons.number(.invalidJSON)),
          verdict: .quarantined, flags: .unreadable, reason: reasons.number(.invalidJSON),
          duplicate: .quarantined),
        // It was read: its digest is that of its text.
        Case(
          row: Example.row(.issue, "t", id: "i", reason: reasons.number(.unscored)),
          verdict: .quarantined, flags: .hasID, reason: reasons.number(.unscored),
          duplicate: .quarantined),
      ]
      for expected in cases {
        let alone = assembly.decide(expected.row, 9, nil)
        let record = DecisionRecord(
          verdict: expected.verdict, flags: expected.flags, reason: expected.reason, row: 9,
          digest: expected.row.digest, idHash: expected.row.idHash, textLength: 1,
          rule: expected.rule)
        #expect(alone == record, "\(expected.row.outcome)")
        for reason in ReasonTable.Duplicates.allCases {
          let again = assembly.decide(
            expected.row, 9, Resolution(row: 9, reason: reason, survivor: survivor))
          var changed = record
          if expected.duplicate == .duplicate {
            changed.verdict = reason == .contagion ? .quarantined : .duplicate
            changed.reason = reasons.number(reason)
            changed.rule = 0
          }
          #expect(again == changed, "\(expected.row.outcome), \(reason)")
        }
      }
    }
  }

  @Test("every reason has its own number") func reasons() throws {
    try withAssembly { assembly throws in
      let reasons = assembly.context.reasons
      #expect(
        reasons.names == RecordIssue.allCases.map(\.rawValue) + [
          "blocklist/invented@3", "blocklist/mentions@1", "exact-duplicate", "near-duplicate",
          "contagion",
        ])
      #expect(Set(reasons.names).count == reasons.names.count)
      for issue in RecordIssue.allCases {
        #expect(reasons.names[Int(reasons.number(issue)) - 1] == issue.rawValue)
        #expect(reasons.isUnreadable(Int(reasons.number(issue)) - 1))
      }
      let mentions = Int(reasons.number(screenReason: 1)) - 1
      #expect(reasons.names[mentions] == "blocklist/mentions@1")
      #expect(!reasons.isUnreadable(mentions))
      for reason in ReasonTable.Duplicates.allCases {
        #expect(reasons.names[Int(reasons.number(reason)) - 1] == reason.rawValue)
      }
    }
  }

  /// A batch of random lines, judged at random.
  private func item(
    _ assembly: Assembly, _ random: inout SeededGenerator, _ rows: inout [JudgedRow]
  ) -> WriteItem {
    let reasons = assembly.context.reasons
    var bytes: [UInt8] = []
    var resolutions: [Resolution] = []
    for number in 0..<Int.random(in: 1...30, using: &random) {
      // An empty line here and there, which is no record.
      if Int.random(in: 0..<4, using: &random) == 0 { bytes.append(0x0A) }
      let content = Array("record \(random.next())".utf8)
      let ending: [UInt8] = [[0x0A], [0x0D, 0x0A]].randomElement(using: &random) ?? []
      let outcome: [JudgedRow.Outcome] = [.clean, .clean, .tagged, .quarantined, .dropped, .issue]
      var row = Example.row(
        outcome.randomElement(using: &random) ?? .clean, "\(number)", reason: 0)
      switch row.outcome {
      case .clean: break
      case .issue: row.reason = reasons.number(.invalidUTF8)
      default: row.reason = reasons.number(screenReason: 0)
      }
      row.start = UInt32(bytes.count)
      row.length = UInt32(content.count + ending.count)
      row.lineEnd = UInt8(ending.count)
      bytes += content + ending
      rows.append(row)
      let mayBeDuplicate = row.outcome == .clean || row.outcome == .tagged
      if mayBeDuplicate && Int.random(in: 0..<3, using: &random) == 0 {
        let reason = ReasonTable.Duplicates.allCases.randomElement(using: &random) ?? .exact
        resolutions.append(
          Resolution(
            row: 50 + UInt64(number), reason: reason,
            survivor: reason == .contagion ? nil : Resolution.Place(shard: 0, row: 1)))
      }
    }
    let judged = JudgedBlock.justWritten(Example.judged(rows, byteCount: bytes.count))
    return WriteItem(
      Example.batch(bytes, index: 2, offset: 1000), judged, firstRow: 50, resolutions: resolutions,
      reasons: reasons.names.count)
  }

  @Test("random batches: what is written is what was decided", arguments: 0..<12)
  func batches(seed: UInt64) throws {
    try withAssembly { assembly throws in
      var random = SeededGenerator(seed: seed)
      var rows: [JudgedRow] = []
      let item = item(assembly, &random, &rows)
      assembly.assemble(item)
      let bytes = Array(item.batch.block.bytes)
      let decided = rows.enumerated().map { index, row in
        assembly.decide(
          row, 50 + UInt64(index), item.resolutions.first { $0.row == 50 + UInt64(index) })
      }
      // Decision records, their leaves, and the exceptions among them.
      let size = DecisionRecord.byteCount
      #expect(item.records.count == size * rows.count)
      for (index, record) in decided.enumerated() {
        let encoded = item.records.bytes(index * size..<(index + 1) * size)
        #expect(try DecisionRecord(reading: encoded) == record)
        #expect(item.leaves[index] == MerkleTree.hash(leaf: encoded))
      }
      #expect(item.leaves.count == rows.count)
      #expect(item.exceptions == decided.filter { $0.verdict != .kept })
      // Kept bytes, record by record.
      let kept = zip(rows, decided).filter { $0.1.verdict == .kept }.map(\.0)
      let expected = kept.flatMap { bytes[Int($0.start)..<Int($0.start) + Int($0.length)] }
      #expect(item.keptRanges.flatMap { bytes[$0] } == expected)
      for (left, right) in zip(item.keptRanges, item.keptRanges.dropFirst()) {
        #expect(left.upperBound < right.lowerBound, "neighbours are joined")
      }
      // Counts.
      let tally = item.tally
      #expect(tally.read == Int64(rows.count))
      for verdict in Verdict.allCases {
        let count = decided.count { $0.verdict == verdict }
        #expect(tally.verdicts[Int(verdict.rawValue)] == Int64(count))
      }
      #expect(tally.reasons.reduce(0, +) == Int64(item.exceptions.count))
      #expect(tally.bytesRead == Int64(bytes.count))
      #expect(tally.bytesKept == Int64(expected.count))
      #expect(
        tally.tagged
          == Int64(decided.count { $0.verdict == .kept && $0.flags.contains(.tagged) }))
      try expectQuarantine(item, rows, decided, bytes, assembly.context.reasons)
    }
  }

  private func expectQuarantine(
    _ item: WriteItem, _ rows: [JudgedRow], _ decided: [DecisionRecord], _ bytes: [UInt8],
    _ reasons: ReasonTable
  ) throws {
    let lines = item.quarantine.split(separator: 0x0A)
    let apart = decided.indices.filter { decided[$0].verdict == .quarantined }
    #expect(lines.count == apart.count)
    for (line, index) in zip(lines, apart) {
      let entry = try #require(
        try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      let row = rows[index]
      let content = bytes[
        Int(row.start)..<Int(row.start) + Int(row.length) - Int(row.lineEnd)]
      #expect(entry["shard"] as? String == "a.jsonl")
      #expect(entry["row"] as? Int == 50 + index)
      #expect(entry["offset"] as? Int == 1000 + Int(row.start))
      #expect(entry["raw"] as? String == Data(content).base64EncodedString())
      #expect(entry["bytes"] as? Int == content.count)
      #expect(entry["cut"] as? Bool == false)
      #expect(entry["sha256"] as? String == row.digest.hex)
      let reason = reasons.names[Int(decided[index].reason) - 1]
      #expect(entry["reason"] as? String == reason)
      #expect((row.isAccepted) == (reason == "contagion"))
    }
  }

  @Test("records in doubt are set apart, whatever was said of them")
  func doubt() throws {
    try withAssembly(doubt: 1000) { assembly throws in
      var random = SeededGenerator(seed: 77)
      var rows: [JudgedRow] = []
      let item = item(assembly, &random, &rows)
      // The resolver sees the same doubt: there are no duplicates among them.
      let undisputed = WriteItem(
        item.batch, item.judged, firstRow: 50, resolutions: [],
        reasons: assembly.context.reasons.names.count)
      assembly.assemble(undisputed)
      let corrupt = Int(assembly.context.reasons.number(.corruptStream))
      let invalid = Int(assembly.context.reasons.number(.invalidUTF8))
      #expect(undisputed.keptRanges.isEmpty)
      #expect(undisputed.exceptions.count == rows.count)
      for (record, row) in zip(undisputed.exceptions, rows) {
        #expect(record.verdict == .quarantined)
        #expect(Int(record.reason) == (row.outcome == .issue ? invalid : corrupt))
        #expect(record.flags.contains(.unreadable) == (row.outcome == .issue))
      }
    }
  }

  @Test("a quarantine entry is cut at 64 KiB and says so") func longEntry() throws {
    for count in [0, QuarantineEntry.byteLimit, QuarantineEntry.byteLimit + 1] {
      let content = [UInt8](repeating: 0xFF, count: count)
      let entry = QuarantineEntry(
        shard: "a \"b\".jsonl", row: .max, offset: .max, reason: "invalid-utf8",
        sha256: Digest256(hashing: content))
      let line = content.withUnsafeBytes { entry.line($0) }
      #expect(line.last == 0x0A)
      #expect(!line.dropLast().contains(0x0A))
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
      #expect(object["shard"] as? String == "a \"b\".jsonl")
      #expect((object["row"] as? NSNumber)?.uint64Value == .max)
      #expect(object["bytes"] as? Int == count)
      #expect(object["cut"] as? Bool == (count > QuarantineEntry.byteLimit))
      let raw = try #require((object["raw"] as? String).flatMap { Data(base64Encoded: $0) })
      #expect(raw == Data(content.prefix(65_536)))
    }
  }
}
