internal import Foundation
internal import Streams

/// A document whose words are to be read.
struct StoredDocument {
  let ordinal: UInt64
  /// The number of its block.
  var block = 0
  /// Where its words begin, in words of the block.
  var firstWord: UInt32 = 0
  var wordCount: UInt32 = 0

  init(ordinal: UInt64) {
    self.ordinal = ordinal
  }
}

/// Reads the signature files at any place; one per thread.
///
/// Files are opened when they are needed and closed when others are: there may be more shards than
/// descriptors.
final class SignatureReader {
  let table: SignatureTable
  /// The file and its descriptor that a place holds, by file number modulo the places.
  private var open: [(file: Int, descriptor: Int32)]
  /// What neighbours are read into together.
  private let window = UnsafeMutableRawPointer.allocate(
    byteCount: SignatureReader.windowByteCount, alignment: 64)

  /// Bytes of the longest joint read.
  private static let windowByteCount = 256 << 10
  /// Two places this near are read together: it costs less than a second call.
  private static let gapByteCount = 4 << 10

  /// A reader that keeps at most `descriptors` files open.
  init(table: SignatureTable, descriptors: Int) {
    precondition(descriptors > 0, "a reader opens files")
    self.table = table
    open = Array(repeating: (-1, -1), count: descriptors)
  }

  deinit {
    for place in open where place.descriptor >= 0 { close(place.descriptor) }
    window.deallocate()
  }

  /// Files that each of `threads` readers may keep open, by the limit of the process.
  static func descriptorLimit(threads: Int) -> Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 8 }
    // Half of them, and no more than help.
    return max(1, min(256, Int(clamping: limit.rlim_cur) / 2 / threads))
  }

  private func descriptor(of file: Int) throws -> Int32 {
    let place = file % open.count
    if open[place].file == file { return open[place].descriptor }
    if open[place].descriptor >= 0 { close(open[place].descriptor) }
    open[place] = (-1, -1)
    let path = table.paths[file]
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw DeduplicationError.unreadable(path) }
    open[place] = (file, descriptor)
    return descriptor
  }

  /// Fills `target` from a place of a file.
  func read(_ target: UnsafeMutableRawBufferPointer, file: Int, offset: Int64) throws {
    let descriptor = try descriptor(of: file)
    var filled = 0
    while filled < target.count {
      let got = pread(
        descriptor, target.baseAddress.unsafelyUnwrapped + filled, target.count - filled,
        Int(offset) + filled)
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else {
        throw StreamsError(
          .unreadable, path: table.paths[file], detail: String(cString: strerror(errno)))
      }
      // It ends before it did when its blocks were proved.
      if got == 0 { throw DeduplicationError.damaged(table.paths[file]) }
      filled += got
    }
  }

  /// Reads a block whole and proves it by its seal.
  ///
  /// - Returns: its bytes, in `buffer`.
  @discardableResult
  func prove(_ index: Int, shard: Int, seal: BatchSeal, buffer: ByteBlock) throws
    -> UnsafeRawBufferPointer
  {
    if Interruption.isRequested { throw InterruptedError() }
    let block = table.blocks[index]
    buffer.truncate(to: 0)
    let size = block.layout.byteCount
    let room = UnsafeMutableRawBufferPointer(rebasing: buffer.room(atLeast: size)[..<size])
    try read(room, file: block.file, offset: block.layout.offset)
    let bytes = UnsafeRawBufferPointer(room)
    guard
      SignatureBlock.isGenuine(
        bytes, rowCount: block.layout.rowCount, wordCount: block.layout.wordCount, shard: shard,
        batch: block.batch, seal: seal)
    else { throw DeduplicationError.damaged(table.paths[block.file]) }
    return bytes
  }

  /// Notes where the words of documents stand and how many they are.
  ///
  /// - Precondition: the documents are in ascending order.
  func measure(_ documents: UnsafeMutableBufferPointer<StoredDocument>) throws {
    var index = 0
    var blockIndex = 0
    let rowsPerRead = SignatureReader.windowByteCount / 4 - 1
    let gap = SignatureReader.gapByteCount / 4
    while index < documents.count {
      blockIndex = table.block(of: documents[index].ordinal, from: blockIndex)
      let block = table.blocks[blockIndex]
      let first = Int(documents[index].ordinal - block.firstOrdinal)
      var last = first
      var end = index + 1
      while end < documents.count, documents[end].ordinal < block.endOrdinal {
        let row = Int(documents[end].ordinal - block.firstOrdinal)
        if row - last > gap || row - first >= rowsPerRead { break }
        last = row
        end += 1
      }
      let bytes = UnsafeMutableRawBufferPointer(start: window, count: (last - first + 2) * 4)
      try read(bytes, file: block.file, offset: block.layout.start(ofRow: first))
      for number in index..<end {
        let place = (Int(documents[number].ordinal - block.firstOrdinal) - first) * 4
        let start = bytes.load(fromByteOffset: place, as: UInt32.self)
        let next = bytes.load(fromByteOffset: place + 4, as: UInt32.self)
        guard start <= next, Int(next) <= block.layout.wordCount else {
          throw DeduplicationError.damaged(table.paths[block.file])
        }
        documents[number].block = blockIndex
        documents[number].firstWord = start
        documents[number].wordCount = next - start
      }
      index = end
    }
  }

  /// Reads the words of documents, one behind the other.
  ///
  /// - Precondition: the documents are measured and in ascending order; `target` has room for them.
  func load(
    _ documents: UnsafeMutableBufferPointer<StoredDocument>,
    into target: UnsafeMutableBufferPointer<UInt32>
  ) throws {
    var index = 0
    var filled = 0
    while index < documents.count {
      let block = table.blocks[documents[index].block]
      let first = Int(documents[index].firstWord)
      var last = first + Int(documents[index].wordCount)
      var end = index + 1
      while end < documents.count, documents[end].block == documents[index].block {
        let start = Int(documents[end].firstWord)
        let next = start + Int(documents[end].wordCount)
        if (start - last) * 4 > SignatureReader.gapByteCount { break }
        if (next - first) * 4 > SignatureReader.windowByteCount { break }
        last = next
        end += 1
      }
      let count = last - first
      let place = block.layout.word(first)
      // One document, of any length, needs no copy.
      if end == index + 1 {
        let part = UnsafeMutableBufferPointer(rebasing: target[filled..<filled + count])
        try read(UnsafeMutableRawBufferPointer(part), file: block.file, offset: place)
        filled += count
      } else {
        let bytes = UnsafeMutableRawBufferPointer(start: window, count: count * 4)
        try read(bytes, file: block.file, offset: place)
        for number in index..<end {
          let words = Int(documents[number].wordCount)
          memcpy(
            target.baseAddress.unsafelyUnwrapped + filled,
            window + (Int(documents[number].firstWord) - first) * 4, words * 4)
          filled += words
        }
      }
      index = end
    }
  }
}
