import Foundation
import Streams

/// The texts of a shard, one behind the other.
struct TextBlock {
  private var bytes: [UInt8] = []
  private var ends: [Int] = [0]

  /// Reads JSON lines with a string `text`; other records are left out.
  init(jsonLines path: String) throws {
    for line in try TextBlock.contents(path).split(separator: 0x0A) {
      let record = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any]
      guard let text = record?["text"] as? String else { continue }
      bytes.append(contentsOf: text.utf8)
      ends.append(bytes.count)
    }
    guard !bytes.isEmpty else { throw BenchError(.input, "\(path) holds no text") }
  }

  /// Reads JSON lines where the name has `.jsonl` in it, and else the whole file as one text.
  init(path: String) throws {
    if path.contains(".jsonl") {
      try self.init(jsonLines: path)
      return
    }
    try self.init(text: TextBlock.contents(path))
    guard byteCount > 0 else { throw BenchError(.input, "\(path) is empty") }
  }

  /// One text.
  private init(text: [UInt8]) {
    bytes = text
    ends.append(text.count)
  }

  /// The bytes of a file, decompressed.
  private static func contents(_ path: String) throws -> [UInt8] {
    let source = try DecodedSource(try FileSource(path: path), hashing: false)
    let block = ByteBlock(capacity: 1 << 20)
    while try source.read(into: block) {}
    return Array(block.bytes)
  }

  /// Texts.
  var count: Int { ends.count - 1 }
  /// Bytes of all texts.
  var byteCount: Int { bytes.count }

  /// Calls `body` with all bytes.
  func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    bytes.withUnsafeBytes(body)
  }

  /// Calls `body` with each text.
  func forEach(_ body: (UnsafeRawBufferPointer) -> Void) {
    bytes.withUnsafeBytes { bytes in
      for (start, end) in zip(ends, ends.dropFirst()) {
        body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
    }
  }
}
