internal import Ledger
internal import Streams

/// The ids of a shard's documents, in row order: for each its length as u32, little-endian, then
/// its UTF-8; the length 0xFFFFFFFF for a document without an id.
enum IDFile {
  private static let none: UInt32 = .max

  /// The ids of the documents of these records; nil for a document without one.
  ///
  /// - Precondition: the records are in row order.
  /// - Throws: ``AuditError`` where the file is missing, cut, or does not hold the ids of which
  ///   the records hold the hashes.
  static func ids(of records: [DecisionRecord], in path: String) throws -> [[UInt8]?] {
    var ids: [[UInt8]?] = []
    guard !records.isEmpty else { return ids }
    var cursor = Cursor(try FileReader(path: path))
    var row: UInt64 = 0
    for record in records {
      while row < record.row {
        if let length = try cursor.length(), length != none { try cursor.skip(Int(length)) }
        row += 1
      }
      guard let length = try cursor.length() else { throw cursor.cut() }
      let id = length == none ? nil : try cursor.take(Int(length))
      let hash = id.map { bytes in
        bytes.withUnsafeBytes { DecisionRecord.hash(ofID: $0) }
      }
      guard record.flags.contains(.hasID) == (id != nil), record.idHash == hash ?? 0 else {
        throw AuditError(
          .changedIDs,
          "\(path): the id in row \(record.row) is not the one that the run decided about. "
            + "Restore the file, or curate again with --fresh")
      }
      ids.append(id)
      row += 1
    }
    return ids
  }

  /// Reads across the borders of pieces.
  private struct Cursor: ~Copyable {
    private var file: FileReader
    private var piece = UnsafeRawBufferPointer(start: nil, count: 0)
    private var position = 0
    /// The bytes of the file that are not read yet: no length may exceed them.
    private var left: Int64

    init(_ file: consuming FileReader) {
      left = file.byteCount
      self.file = file
    }

    func cut() -> AuditError {
      AuditError(
        .changedIDs,
        "\(file.path): the file ends before the row that is asked for. Restore it, or curate "
          + "again with --fresh")
    }

    /// The next length; nil at the end of the file.
    mutating func length() throws -> UInt32? {
      if left == 0 { return nil }
      if piece.count - position >= 4 {
        let value = piece.loadUnaligned(fromByteOffset: position, as: UInt32.self)
        position += 4
        left -= 4
        return UInt32(littleEndian: value)
      }
      return try take(4).withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(as: UInt32.self)) }
    }

    mutating func take(_ count: Int) throws -> [UInt8] {
      guard Int64(count) <= left else { throw cut() }
      var bytes: [UInt8] = []
      bytes.reserveCapacity(count)
      while bytes.count < count {
        try refill()
        let part = min(count - bytes.count, piece.count - position)
        bytes.append(contentsOf: piece[position..<position + part])
        position += part
      }
      left -= Int64(count)
      return bytes
    }

    mutating func skip(_ count: Int) throws {
      guard Int64(count) <= left else { throw cut() }
      var rest = count
      while rest > 0 {
        try refill()
        let part = min(rest, piece.count - position)
        position += part
        rest -= part
      }
      left -= Int64(count)
    }

    private mutating func refill() throws {
      guard position == piece.count else { return }
      piece = try file.next()
      position = 0
      if piece.isEmpty { throw cut() }
    }
  }
}
