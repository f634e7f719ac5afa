import Streams

extension Compression {
  /// What the name of a shard ends with.
  var suffix: String {
    switch self {
    case .none: ""
    case .gzip: ".gz"
    case .zstd: ".zst"
    case .lz4: ".lz4"
    }
  }
}

/// What the generator knows about one record that it wrote.
struct Truth {
  /// What was planted, and so what a right screen makes of the record.
  enum Planted: String {
    case clean, mention, short, hazard, duplicate, quarantined
  }

  let shard: String
  let row: Int
  let id: String
  let planted: Planted
  let detail: String

  /// One line of the truth file: shard, row, id, what was planted, detail.
  var line: String {
    [shard, "\(row)", id.isEmpty ? "-" : id, planted.rawValue, detail.isEmpty ? "-" : detail]
      .joined(separator: "\t")
  }
}

/// A shard while it is written: frames of lines, and the truth about each row.
struct Shard {
  let path: String
  let compression: Compression
  private(set) var truth: [Truth] = []

  private enum Piece {
    case payload([UInt8])
    case skippable
    /// Bytes that make no whole frame; `reason` is what becomes of the stream from here on.
    case broken(payload: [UInt8], damage: Damage)
  }

  /// How a compressed stream goes wrong.
  enum Damage {
    /// The frame breaks off after 24 bytes: past its header, before any content can be decoded,
    /// whatever the version of the library that wrote it.
    case truncated
    /// The descriptor of a zstd frame has its reserved bit set (RFC 8878 section 3.1.1.1.1.3):
    /// every decoder refuses it.
    case reservedBit

    var reason: String {
      switch self {
      case .truncated: "truncated-stream"
      case .reservedBit: "corrupt-stream"
      }
    }
  }

  private var pieces: [Piece] = []
  private var open: [UInt8] = []
  private var rows = 0
  var lineEnd: [UInt8] = [0x0A]

  init(_ path: String, _ compression: Compression = .none) {
    self.path = path
    self.compression = compression
  }

  /// Appends one record and what is known about it; answers where it stands.
  @discardableResult
  mutating func append(
    _ line: [UInt8], id: String, _ planted: Truth.Planted, _ detail: String = ""
  ) -> String {
    truth.append(Truth(shard: path, row: rows, id: id, planted: planted, detail: detail))
    open += line + lineEnd
    rows += 1
    return "\(path):\(rows - 1)"
  }

  /// Appends bytes that are no record: a byte-order mark, a blank line.
  mutating func append(unread bytes: [UInt8]) {
    open += bytes
  }

  /// Takes the last line end away.
  mutating func dropFinalLineEnd() {
    open.removeLast(min(lineEnd.count, open.count))
  }

  /// Ends the member or frame here.
  mutating func endFrame() {
    if !open.isEmpty { pieces.append(.payload(open)) }
    open = []
  }

  /// A frame that decoders pass over (zstd: RFC 8878 section 3.1.2; LZ4 has the same).
  mutating func appendSkippableFrame() {
    endFrame()
    pieces.append(.skippable)
  }

  /// Appends a frame of these lines that goes wrong; the rest of the stream is one unreadable row.
  mutating func appendBrokenFrame(_ lines: [[UInt8]], _ damage: Damage) {
    endFrame()
    pieces.append(.broken(payload: lines.flatMap { $0 + lineEnd }, damage: damage))
    truth.append(
      Truth(shard: path, row: rows, id: "", planted: .quarantined, detail: damage.reason))
    rows += 1
  }

  /// The bytes of the file.
  func bytes() throws -> [UInt8] {
    var shard = self
    shard.endFrame()
    let encoder = FrameEncoder(compression)
    var out: [UInt8] = []
    for piece in shard.pieces {
      switch piece {
      case .payload(let bytes):
        out += try frame(bytes, encoder)
      case .skippable:
        let content = Array("this frame holds no document".utf8)
        out += [0x50, 0x2A, 0x4D, 0x18, UInt8(content.count), 0, 0, 0] + content
      case .broken(let payload, let damage):
        var frame = try frame(payload, encoder)
        switch damage {
        case .truncated: frame.removeLast(frame.count - 24)
        case .reservedBit: frame[4] |= 0x08
        }
        out += frame
      }
    }
    return out
  }

  private func frame(_ content: [UInt8], _ encoder: FrameEncoder) throws -> [UInt8] {
    let block = ByteBlock(capacity: content.count + 64)
    try content.withUnsafeBytes { try encoder.encode($0, into: block) }
    return Array(block.bytes)
  }
}
