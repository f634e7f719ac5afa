internal import Foundation
internal import Streams

/// Reads the tensors of a file one after the other.
struct SafetensorsReader {
  /// Bytes of one read, a multiple of every element's width.
  private static let piece = 1 << 20

  let file: SafetensorsFile
  private let source: FileSource
  private let buffer = ByteBlock(capacity: SafetensorsReader.piece)

  /// Opens the file whose header was read.
  ///
  /// - Throws: ``CheckpointError`` where the file is another by now.
  init(_ file: SafetensorsFile) throws {
    self.file = file
    source = try FileSource(path: file.path)
    var seen: [UInt8] = []
    while seen.count < file.header.count {
      buffer.truncate(to: 0)
      let wanted = min(SafetensorsReader.piece, file.header.count - seen.count)
      guard try source.read(wanted, into: buffer) == wanted else { break }
      seen += buffer.bytes
    }
    guard seen == file.header else { throw changed(nil) }
  }

  private func changed(_ tensor: SafetensorsFile.Tensor?) -> CheckpointError {
    CheckpointError(
      .broken, path: file.path, key: tensor?.name ?? "", detail: "changed while it was read")
  }

  /// Calls `body` with the bytes of the next tensor, piece after piece; the tensors come in the
  /// order of the header.
  func next(
    _ tensor: SafetensorsFile.Tensor,
    _ body: (_ offset: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void
  ) throws {
    precondition(
      source.position == Int64(file.header.count + tensor.range.lowerBound), "out of order")
    var offset = 0
    while offset < tensor.range.count {
      let wanted = min(SafetensorsReader.piece, tensor.range.count - offset)
      buffer.truncate(to: 0)
      guard try source.read(wanted, into: buffer) == wanted else { throw changed(tensor) }
      try body(offset, buffer.bytes)
      offset += wanted
    }
  }

  /// Reads the weights of the next tensor.
  ///
  /// - Throws: ``CheckpointError`` where one is not finite.
  func next(_ tensor: SafetensorsFile.Tensor, into target: UnsafeMutablePointer<Float>) throws {
    try next(tensor) { offset, bytes in
      let first = offset / tensor.type.width
      let count = bytes.count / tensor.type.width
      guard tensor.type.decode(bytes, into: target + first, count: count) else {
        throw CheckpointError(
          .notFinite, path: file.path, key: tensor.name,
          detail: "holds a weight that is infinite or not a number")
      }
    }
  }
}
