internal import Foundation
internal import Streams

/// A record's place in a batch.
public struct RecordSpan: Sendable, Equatable {
  /// Where it begins in the batch.
  public var start: Int
  /// Behind its last byte of content: no line end, no carriage return.
  public var contentEnd: Int
  /// Behind its line end: what is copied when it is kept.
  public var end: Int
  /// What is wrong with it as a whole.
  public var issue: RecordIssue?
}

/// Cuts batches into records. An empty line is no record, nor is one with only a carriage return.
public enum RecordCutter {
  /// The bytes that begin a UTF-8 file that says so.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Calls `body` with each record of the batch, in order.
  public static func forEachRecord(
    in batch: Batch, format: ShardFormat, _ body: (RecordSpan) throws -> Void
  ) rethrows {
    let bytes = batch.block.bytes
    switch format {
    case .jsonLines:
      // The mark belongs to the file, not to its first record.
      let marked = batch.offset == 0 && bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0
      try cutLines(batch, bytes, from: max(marked, batch.continuation), body)
    case .text:
      try cutWhole(batch, bytes, body)
    }
  }

  private static func cutLines(
    _ batch: Batch, _ bytes: UnsafeRawBufferPointer, from first: Int,
    _ body: (RecordSpan) throws -> Void
  ) rethrows {
    var start = first
    while start < bytes.count {
      let base = bytes.baseAddress.unsafelyUnwrapped
      let found = memchr(base + start, 0x0A, bytes.count - start)
      let lineFeed = found.map { UnsafeRawPointer($0) - base }
      if lineFeed == nil && (batch.damage != nil || batch.isCutShort) { break }
      let end = lineFeed.map { $0 + 1 } ?? bytes.count
      var contentEnd = lineFeed ?? bytes.count
      if contentEnd > start && bytes[contentEnd - 1] == 0x0D { contentEnd -= 1 }
      if contentEnd > start {
        let tooLong = contentEnd - start > Batch.recordLimit
        try body(
          RecordSpan(
            start: start, contentEnd: contentEnd, end: end, issue: tooLong ? .tooLong : nil))
      }
      start = end
    }
    try unfinished(batch, bytes, from: start, body)
  }

  /// What stands behind the last line end of a batch that is cut short or damaged.
  private static func unfinished(
    _ batch: Batch, _ bytes: UnsafeRawBufferPointer, from start: Int,
    _ body: (RecordSpan) throws -> Void
  ) rethrows {
    let isContinuation = batch.continuation == bytes.count && batch.continuation > 0
    if batch.isCutShort && !isContinuation {
      try body(
        RecordSpan(start: start, contentEnd: bytes.count, end: bytes.count, issue: .tooLong))
    } else if let damage = batch.damage {
      try body(
        RecordSpan(
          start: min(start, bytes.count), contentEnd: bytes.count, end: bytes.count,
          issue: RecordIssue(damage)))
    }
  }

  private static func cutWhole(
    _ batch: Batch, _ bytes: UnsafeRawBufferPointer, _ body: (RecordSpan) throws -> Void
  ) rethrows {
    var issue: RecordIssue?
    if let damage = batch.damage { issue = RecordIssue(damage) }
    if batch.index > 0 {
      // The rest of a record that is too long; only damage behind it is a record of its own.
      guard issue != nil else { return }
      try body(RecordSpan(start: 0, contentEnd: bytes.count, end: bytes.count, issue: issue))
      return
    }
    if batch.isCutShort { issue = .tooLong }
    try body(
      RecordSpan(start: 0, contentEnd: bytes.count, end: bytes.count, issue: issue))
  }
}
