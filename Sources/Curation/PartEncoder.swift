internal import Streams

/// Encodes what is kept of a batch as a frame of its part. One for each worker.
final class PartEncoder {
  private let gathered = ByteBlock(capacity: 1 << 16)
  private var encoders: [Compression: FrameEncoder] = [:]

  /// Appends the frame of these ranges of a block.
  func encode(
    _ ranges: [Range<Int>], of block: ByteBlock, _ compression: Compression, into frame: ByteBlock
  ) throws {
    gathered.truncate(to: 0)
    for range in ranges { gathered.append(block.bytes(range)) }
    try encoder(for: compression).encode(gathered.bytes, into: frame)
  }

  private func encoder(for compression: Compression) -> FrameEncoder {
    if let encoder = encoders[compression] { return encoder }
    let encoder = FrameEncoder(compression)
    encoders[compression] = encoder
    return encoder
  }

  /// Writes a frame without content to a compressed part that has no other: a file without a byte
  /// is no stream of its codec.
  static func fill(_ part: OutputFile, _ compression: Compression, _ digest: DigestChain) throws {
    guard compression != .none, part.size == 0 else { return }
    let frame = ByteBlock(capacity: 64)
    try FrameEncoder(compression).encode(
      UnsafeRawBufferPointer(start: nil, count: 0), into: frame)
    digest.update(frame.bytes)
    try part.write(frame.bytes)
  }
}
