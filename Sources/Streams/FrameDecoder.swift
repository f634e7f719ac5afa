/// What a step of decoding used and made.
struct DecodeStep {
  /// Bytes of the input that were used.
  var consumed: Int
  /// Bytes that were written to the output.
  var produced: Int
}

/// How a compressed stream is damaged.
public enum StreamDamage: String, Error, Sendable, CaseIterable {
  /// The stream ends inside a member or frame.
  case truncated = "truncated-stream"
  /// A checksum, a header or a block is wrong, or something else follows the last frame.
  case corrupt = "corrupt-stream"
}

/// One compression format, decoded in steps; members and frames follow one another unseen.
protocol FrameDecoder: AnyObject {
  /// Decodes some of `input` into `output`. A step that uses and makes nothing wants more input.
  func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer)
    throws(StreamDamage) -> DecodeStep
  /// Whether the stream may end here: no member or frame is open.
  var isAtBoundary: Bool { get }
}
