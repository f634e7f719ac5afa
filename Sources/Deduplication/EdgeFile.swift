internal import Foundation
internal import Streams

/// Edges in a file, written once in order and read as often as needed.
final class EdgeFile {
  private let output: OutputFile
  private(set) var count = 0

  /// An empty file at `path`.
  init(path: String) throws {
    output = try OutputFile(temporaryPath: path)
  }

  func append(_ edges: [Edge]) throws {
    try edges.withUnsafeBytes { try output.write($0) }
    count += edges.count
  }

  /// Ends the writing.
  func close() throws { try output.close(durably: false) }

  func remove() throws { try Folder.remove(output.temporaryPath) }

  /// Calls `body` with every edge.
  func forEach(_ body: (Edge) throws -> Void) throws {
    let size = MemoryLayout<Edge>.stride
    let source = try FileSource(path: output.temporaryPath)
    let edges = UnsafeMutableBufferPointer<Edge>.allocate(capacity: 8 << 10)
    defer { edges.deallocate() }
    var left = count
    while left > 0 {
      if Interruption.isRequested { throw InterruptedError() }
      let wanted = min(left, edges.count)
      let part = UnsafeMutableBufferPointer(rebasing: edges[..<wanted])
      guard try source.read(into: UnsafeMutableRawBufferPointer(part)) == wanted * size else {
        throw StreamsError(.unreadable, path: source.path, detail: "changed while it was in use")
      }
      for edge in part { try body(edge) }
      left -= wanted
    }
  }
}
