internal import CZlib

/// How small zlib makes bytes: what the texts of a membership test are compared by.
public enum ZlibLength {
  /// The bytes of the zlib stream (RFC 1950) that level 6 and the largest window make of `content`,
  /// as Python's `zlib.compress` does by default.
  ///
  /// - Throws: ``StreamsError`` (library) if the library fails, which it does only without memory.
  public static func of(_ content: [UInt8]) throws(StreamsError) -> Int {
    var length = compressBound(uLong(content.count))
    var room = [UInt8](repeating: 0, count: Int(length))
    let status = compress2(&room, &length, content, uLong(content.count), FrameEncoder.gzipLevel)
    guard status == Z_OK else {
      throw StreamsError(.library, path: "memory", detail: "zlib could not compress: \(status)")
    }
    return Int(length)
  }
}
