internal import Foundation
public import Streams

/// A file of signatures, and the number of the shard that it was sealed under.
public struct SignatureSource: Sendable {
  /// The file.
  public let path: String
  /// The number of its shard.
  public let shard: Int

  /// A file.
  public init(path: String, shard: Int) {
    self.path = path
    self.shard = shard
  }
}

/// The signatures of one shard, block behind block, read by row.
///
/// Every block is proved by its seal when the file is opened, so that what is read later is what
/// the run wrote. It is used by one thread at a time.
public final class SignatureFile {
  /// The file.
  public let path: String
  /// The documents of the shard, taking part or not.
  public let rowCount: UInt64
  private let table: SignatureTable
  private let reader: SignatureReader

  /// Opens a whole file and proves its blocks.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - shard: the number that it was sealed under.
  ///   - seal: the seal of the run.
  /// - Throws: ``DeduplicationError`` where it is not whole or not ours, ``StreamsError``,
  ///   ``InterruptedError``.
  public init(path: String, shard: Int, seal: BatchSeal) throws {
    self.path = path
    let file = try SignatureTable.File(path: path)
    let table = try SignatureTable(
      files: [file], sources: [SignatureSource(path: path, shard: shard)], bands: nil)
    let block = ByteBlock(capacity: 64 << 10)
    let reader = SignatureReader(table: table, descriptors: 1)
    for index in table.blocks.indices {
      try reader.prove(index, shard: shard, seal: seal, buffer: block)
    }
    self.table = table
    self.reader = reader
    rowCount = table.documentCount
  }

  /// The word hashes of a document, empty where it takes no part.
  ///
  /// - Precondition: the row is below `rowCount`.
  public func words(ofRow row: UInt64) throws -> [UInt32] {
    var document = StoredDocument(ordinal: row)
    return try withUnsafeMutablePointer(to: &document) { pointer in
      let documents = UnsafeMutableBufferPointer(start: pointer, count: 1)
      try reader.measure(documents)
      let count = Int(pointer.pointee.wordCount)
      return try [UInt32](unsafeUninitializedCapacity: count) { target, filled in
        if count > 0 { try reader.load(documents, into: target) }
        filled = count
      }
    }
  }

  /// The keys of a document, one a band; without meaning where it takes no part.
  ///
  /// - Precondition: the row is below `rowCount`.
  public func keys(ofRow row: UInt64) throws -> [UInt64] {
    let index = table.block(of: row)
    let block = table.blocks[index]
    let inBlock = Int(row - block.firstOrdinal)
    var key: UInt64 = 0
    return try (0..<block.layout.bandCount).map { band in
      try withUnsafeMutableBytes(of: &key) {
        try reader.read(
          $0, file: block.file, offset: block.layout.key(ofRow: inBlock, band: band))
      }
      return key
    }
  }

  /// The ends of the whole blocks that a partial file begins with, as bytes from its start.
  ///
  /// A block is whole when its seal proves it and its number follows the last one's; what stands
  /// behind the first that is not whole is not looked at.
  ///
  /// - Throws: ``StreamsError`` for a file that cannot be read, ``InterruptedError``.
  public static func wholeBlocks(path: String, shard: Int, seal: BatchSeal) throws -> [Int64] {
    let source = try FileSource(path: path)
    let buffer = ByteBlock(capacity: 64 << 10)
    var ends: [Int64] = []
    var end: Int64 = 0
    while true {
      if Interruption.isRequested { throw InterruptedError() }
      buffer.truncate(to: 0)
      let header = SignatureBlock.headerByteCount
      guard try source.read(header, into: buffer) == header,
        let block = SignatureBlock(
          header: buffer.bytes, offset: end, batch: ends.count, limit: source.size - end),
        try source.read(block.byteCount - header, into: buffer) == block.byteCount - header,
        SignatureBlock.isGenuine(
          buffer.bytes, rowCount: block.rowCount, wordCount: block.wordCount, shard: shard,
          batch: ends.count, seal: seal)
      else { return ends }
      end += Int64(block.byteCount)
      ends.append(end)
    }
  }
}
