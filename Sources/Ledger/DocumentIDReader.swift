public import Streams

/// Reads the ids of a shard's documents in row order; see ``DecisionPlace/ids`` for the layout.
///
/// The file is not hashed: an id is proved by the hash of it that the document's record holds.
public final class DocumentIDReader {
  /// The file.
  public let path: String
  private static let none = UInt32.max
  private let source: FileSource
  private let block = ByteBlock(capacity: FileSource.readSize)
  private var position = 0

  /// Opens the file.
  ///
  /// - Throws: `StreamsError` where it is missing or unreadable.
  public init(path: String) throws(StreamsError) {
    self.path = path
    source = try FileSource(path: path)
  }

  /// The id of the next document, which must be the one that its record hashed; nil for a document
  /// without one. Valid until the next call.
  ///
  /// - Throws: ``LedgerError`` where the file ends, or holds something else.
  public func next(for record: DecisionRecord) throws -> UnsafeRawBufferPointer? {
    let length = try take(4).loadUnaligned(as: UInt32.self).littleEndian
    guard length != DocumentIDReader.none else {
      guard !record.flags.contains(.hasID) else { throw changed(record.row) }
      return nil
    }
    let id = try take(Int(length), row: record.row)
    guard record.flags.contains(.hasID), record.idHash == DecisionRecord.hash(ofID: id) else {
      throw changed(record.row)
    }
    return id
  }

  private func take(_ count: Int, row: UInt64? = nil) throws -> UnsafeRawBufferPointer {
    if block.count - position < count {
      // No length may exceed what the file still has: a changed one asks for no memory.
      let left = source.size - source.position + Int64(block.count - position)
      guard Int64(count) <= left else { throw changed(row) }
      let rest = Array(block.bytes(position..<block.count))
      block.truncate(to: 0)
      rest.withUnsafeBytes { block.append($0) }
      position = 0
      _ = try source.read(max(FileSource.readSize, count - rest.count), into: block)
      guard block.count >= count else { throw changed(row) }
    }
    defer { position += count }
    return block.bytes(position..<position + count)
  }

  private func changed(_ row: UInt64?) -> LedgerError {
    LedgerError(
      .altered,
      "\(path): the file ends early, or the id in row \(row.map(String.init) ?? "unknown") is not "
        + "the one that the run decided about. Restore the file, or curate again with --fresh")
  }
}
