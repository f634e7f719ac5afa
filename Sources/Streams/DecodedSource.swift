/// The decoded bytes of a file, in order, with the SHA-256 of the file as it stands on disk.
public final class DecodedSource {
  /// Bytes of one decoding step at most, so that a step that fails takes little with it.
  private static let stepSize = 128 << 10

  /// The file.
  public let file: FileSource
  /// Its compression.
  public let compression: Compression
  /// How the stream is damaged, once that was met: no bytes follow.
  public private(set) var damage: StreamDamage?

  /// Decoded bytes up to the end of the last whole member or frame, whose checksum was right. What
  /// was decoded behind it is not vouched for when the stream turns out to be corrupt.
  public private(set) var verifiedBytes: Int64 = 0

  private var decodedBytes: Int64 = 0
  private let decoder: (any FrameDecoder)?
  private var input: ByteBlock?
  private var inputPosition = 0
  private var inputEnded = false
  private var digest = DigestStream()
  private let isHashing: Bool

  /// The bytes of an open file; its compression is detected.
  ///
  /// - Parameters:
  ///   - file: read from its start.
  ///   - hashing: compute the digest of a compressed file too.
  public init(_ file: FileSource, hashing: Bool = true) throws(StreamsError) {
    self.file = file
    isHashing = hashing
    compression = try file.compression()
    switch compression {
    case .none: decoder = nil
    case .gzip: decoder = GzipDecoder()
    case .zstd: decoder = ZstdDecoder()
    case .lz4: decoder = LZ4Decoder()
    }
    if decoder != nil { input = ByteBlock(capacity: FileSource.readSize) }
  }

  /// The SHA-256 of the compressed file; nil for a plain one, whose decoded bytes are the file.
  ///
  /// Asked for after the last byte. A damaged stream is read to its end for it.
  ///
  /// - Precondition: the source was made to hash.
  public func fileDigest() throws(StreamsError) -> Digest256? {
    precondition(isHashing, "a source that does not hash is not asked for a digest")
    guard decoder != nil else { return nil }
    while try refill() {}
    return digest.digest()
  }

  /// Appends the next decoded bytes to `block`; false at the end or at damage.
  public func read(into block: ByteBlock) throws(StreamsError) -> Bool {
    guard let decoder else {
      let got = try file.read(FileSource.readSize, into: block)
      return got > 0
    }
    return try decode(with: decoder, into: block)
  }

  private func decode(with decoder: any FrameDecoder, into block: ByteBlock) throws(StreamsError)
    -> Bool
  {
    guard damage == nil, let input else { return false }
    var stalled = 0
    while true {
      if inputPosition == input.count && !inputEnded { _ = try refill() }
      let room = block.room(atLeast: DecodedSource.stepSize)
      let target = UnsafeMutableRawBufferPointer(rebasing: room[..<DecodedSource.stepSize])
      let step: DecodeStep
      do {
        step = try decoder.step(input.bytes(inputPosition..<input.count), into: target)
      } catch {
        damage = error
        return false
      }
      inputPosition += step.consumed
      block.didWrite(step.produced)
      decodedBytes += Int64(step.produced)
      if decoder.isAtBoundary { verifiedBytes = decodedBytes }
      if step.produced > 0 { return true }
      if step.consumed > 0 {
        stalled = 0
        continue
      }
      if inputEnded && inputPosition == input.count {
        if !decoder.isAtBoundary { damage = .truncated }
        return false
      }
      // A decoder that neither takes nor gives while it has both is broken; it gets one more try
      // because LZ4 may only have moved bytes inside.
      stalled += 1
      if stalled > 4 {
        damage = .corrupt
        return false
      }
    }
  }

  private func refill() throws(StreamsError) -> Bool {
    guard let input, !inputEnded else { return false }
    input.truncate(to: 0)
    inputPosition = 0
    let got = try file.read(FileSource.readSize, into: input)
    if isHashing { digest.update(input.bytes) }
    inputEnded = got < FileSource.readSize
    return got > 0
  }
}
