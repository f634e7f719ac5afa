public import Streams

/// Where a document went: one entry of a ``DocumentIndex``.
public struct DocumentPlace: Sendable, Equatable {
  /// What became of a document.
  public enum Part: UInt32, Sendable, CaseIterable {
    /// It is in no sequence: without a text, or with nothing in it that is scored.
    case none = 0
    /// Weights are trained on it.
    case training = 1
    /// It is held out: only losses are measured on it.
    case validation = 2
  }

  /// The SHA-256 of its text, as a curation's decisions have it.
  public var digest: Digest256
  /// What became of it.
  public var part: Part
  /// The first of the sequences that hold it; 0 where there is none.
  public var first: Int
  /// How many sequences hold it, one behind the other: in each of them a row reads it and is to
  /// predict it.
  public var count: Int

  /// A document at a place.
  public init(digest: Digest256, part: Part = .none, first: Int = 0, count: Int = 0) {
    self.digest = digest
    self.part = part
    self.first = first
    self.count = count
  }

  /// The sequences that hold it.
  public var sequences: Range<Int> { first..<first + count }

  /// Takes the next sequence that holds it.
  mutating func add(_ sequence: Int) {
    if count == 0 { first = sequence }
    count = sequence - first + 1
  }

  static let byteCount = 48

  /// Its 48 bytes: digest, first sequence (8), sequences (4), part (4), little-endian.
  func append(to bytes: inout [UInt8]) {
    bytes += digest.bytes
    withUnsafeBytes(of: UInt64(first).littleEndian) { bytes += $0 }
    withUnsafeBytes(of: UInt32(count).littleEndian) { bytes += $0 }
    withUnsafeBytes(of: part.rawValue.littleEndian) { bytes += $0 }
  }

  /// The place in these 48 bytes; nil where they are none.
  init?(_ bytes: UnsafeRawBufferPointer) {
    digest = Digest256(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<32]))
    let first = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 32, as: UInt64.self))
    count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 40, as: UInt32.self)))
    let part = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 44, as: UInt32.self))
    guard first < 1 << 48, let part = Part(rawValue: part), (part == .none) == (count == 0) else {
      return nil
    }
    self.first = Int(first)
    self.part = part
  }

  /// The order of an index.
  static func precedes(_ left: DocumentPlace, _ right: DocumentPlace) -> Bool {
    (left.digest, left.part.rawValue, left.first) < (right.digest, right.part.rawValue, right.first)
  }
}
