internal import Foundation
internal import Streams

/// A whole file as memory that the system reads when it is looked at and lets go again.
final class MappedFile: @unchecked Sendable {
  // Unchecked: nobody writes here as long as this lives.
  /// The file's bytes. Whoever cuts the file off meanwhile ends the process.
  let bytes: UnsafeRawBufferPointer

  /// Maps a file.
  ///
  /// - Throws: `StreamsError` where it is missing or cannot be read.
  init(path: String) throws(StreamsError) {
    // It says what is wrong with the path better than a bare open.
    let size = Int(try FileSource(path: path).size)
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    guard descriptor >= 0, let start = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
      start != MAP_FAILED
    else {
      throw StreamsError(.exhausted, path: path, detail: String(cString: strerror(errno)))
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
