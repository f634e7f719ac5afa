internal import Corpus
internal import Foundation
internal import Streams

/// What judging found out about one record; 64 bytes in the intermediate files.
///
/// A row is no verdict: whether a document is a duplicate is known only when all are judged.
struct JudgedRow {
  /// What the screens, or the reader, want done with the record.
  enum Outcome: UInt8 {
    case clean = 0
    case tagged
    case quarantined
    case dropped
    /// The record could not be judged.
    case issue
  }

  static let byteCount = 64

  var digest = Digest256.zero
  var idHash: UInt64 = 0
  /// Where the record begins in its batch.
  var start: UInt32 = 0
  /// Its bytes with the line end.
  var length: UInt32 = 0
  var textLength: UInt32 = 0
  /// 1-based index into the run's rules; 0 for none.
  var rule: UInt32 = 0
  /// 1-based index into the run's reasons; 0 for none.
  var reason: UInt16 = 0
  var outcome = Outcome.clean
  var hasID = false
  /// Bytes of the line end.
  var lineEnd: UInt8 = 0
  /// A hazard screen had it dropped or quarantined, whichever screen names the reason.
  var isHazardous = false
  /// Its text has a word: it may be a near duplicate.
  var hasWords = false
  /// It was read, but its frame is not vouched for. Not stored: the shard's summary tells.
  var isSetApart = false

  init() {}

  /// Neither dropped nor quarantined: it may be kept, and stand for others.
  var isAccepted: Bool { outcome == .clean || outcome == .tagged }

  init(reading bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == JudgedRow.byteCount, "a judged row has 64 bytes")
    digest = Digest256(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<32]))
    idHash = bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self)
    start = bytes.loadUnaligned(fromByteOffset: 40, as: UInt32.self)
    length = bytes.loadUnaligned(fromByteOffset: 44, as: UInt32.self)
    textLength = bytes.loadUnaligned(fromByteOffset: 48, as: UInt32.self)
    rule = bytes.loadUnaligned(fromByteOffset: 52, as: UInt32.self)
    reason = bytes.loadUnaligned(fromByteOffset: 56, as: UInt16.self)
    guard let outcome = Outcome(rawValue: bytes[58]) else {
      preconditionFailure("an intermediate file was checked before it is read")
    }
    self.outcome = outcome
    hasID = bytes[59] != 0
    lineEnd = bytes[60]
    isHazardous = bytes[61] & 1 != 0
    hasWords = bytes[61] & 2 != 0
  }

  func append(to block: ByteBlock) {
    let target = block.room(atLeast: JudgedRow.byteCount)
    digest.copy(to: target)
    target.storeBytes(of: idHash, toByteOffset: 32, as: UInt64.self)
    target.storeBytes(of: start, toByteOffset: 40, as: UInt32.self)
    target.storeBytes(of: length, toByteOffset: 44, as: UInt32.self)
    target.storeBytes(of: textLength, toByteOffset: 48, as: UInt32.self)
    target.storeBytes(of: rule, toByteOffset: 52, as: UInt32.self)
    target.storeBytes(of: reason, toByteOffset: 56, as: UInt16.self)
    target[58] = outcome.rawValue
    target[59] = hasID ? 1 : 0
    target[60] = lineEnd
    target[61] = (isHazardous ? 1 : 0) | (hasWords ? 2 : 0)
    target[62] = 0
    target[63] = 0
    block.didWrite(JudgedRow.byteCount)
  }
}

/// A match of a rule in the text of a judged record.
struct JudgedMatch {
  static let byteCount = 24

  /// The record, counted in its batch.
  var record: UInt32
  /// 1-based index into the run's rules.
  var rule: UInt32
  /// Bytes of the text before it.
  var start: UInt64
  /// Its bytes.
  var length: UInt32
}
