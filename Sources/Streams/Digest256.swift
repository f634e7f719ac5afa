internal import Crypto

/// A SHA-256 digest (FIPS 180-4), 32 bytes, ordered as its bytes are.
public struct Digest256: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The digest as four big-endian words, first bytes first.
  public let words: (UInt64, UInt64, UInt64, UInt64)

  /// The number of bytes of a digest.
  public static let byteCount = 32

  /// A digest of 32 zero bytes, which stands for "none".
  public static let zero = Digest256(words: (0, 0, 0, 0))

  init(words: (UInt64, UInt64, UInt64, UInt64)) {
    self.words = words
  }

  /// The digest whose 32 bytes are these.
  ///
  /// - Precondition: `bytes` holds exactly 32 bytes.
  public init(bytes: UnsafeRawBufferPointer) {
    precondition(bytes.count == Digest256.byteCount, "a SHA-256 digest has 32 bytes")
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }
    words = (word(0), word(1), word(2), word(3))
  }

  /// The SHA-256 of these bytes.
  public init(hashing bytes: UnsafeRawBufferPointer) {
    // Short messages (Merkle nodes, ids) are many: the library's object costs as much as hashing.
    if bytes.count <= DigestChain.shortMessageLimit && DigestChain.isFast {
      self = DigestChain.digest(ofShort: bytes)
      return
    }
    var hasher = SHA256()
    hasher.update(bufferPointer: bytes)
    self.init(hasher.finalize())
  }

  /// The SHA-256 of these bytes.
  public init(hashing bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Digest256(hashing: $0) }
  }

  fileprivate init(_ digest: SHA256.Digest) {
    self = digest.withUnsafeBytes { Digest256(bytes: $0) }
  }

  /// The digest written as 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    let digits = Array(hex.utf8)
    guard digits.count == 64 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: 64, by: 2) {
      guard let high = Digest256.value(of: digits[index]),
        let low = Digest256.value(of: digits[index + 1])
      else { return nil }
      bytes.append(high << 4 | low)
    }
    self = bytes.withUnsafeBytes { Digest256(bytes: $0) }
  }

  private static func value(of digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 32) { buffer, count in
      copy(to: UnsafeMutableRawBufferPointer(buffer))
      count = 32
    }
  }

  /// Writes the 32 bytes to the start of `target`.
  ///
  /// - Precondition: `target` holds at least 32 bytes.
  public func copy(to target: UnsafeMutableRawBufferPointer) {
    precondition(target.count >= 32, "a SHA-256 digest has 32 bytes")
    target.storeBytes(of: words.0.bigEndian, toByteOffset: 0, as: UInt64.self)
    target.storeBytes(of: words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
    target.storeBytes(of: words.2.bigEndian, toByteOffset: 16, as: UInt64.self)
    target.storeBytes(of: words.3.bigEndian, toByteOffset: 24, as: UInt64.self)
  }

  /// 64 lower-case hexadecimal digits.
  public var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The same as ``hex``.
  public var description: String { hex }

  /// Whether all four words agree.
  public static func == (left: Digest256, right: Digest256) -> Bool {
    left.words == right.words
  }

  /// The order of the 32 bytes.
  public static func < (left: Digest256, right: Digest256) -> Bool {
    left.words < right.words
  }

  /// Feeds the four words.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
  }
}

/// SHA-256 of bytes that arrive in pieces.
public struct DigestStream {
  private var hasher = SHA256()

  /// A stream that has seen nothing.
  public init() {}

  /// Takes the next bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hasher.update(bufferPointer: bytes)
  }

  /// The digest of all bytes so far; more may follow.
  public func digest() -> Digest256 {
    Digest256(hasher.finalize())
  }
}
