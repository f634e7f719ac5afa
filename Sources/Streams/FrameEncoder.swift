internal import CLZ4
internal import CZlib
internal import CZstd

/// Makes complete members or frames, one a call.
///
/// The bytes of a frame depend on its content, the level and the library's version, and on nothing
/// else: a frame never continues an earlier one.
public final class FrameEncoder {
  /// zlib's default.
  static let gzipLevel: Int32 = 6
  /// zstd's default.
  static let zstdLevel: Int32 = 3
  /// LZ4's fast mode, its default.
  static let lz4Level: Int32 = 0

  private let compression: Compression
  private var gzip: UnsafeMutablePointer<z_stream>?
  private var zstd: OpaquePointer?

  /// An encoder; for `none` it copies.
  public init(_ compression: Compression) {
    self.compression = compression
    switch compression {
    case .none, .lz4: break
    case .gzip:
      let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      stream.initialize(to: z_stream())
      let status = cordon_deflateInit2(stream, FrameEncoder.gzipLevel, 15 + 16)
      precondition(status == Z_OK, "deflateInit2 fails only without memory")
      gzip = stream
    case .zstd:
      zstd = ZSTD_createCCtx()
      precondition(zstd != nil, "ZSTD_createCCtx fails only without memory")
      ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, FrameEncoder.zstdLevel)
      ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1)
    }
  }

  deinit {
    if let gzip {
      deflateEnd(gzip)
      gzip.deallocate()
    }
    ZSTD_freeCCtx(zstd)
  }

  /// Appends one complete frame with `content` to `target`.
  ///
  /// - Throws: ``StreamsError`` (library) if the library fails, which it does only without memory.
  public func encode(_ content: UnsafeRawBufferPointer, into target: ByteBlock)
    throws(StreamsError)
  {
    switch compression {
    case .none: target.append(content)
    case .gzip: try encodeGzip(content, into: target)
    case .zstd:
      let room = target.room(atLeast: ZSTD_compressBound(content.count))
      let size = ZSTD_compress2(
        zstd, room.baseAddress, room.count, content.baseAddress, content.count)
      guard ZSTD_isError(size) == 0 else { throw failure("zstd", ZSTD_getErrorName(size)) }
      target.didWrite(size)
    case .lz4:
      var preferences = LZ4F_preferences_t()
      preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
      preferences.frameInfo.contentSize = UInt64(content.count)
      preferences.compressionLevel = FrameEncoder.lz4Level
      let room = target.room(atLeast: LZ4F_compressFrameBound(content.count, &preferences))
      let size = LZ4F_compressFrame(
        room.baseAddress, room.count, content.baseAddress, content.count, &preferences)
      guard LZ4F_isError(size) == 0 else { throw failure("LZ4", LZ4F_getErrorName(size)) }
      target.didWrite(size)
    }
  }

  private func encodeGzip(_ content: UnsafeRawBufferPointer, into target: ByteBlock)
    throws(StreamsError)
  {
    guard let gzip else { preconditionFailure("the encoder was made for gzip") }
    deflateReset(gzip)
    let room = target.room(atLeast: Int(deflateBound(gzip, UInt(content.count))) + 32)
    gzip.pointee.next_in = UnsafeMutablePointer(
      mutating: content.bindMemory(to: UInt8.self).baseAddress)
    gzip.pointee.avail_in = UInt32(content.count)
    gzip.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
    gzip.pointee.avail_out = UInt32(room.count)
    let status = deflate(gzip, Z_FINISH)
    guard status == Z_STREAM_END else { throw failure("zlib", zError(status)) }
    target.didWrite(room.count - Int(gzip.pointee.avail_out))
  }

  private func failure(_ library: String, _ name: UnsafePointer<CChar>?) -> StreamsError {
    StreamsError(
      .library, path: "output",
      detail: "\(library) could not compress: \(name.map { String(cString: $0) } ?? "unknown")")
  }
}
