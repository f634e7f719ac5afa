internal import CZstd

/// RFC 8878: frames and skippable frames one after the other.
///
/// The window is limited to 2^27 bytes, zstd's own default: a frame that asks for more is damage.
final class ZstdDecoder: FrameDecoder {
  private let context: OpaquePointer
  private(set) var isAtBoundary = true

  init() {
    guard let context = ZSTD_createDCtx() else {
      preconditionFailure("ZSTD_createDCtx fails only without memory")
    }
    self.context = context
  }

  deinit {
    ZSTD_freeDCtx(context)
  }

  func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
    throws(StreamDamage) -> DecodeStep
  {
    // A frame may have decoded bytes to flush when no input is left, so an empty input is a step
    // too, but not at a boundary, where it would open a frame.
    if input.count == 0 && isAtBoundary { return DecodeStep(consumed: 0, produced: 0) }
    var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let hint = ZSTD_decompressStream(context, &target, &source)
    guard ZSTD_isError(hint) == 0 else { throw .corrupt }
    isAtBoundary = hint == 0
    return DecodeStep(consumed: source.pos, produced: target.pos)
  }
}
