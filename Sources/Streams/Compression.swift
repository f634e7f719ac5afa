internal import CLZ4
internal import CZlib
internal import CZstd

/// How the bytes of a file are compressed, known by its first bytes and not by its name.
public enum Compression: String, Sendable, CaseIterable {
  /// As they are.
  case none
  /// RFC 1952, one or many members.
  case gzip
  /// RFC 8878, one or many frames, skippable frames among them.
  case zstd
  /// The LZ4 frame format 1.6, one or many frames, skippable frames among them.
  case lz4

  /// The file name endings that say nothing but the compression.
  public static let nameEndings = ["gz", "zst", "zstd", "lz4"]

  /// What identifies the encoder: name, level and library version. Part of the ledger, because
  /// compressed bytes repeat only with the same three.
  public var encoderIdentity: String {
    switch self {
    case .none: "none"
    case .gzip: "gzip:\(FrameEncoder.gzipLevel):\(String(cString: zlibVersion()))"
    case .zstd: "zstd:\(FrameEncoder.zstdLevel):\(String(cString: ZSTD_versionString()))"
    case .lz4: "lz4:\(FrameEncoder.lz4Level):\(LZ4F_getVersion())"
    }
  }

  /// The compression of an open file; nil with a name where it is one that is not read.
  static func detect(_ file: FileSource) throws(StreamsError) -> Detection {
    var offset: Int64 = 0
    // Skippable frames begin zstd and LZ4 files alike: walk to the first frame that tells.
    for _ in 0..<1024 {
      let head = try file.peek(at: offset, count: 8)
      guard head.count >= 2 else { return .known(offset == 0 ? .none : .zstd) }
      if head[0] == 0x1F && head[1] == 0x8B { return .known(.gzip) }
      if let foreign = foreign(head) { return .foreign(foreign) }
      guard head.count >= 4 else { return .known(offset == 0 ? .none : .zstd) }
      let magic = littleEndian(head, at: 0)
      switch magic {
      case 0xFD2F_B528: return .known(.zstd)
      case 0x184D_2204: return .known(.lz4)
      case 0x184D_2A50...0x184D_2A5F:
        guard head.count == 8 else { return .known(.zstd) }
        offset += 8 + Int64(littleEndian(head, at: 4))
      default: return .known(offset == 0 ? .none : .zstd)
      }
    }
    return .known(.zstd)
  }

  enum Detection {
    case known(Compression)
    case foreign(String)
  }

  private static func littleEndian(_ bytes: [UInt8], at index: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(bytes[index + $1]) << UInt32($1 * 8) }
  }

  private static func foreign(_ head: [UInt8]) -> String? {
    let signatures: [(String, [UInt8])] = [
      ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
      ("zip", [0x50, 0x4B, 0x03, 0x04]), ("compress (.Z)", [0x1F, 0x9D]),
      ("Parquet", Array("PAR1".utf8)), ("legacy LZ4", [0x02, 0x21, 0x4C, 0x18]),
    ]
    // bzip2 begins "BZh", a level and the digits of pi; text may begin with the first three.
    if head.starts(with: [0x42, 0x5A, 0x68]) && head.dropFirst(4).starts(with: [0x31, 0x41, 0x59]) {
      return "bzip2"
    }
    return signatures.first { head.starts(with: $0.1) }?.0
  }
}
