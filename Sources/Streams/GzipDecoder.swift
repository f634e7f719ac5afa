internal import CZlib

/// RFC 1952: members one after the other, then nothing or zero padding.
///
/// Other bytes behind the last member are damage, where gzip(1) warns and goes on: they may be
/// what is left of a member.
final class GzipDecoder: FrameDecoder {
  private enum State {
    case between
    case inside
    case padding
  }

  private let stream: UnsafeMutablePointer<z_stream>
  private var state = State.between
  /// The last step met damage behind bytes that it decoded: they are given out first.
  private var isDamaged = false

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 window bits, 16 for "gzip and nothing else".
    let status = cordon_inflateInit2(stream, 15 + 16)
    precondition(status == Z_OK, "inflateInit2 fails only without memory")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  var isAtBoundary: Bool { state != .inside }

  func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
    throws(StreamDamage) -> DecodeStep
  {
    if isDamaged { throw .corrupt }
    // Inside a member there may be decoded bytes to flush when no input is left.
    if input.count == 0 && state != .inside { return DecodeStep(consumed: 0, produced: 0) }
    if state == .between {
      state = input[0] == 0 ? .padding : .inside
    }
    if state == .padding {
      guard input.allSatisfy({ $0 == 0 }) else { throw .corrupt }
      return DecodeStep(consumed: input.count, produced: 0)
    }
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.pointee.avail_in = UInt32(input.count)
    stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(output.count)
    let status = inflate(stream, Z_NO_FLUSH)
    let step = DecodeStep(
      consumed: input.count - Int(stream.pointee.avail_in),
      produced: output.count - Int(stream.pointee.avail_out))
    switch status {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      inflateReset(stream)
      state = .between
    default:
      guard step.produced > 0 else { throw .corrupt }
      isDamaged = true
    }
    return step
  }
}
