/// The alphabet of byte-level BPE (GPT-2): a printable character stands for each byte.
enum ByteAlphabet {
  /// The character of each byte: itself where it is printable in Latin-1, else from U+0100 on.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 256
    return (0..<UInt32(256)).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
        return Unicode.Scalar(UInt8(byte))
      default:
        defer { next += 1 }
        return Unicode.Scalar(next).unsafelyUnwrapped
      }
    }
  }()

  /// The byte of each character below U+0144; -1 where it stands for none.
  private static let bytes: [Int16] = {
    var bytes = [Int16](repeating: -1, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = Int16(byte) }
    return bytes
  }()

  /// The UTF-8 of a byte's character.
  static func text(of byte: UInt8) -> [UInt8] {
    Array(String(Character(scalars[Int(byte)])).utf8)
  }

  /// The text that stands for bytes.
  static func text<Bytes: Sequence<UInt8>>(of bytes: Bytes) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(scalars[Int(byte)]) }
    return String(text)
  }

  /// Appends the bytes that a token's text stands for; the text itself where one of its characters
  /// is not of the alphabet.
  static func append(bytesOf text: UnsafeBufferPointer<UInt8>, to target: inout [UInt8]) {
    guard let base = text.baseAddress else { return }
    let start = target.count
    var place = 0
    while place < text.count {
      let (value, length) = UTF8Scalar.decode(base, place, text.count)
      guard value < bytes.count, bytes[Int(value)] >= 0 else {
        target.removeSubrange(start...)
        target += text
        return
      }
      target.append(UInt8(bytes[Int(value)]))
      place += length
    }
  }
}
