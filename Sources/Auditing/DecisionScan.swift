internal import Ledger
internal import Streams

/// Finds records in a shard's decision file, and proves on the way that the file is the one which
/// the run committed.
struct DecisionScan {
  /// What is looked for.
  enum Query {
    /// The documents whose id has this hash.
    case idHash(UInt64)
    /// The documents whose text, or raw bytes, have this digest.
    case digest(Digest256)

    /// Where in a record the first eight bytes to compare are.
    var offset: Int {
      switch self {
      case .idHash: 48
      case .digest: 16
      }
    }

    /// These eight bytes as they lie in a record.
    var needle: UInt64 {
      switch self {
      case .idHash(let hash): hash.bigEndian
      case .digest(let digest): digest.words.0.bigEndian
      }
    }

    /// Whether the record is one of those that are looked for.
    func matches(_ record: DecisionRecord) -> Bool {
      switch self {
      case .idHash(let hash): record.flags.contains(.hasID) && record.idHash == hash
      case .digest(let digest): record.digest == digest
      }
    }
  }

  /// What is looked for.
  let query: Query
  /// A row that is wanted whatever its record says.
  let row: UInt64?

  /// The records found in the file at `path`, in row order.
  ///
  /// - Parameters:
  ///   - path: the decision file.
  ///   - expected: the file as the ledger knows it.
  /// - Throws: ``AuditError`` where the file is missing or another one; nothing that was found in
  ///   another file is an answer.
  func records(in path: String, expected: Artefact) throws -> [DecisionRecord] {
    var file = try FileReader(path: path)
    guard file.byteCount == expected.bytes else {
      throw changed(
        path, "it has \(file.byteCount) bytes where the run wrote \(expected.bytes)")
    }
    var found: [DecisionRecord] = []
    var stream = DigestStream()
    var first: UInt64 = 0
    while true {
      let piece = try file.next()
      if piece.isEmpty { break }
      stream.update(piece)
      let rows = candidates(in: piece, first: first)
      for row in rows {
        let offset = Int(row - first) * DecisionRecord.byteCount
        let record: DecisionRecord
        do {
          record = try DecisionRecord(reading: UnsafeRawBufferPointer(rebasing: piece[offset...]))
        } catch {
          throw changed(path, "row \(row) is not a decision record")
        }
        guard record.row == row else {
          throw changed(path, "row \(row) holds the record of row \(record.row)")
        }
        if row == self.row || query.matches(record) { found.append(record) }
      }
      first += UInt64(piece.count / DecisionRecord.byteCount)
    }
    guard stream.digest() == expected.sha256 else {
      throw changed(path, "its SHA-256 is not the one that the run committed")
    }
    return found
  }

  /// The rows of a piece that may be wanted: eight bytes are compared first.
  private func candidates(in piece: UnsafeRawBufferPointer, first: UInt64) -> [UInt64] {
    var rows: [UInt64] = []
    let needle = query.needle
    let wanted = row ?? .max
    var row = first
    var offset = query.offset
    while offset < piece.count {
      let value = piece.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      if value == needle || row == wanted { rows.append(row) }
      offset += DecisionRecord.byteCount
      row += 1
    }
    return rows
  }

  private func changed(_ path: String, _ why: String) -> AuditError {
    AuditError(
      .changedDecisions,
      "\(path): this decision file was changed after the run: \(why). Nothing is answered from "
        + "it; restore the file, or curate again with --fresh")
  }
}
