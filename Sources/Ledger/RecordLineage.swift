internal import Streams

/// What became of a shard's documents, from the run that read them through the takedowns that came
/// after, up to the part as it stands.
///
/// The rows of a takedown are the documents that the part had before, in order: those that the run
/// before it kept. So the files are read side by side, each record of one standing against a kept
/// record of the one before.
public final class RecordLineage {
  /// A document of the shard.
  public struct Document: Sendable, Equatable {
    /// Its record in the first run.
    public var record: DecisionRecord
    /// Its place among the part's documents as they stand, from 0; nil where it is not there.
    public var partRow: UInt64?
    /// Which of the runs took it down, as an index into the lineage (1 or more), and its record
    /// there; nil where none did.
    public var gone: Gone?
  }

  /// The end of a document that was kept at first.
  public struct Gone: Sendable, Equatable {
    /// The run, as an index into the lineage.
    public var step: Int
    /// The document's record in that run.
    public var record: DecisionRecord
  }

  private let files: [DecisionFileReader]
  private var kept: [UInt64]
  private var ended = false

  /// The documents of one shard.
  ///
  /// - Parameter files: the decision files of the runs that wrote the part, the first one's first,
  ///   each as the ledger knows it.
  /// - Precondition: there is at least one.
  public init(_ files: [(path: String, expected: Artefact)]) throws {
    precondition(!files.isEmpty, "a lineage begins with a run")
    self.files = try files.map { try DecisionFileReader(path: $0.path, expected: $0.expected) }
    kept = Array(repeating: 0, count: files.count)
  }

  /// The next document of the first run; nil behind the last one, once all files are proved.
  ///
  /// - Throws: ``LedgerError`` where a file is not the one that was committed, or the files do not
  ///   continue each other.
  public func next() throws -> Document? {
    guard let record = try files[0].next() else {
      if !ended { try end() }
      return nil
    }
    var last = record
    for step in files.indices {
      if step > 0 {
        guard let next = try files[step].next(), next.digest == last.digest,
          next.idHash == last.idHash
        else { throw files[step].changed("it does not continue the run before") }
        last = next
      }
      guard last.verdict == .kept else {
        return Document(
          record: record, partRow: nil, gone: step == 0 ? nil : Gone(step: step, record: last))
      }
      kept[step] += 1
    }
    return Document(record: record, partRow: kept[files.count - 1] - 1, gone: nil)
  }

  private func end() throws {
    for file in files.dropFirst() {
      guard try file.next() == nil else { throw file.changed("it has documents of nobody") }
    }
    ended = true
  }
}
