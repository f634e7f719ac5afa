public import Streams

/// What was decided about one document, in 64 bytes.
///
/// A shard's decision file holds one per document in row order, nothing else; they are also the
/// leaves of the shard's ``MerkleTree``. All numbers are big-endian:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | `CDR1` |
/// | 4 | 1 | verdict |
/// | 5 | 1 | flags |
/// | 6 | 2 | reason |
/// | 8 | 8 | row |
/// | 16 | 32 | digest |
/// | 48 | 8 | idHash |
/// | 56 | 4 | textLength |
/// | 60 | 4 | rule |
public struct DecisionRecord: Equatable, Sendable {
  /// What else is to be known about a document.
  public struct Flags: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// The flags with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Its text differs from the input's: something was masked or cut out.
    public static let edited = Flags(rawValue: 1)
    /// A rule marks it for review; the mark stands here, not in the document.
    public static let tagged = Flags(rawValue: 2)
    /// No text could be read: the digest is that of the raw bytes.
    public static let unreadable = Flags(rawValue: 4)
    /// It has an id of its own.
    public static let hasID = Flags(rawValue: 8)

    /// The bits that have a meaning.
    static let known: Flags = [.edited, .tagged, .unreadable, .hasID]
  }

  /// What becomes of the document.
  public var verdict: Verdict
  /// What else is to be known about it.
  public var flags: Flags
  /// The 1-based index into the run's reasons; 0 for none.
  public var reason: UInt16
  /// The document's row in its shard, from 0 over the non-empty lines.
  public var row: UInt64
  /// The SHA-256 of the text; of the raw bytes where it is ``Flags/unreadable``.
  public var digest: Digest256
  /// The first 8 bytes of the SHA-256 of the id; 0 without one. Finds an id, never proves it.
  public var idHash: UInt64
  /// The bytes of the text in UTF-8; `UInt32.max` for that many or more.
  public var textLength: UInt32
  /// The 1-based index into the run's rules; 0 for none.
  public var rule: UInt32

  /// The bytes of a record.
  public static let byteCount = 64

  /// `CDR1`: Cordon's decision record, first layout.
  private static let magic: UInt32 = 0x4344_5231

  /// A record with these values.
  public init(
    verdict: Verdict, flags: Flags = [], reason: UInt16 = 0, row: UInt64, digest: Digest256,
    idHash: UInt64 = 0, textLength: UInt32, rule: UInt32 = 0
  ) {
    self.verdict = verdict
    self.flags = flags
    self.reason = reason
    self.row = row
    self.digest = digest
    self.idHash = idHash
    self.textLength = textLength
    self.rule = rule
  }

  /// The hash that a record holds for this id, given as UTF-8: the first 8 bytes of its SHA-256.
  public static func hash(ofID id: UnsafeRawBufferPointer) -> UInt64 {
    Digest256(hashing: id).words.0
  }

  /// Writes the record's 64 bytes to the start of `target`.
  ///
  /// - Precondition: `target` holds at least 64 bytes.
  public func write(to target: UnsafeMutableRawBufferPointer) {
    precondition(target.count >= DecisionRecord.byteCount, "a decision record has 64 bytes")
    target.storeBytes(of: DecisionRecord.magic.bigEndian, toByteOffset: 0, as: UInt32.self)
    target.storeBytes(of: verdict.rawValue, toByteOffset: 4, as: UInt8.self)
    target.storeBytes(of: flags.rawValue, toByteOffset: 5, as: UInt8.self)
    target.storeBytes(of: reason.bigEndian, toByteOffset: 6, as: UInt16.self)
    target.storeBytes(of: row.bigEndian, toByteOffset: 8, as: UInt64.self)
    digest.copy(to: UnsafeMutableRawBufferPointer(rebasing: target[16..<48]))
    target.storeBytes(of: idHash.bigEndian, toByteOffset: 48, as: UInt64.self)
    target.storeBytes(of: textLength.bigEndian, toByteOffset: 56, as: UInt32.self)
    target.storeBytes(of: rule.bigEndian, toByteOffset: 60, as: UInt32.self)
  }

  /// The record at the start of these bytes.
  ///
  /// - Throws: ``LedgerError`` where they are no record: another magic number, an unknown verdict
  ///   or flag, fewer than 64 bytes.
  public init(reading bytes: UnsafeRawBufferPointer) throws(LedgerError) {
    guard bytes.count >= DecisionRecord.byteCount else {
      throw LedgerError(malformedRecord: "it has \(bytes.count) of 64 bytes")
    }
    guard
      UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)) == DecisionRecord.magic
    else { throw LedgerError(malformedRecord: "it does not begin with CDR1") }
    guard let verdict = Verdict(rawValue: bytes[4]) else {
      throw LedgerError(malformedRecord: "its verdict is \(bytes[4])")
    }
    let flags = Flags(rawValue: bytes[5])
    guard Flags.known.isSuperset(of: flags) else {
      throw LedgerError(malformedRecord: "its flags are \(bytes[5])")
    }
    self.verdict = verdict
    self.flags = flags
    reason = UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 6, as: UInt16.self))
    row = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    digest = Digest256(bytes: UnsafeRawBufferPointer(rebasing: bytes[16..<48]))
    idHash = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 48, as: UInt64.self))
    textLength = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 56, as: UInt32.self))
    rule = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 60, as: UInt32.self))
  }
}
