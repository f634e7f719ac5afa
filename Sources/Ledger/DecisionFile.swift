internal import Streams

/// Where a run keeps the records and ids of its documents, below an output folder.
public struct DecisionPlace: Sendable, Equatable {
  /// The decision records of the shard.
  public let records: String
  /// The ids of its documents, in row order: for each its length as u32, little-endian, then its
  /// UTF-8; the length 0xFFFFFFFF for a document without an id.
  public let ids: String

  /// The place of a shard's files.
  ///
  /// - Parameters:
  ///   - shard: the index of the shard in the run.
  ///   - run: a curation, whose files are in `decisions/`, or a takedown, whose files are in a
  ///     folder of its own there.
  ///   - output: the output folder.
  public init(ofShard shard: Int, run: RunDescription, in output: String) {
    self.init(ofPath: run.shards[shard], run: run, in: output)
  }

  /// The place of the files of the shard with this path.
  public init(ofPath path: String, run: RunDescription, in output: String) {
    let folder =
      run.kind == RunDescription.takedown ? "\(output)/decisions/\(run.id)" : "\(output)/decisions"
    records = "\(folder)/\(path).records"
    ids = "\(folder)/\(path).ids"
  }
}

extension RunDescription {
  /// The recipe that makes a snapshot from shards.
  public static let curate = "curate"
  /// The recipe that takes documents out of a snapshot.
  public static let takedown = "takedown"
}

/// Reads the records of a decision file in order, and proves at its end that the file is the one
/// which the run committed. What was read is not to be relied on before that.
public final class DecisionFileReader {
  private static let recordsAtOnce = 4096

  /// The file.
  public let path: String
  private let expected: Artefact
  private let source: FileSource
  private let block = ByteBlock(
    capacity: DecisionRecord.byteCount * DecisionFileReader.recordsAtOnce)
  private var position = 0
  private var row: UInt64 = 0
  private let digest = DigestChain()
  private var isProved = false

  /// Opens the file.
  ///
  /// - Parameters:
  ///   - path: the decision file.
  ///   - expected: the file as the ledger knows it.
  /// - Throws: `StreamsError` where it cannot be opened, ``LedgerError`` where it has another size.
  public init(path: String, expected: Artefact) throws {
    self.path = path
    self.expected = expected
    source = try FileSource(path: path)
    guard source.size == expected.bytes else {
      throw changed("it has \(source.size) bytes where the run wrote \(expected.bytes)")
    }
  }

  /// The record of the next row; nil behind the last one, once the file is proved.
  ///
  /// - Throws: ``LedgerError`` where the file is not the one that was committed.
  public func next() throws -> DecisionRecord? {
    if position == block.count {
      guard try fill() else { return nil }
    }
    let range = position..<position + DecisionRecord.byteCount
    guard range.upperBound <= block.count else { throw changed("it ends within a record") }
    let record: DecisionRecord
    do {
      record = try DecisionRecord(reading: block.bytes(range))
    } catch {
      throw changed("row \(row) is not a decision record")
    }
    guard record.row == row else {
      throw changed("row \(row) holds the record of row \(record.row)")
    }
    position = range.upperBound
    row += 1
    return record
  }

  private func fill() throws -> Bool {
    guard !isProved else { return false }
    block.truncate(to: 0)
    position = 0
    let got = try source.read(
      DecisionRecord.byteCount * DecisionFileReader.recordsAtOnce, into: block)
    digest.update(block.bytes)
    guard got == 0 else { return true }
    guard digest.digest() == expected.sha256 else {
      throw changed("its SHA-256 is not the one that the run committed")
    }
    isProved = true
    return false
  }

  func changed(_ why: String) -> LedgerError {
    LedgerError(
      .altered,
      "\(path): this decision file was changed after the run: \(why). Nothing is answered from "
        + "it; restore the file, or curate again with --fresh")
  }
}
