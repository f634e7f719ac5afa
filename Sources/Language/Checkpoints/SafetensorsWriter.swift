internal import Streams
internal import Tensors

/// Writes safetensors files of matrices of floats.
public enum SafetensorsWriter {
  /// Elements of one piece.
  private static let piece = 1 << 16

  /// Writes tensors in the order given, all in one number format.
  ///
  /// - Parameters:
  ///   - tensors: name, dimensions, and the first of as many floats.
  ///   - type: a type that holds weights.
  /// - Throws: ``CheckpointError`` where a weight is not finite in that format, `StreamsError`.
  public static func write(
    _ tensors: [(name: String, shape: [Int], floats: UnsafePointer<Float>)],
    as type: StoredType = .F32, to path: String
  ) throws {
    precondition(type.holdsWeights, "a type that holds weights")
    var header = JSONText()
    var end = 0
    var entries: [SafetensorsFile.Tensor] = []
    header.object { header in
      header.object("__metadata__") { $0.member("format", "pt") }
      for tensor in tensors {
        let bytes = tensor.shape.reduce(type.width, *)
        header.object(tensor.name) { header in
          header.member("dtype", type.rawValue)
          header.array("shape") { for dimension in tensor.shape { $0.value(dimension) } }
          header.array("data_offsets") {
            $0.value(end)
            $0.value(end + bytes)
          }
        }
        entries.append(
          SafetensorsFile.Tensor(
            name: tensor.name, type: type, shape: tensor.shape, range: end..<(end + bytes)))
        end += bytes
      }
    }
    // The data begin at a multiple of eight.
    var text = header.bytes
    text += Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    let output = try OutputFile(temporaryPath: path + ".partial")
    try output.write((0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) })
    try output.write(text)
    for (entry, tensor) in zip(entries, tensors) {
      try write(tensor.floats, as: entry, of: path, to: output)
    }
    try output.publish(as: path)
  }

  /// Writes the bytes of one tensor.
  static func write(
    _ floats: UnsafePointer<Float>, as tensor: SafetensorsFile.Tensor, of path: String,
    to output: OutputFile
  ) throws {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: piece * tensor.type.width, alignment: 64)
    defer { bytes.deallocate() }
    guard let base = bytes.baseAddress else { return }
    for first in stride(from: 0, to: tensor.count, by: piece) {
      let count = min(piece, tensor.count - first)
      guard tensor.type.encode(floats + first, into: base, count: count) else {
        throw CheckpointError(
          .doesNotFit, path: path, key: tensor.name,
          detail: "holds a weight that \(tensor.type.rawValue) cannot hold")
      }
      try output.write(UnsafeRawBufferPointer(rebasing: bytes[..<(count * tensor.type.width)]))
    }
  }
}
