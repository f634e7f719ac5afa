internal import Foundation
internal import Streams

/// A block and where it stands among all documents.
struct StoredBlock: Sendable {
  let layout: SignatureBlock
  private let fileNumber: UInt32
  private let batchNumber: UInt32
  /// The ordinal of its first document.
  let firstOrdinal: UInt64

  /// A block of a file.
  init(layout: SignatureBlock, file: Int, batch: Int, firstOrdinal: UInt64) {
    self.layout = layout
    fileNumber = UInt32(file)
    batchNumber = UInt32(batch)
    self.firstOrdinal = firstOrdinal
  }

  /// The number of its file.
  var file: Int { Int(fileNumber) }
  /// Its number in the file.
  var batch: Int { Int(batchNumber) }

  /// The ordinal behind its last document.
  var endOrdinal: UInt64 { firstOrdinal + UInt64(layout.rowCount) }
}

/// Where the signatures of all documents stand: the blocks of all files, in ordinal order.
///
/// 40 bytes a block, of a batch of up to 4 MiB.
struct SignatureTable: Sendable {
  /// The blocks, in the order of files and batches.
  let blocks: [StoredBlock]
  let paths: [String]
  /// The number that each file was sealed under.
  let shards: [Int]
  /// The documents of all files, taking part or not.
  let documentCount: UInt64

  /// The headers of one file.
  struct File: Sendable {
    let blocks: [SignatureBlock]
    let rowCount: UInt64

    /// Reads the headers of a whole file; the blocks are not proved yet.
    init(path: String) throws {
      let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0 else { throw DeduplicationError.unreadable(path) }
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
        throw DeduplicationError.damaged(path)
      }
      let size = Int64(status.st_size)
      var header = [UInt8](repeating: 0, count: SignatureBlock.headerByteCount)
      var blocks: [SignatureBlock] = []
      var end: Int64 = 0
      var rows: UInt64 = 0
      while end < size {
        if blocks.count & 0xFFF == 0 && Interruption.isRequested { throw InterruptedError() }
        let block = header.withUnsafeMutableBytes { target -> SignatureBlock? in
          guard pread(descriptor, target.baseAddress, target.count, Int(end)) == target.count
          else { return nil }
          return SignatureBlock(
            header: UnsafeRawBufferPointer(target), offset: end, batch: blocks.count,
            limit: size - end)
        }
        guard let block else { throw DeduplicationError.damaged(path) }
        blocks.append(block)
        end += Int64(block.byteCount)
        rows += UInt64(block.rowCount)
      }
      self.blocks = blocks
      rowCount = rows
    }
  }

  /// Puts the files together.
  ///
  /// - Parameters:
  ///   - files: what was read of each.
  ///   - sources: their paths and numbers.
  ///   - bands: the number of keys that a signature must have; nil for any.
  init(files: [File], sources: [SignatureSource], bands: Int?) throws {
    var blocks: [StoredBlock] = []
    blocks.reserveCapacity(files.reduce(0) { $0 + $1.blocks.count })
    var ordinal: UInt64 = 0
    for (number, file) in files.enumerated() {
      for (batch, layout) in file.blocks.enumerated() {
        if let bands, layout.bandCount != bands {
          throw DeduplicationError.damaged(sources[number].path)
        }
        blocks.append(
          StoredBlock(layout: layout, file: number, batch: batch, firstOrdinal: ordinal))
        ordinal += UInt64(layout.rowCount)
      }
    }
    self.blocks = blocks
    paths = sources.map(\.path)
    shards = sources.map(\.shard)
    documentCount = ordinal
  }

  /// The number of the block that holds a document, at `first` or behind it.
  ///
  /// - Precondition: there is one.
  func block(of ordinal: UInt64, from first: Int = 0) -> Int {
    var low = first
    var high = blocks.count
    // The first block that ends behind the document; one without rows never does so first.
    while low < high {
      let middle = (low + high) / 2
      if blocks[middle].endOrdinal <= ordinal { low = middle + 1 } else { high = middle }
    }
    precondition(low < blocks.count, "a document that does not exist")
    return low
  }
}
