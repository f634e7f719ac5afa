internal import Corpus
internal import Foundation
internal import Ledger
internal import Streams

/// Turns what judging and resolving said about a batch into records, kept ranges and quarantine
/// entries. Pure: it depends on nothing but the item.
struct Assembly {
  let context: StageContext
  let shard: Shard
  /// From where on the bytes of the shard are in doubt.
  let doubt: (from: Int64, reason: UInt16)?

  /// The final word on one row.
  func decide(_ row: JudgedRow, _ number: UInt64, _ resolution: Resolution?) -> DecisionRecord {
    var record = DecisionRecord(
      verdict: .kept, flags: [], reason: 0, row: number, digest: row.digest, idHash: row.idHash,
      textLength: row.textLength, rule: 0)
    if row.hasID { record.flags.insert(.hasID) }
    switch row.outcome {
    case .issue:
      record.verdict = .quarantined
      if row.reason != context.reasons.number(.unscored) && !row.isSetApart {
        record.flags.insert(.unreadable)
      }
    case .quarantined: record.verdict = .quarantined
    case .dropped: record.verdict = .dropped
    case .tagged: record.flags.insert(.tagged)
    case .clean: break
    }
    if row.isAccepted, let resolution {
      record.verdict = verdict(of: resolution)
      record.reason = context.reasons.number(resolution.reason)
    } else {
      record.reason = row.reason
      record.rule = row.rule
    }
    return record
  }

  private func verdict(of resolution: Resolution) -> Verdict {
    guard resolution.reason == .contagion else { return .duplicate }
    return context.plan.contagion == .drop ? .dropped : .quarantined
  }

  /// Fills the item.
  func assemble(_ item: WriteItem) {
    var cursor = item.resolutions.startIndex
    for index in 0..<item.judged.rowCount {
      let row = item.judged.row(index, offset: item.batch.offset, doubt: doubt)
      let number = item.firstRow + UInt64(index)
      var resolution: Resolution?
      if cursor < item.resolutions.endIndex && item.resolutions[cursor].row == number {
        resolution = item.resolutions[cursor]
        cursor += 1
      }
      let record = decide(row, number, resolution)
      append(record, to: item)
      count(record, row, in: &item.tally)
      let range = Int(row.start)..<Int(row.start) + Int(row.length)
      if record.verdict == .kept {
        keep(range, in: item)
      } else if record.verdict == .quarantined {
        quarantine(record, row, range, in: item)
      }
    }
    precondition(cursor == item.resolutions.endIndex, "a duplicate's row is a row of its batch")
    item.tally.bytesRead = Int64(item.batch.block.count)
  }

  private func append(_ record: DecisionRecord, to item: WriteItem) {
    let target = item.records.room(atLeast: DecisionRecord.byteCount)
    record.write(to: target)
    item.leaves.append(
      MerkleTree.hash(
        leaf: UnsafeRawBufferPointer(rebasing: target[..<DecisionRecord.byteCount])))
    item.records.didWrite(DecisionRecord.byteCount)
  }

  private func count(_ record: DecisionRecord, _ row: JudgedRow, in tally: inout Tally) {
    tally.read += 1
    tally.verdicts[Int(record.verdict.rawValue)] += 1
    if record.verdict == .kept {
      tally.bytesKept += Int64(row.length)
      if record.flags.contains(.tagged) { tally.tagged += 1 }
    } else {
      tally.reasons[Int(record.reason) - 1] += 1
    }
  }

  private func keep(_ range: Range<Int>, in item: WriteItem) {
    if let last = item.keptRanges.last, last.upperBound == range.lowerBound {
      item.keptRanges[item.keptRanges.count - 1] = last.lowerBound..<range.upperBound
    } else if !range.isEmpty {
      item.keptRanges.append(range)
    }
  }

  private func quarantine(
    _ record: DecisionRecord, _ row: JudgedRow, _ range: Range<Int>, in item: WriteItem
  ) {
    let content = item.batch.block.bytes(range.lowerBound..<range.upperBound - Int(row.lineEnd))
    item.quarantine += QuarantineEntry(
      shard: shard.name, row: record.row, offset: item.batch.offset + Int64(range.lowerBound),
      reason: context.reasons.names[Int(record.reason) - 1], sha256: record.digest
    ).line(content)
  }
}
