internal import CLZ4

/// The LZ4 frame format: frames and skippable frames one after the other.
final class LZ4Decoder: FrameDecoder {
  private let context: OpaquePointer
  private(set) var isAtBoundary = true

  init() {
    var context: OpaquePointer?
    let status = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
    guard LZ4F_isError(status) == 0, let context else {
      preconditionFailure("LZ4F_createDecompressionContext fails only without memory")
    }
    self.context = context
  }

  deinit {
    LZ4F_freeDecompressionContext(context)
  }

  func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
    throws(StreamDamage) -> DecodeStep
  {
    if input.count == 0 && isAtBoundary { return DecodeStep(consumed: 0, produced: 0) }
    var consumed = input.count
    var produced = output.count
    let hint = LZ4F_decompress(
      context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
    guard LZ4F_isError(hint) == 0 else { throw .corrupt }
    isAtBoundary = hint == 0
    return DecodeStep(consumed: consumed, produced: produced)
  }
}
