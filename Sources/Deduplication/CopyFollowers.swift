/// An exact copy beside the first document with its text.
struct CopyEntry: SortRecord, Equatable {
  var first: UInt64
  var copy: UInt64

  var high: UInt64 { first }
  var low: UInt64 { copy }
}

/// Gives the exact copies of documents the fate of the first with their text.
struct CopyFollowers {
  private let copies: RecordReader<CopyEntry>
  private let kind: DuplicateVerdict.Kind
  private let shingles: ShingleCounter?
  private var ahead: CopyEntry?

  /// - Parameters:
  ///   - copies: by first document, then by copy.
  ///   - exact: whether copies are duplicates whether or not near ones are looked for.
  ///   - shingles: counts shingles for the evidence; nil where none were made.
  init(_ copies: SortedRecords<CopyEntry>, exact: Bool, shingles: ShingleCounter?) throws {
    self.copies = RecordReader(copies)
    self.shingles = shingles
    kind = exact ? .exactCopy : .nearDuplicate
    ahead = try self.copies.next()
  }

  /// The copies of documents before `ordinal`, which are near no other text.
  mutating func follow(below ordinal: UInt64, _ body: (DuplicateVerdict) throws -> Void) throws {
    while let entry = ahead, entry.first < ordinal {
      try body(copy(entry, survivor: entry.first, cluster: entry.first))
      ahead = try copies.next()
    }
  }

  /// The copies of a document that is near others.
  mutating func follow(
    _ verdict: NearVerdict, _ body: (DuplicateVerdict) throws -> Void
  ) throws {
    while let entry = ahead, entry.first == verdict.ordinal {
      if verdict.isContagion, var condemned = verdict.condemned {
        // The same text is as near to the hazard.
        condemned.ordinal = entry.copy
        try body(condemned)
      } else {
        try body(copy(entry, survivor: verdict.survivor, cluster: verdict.cluster))
      }
      ahead = try copies.next()
    }
  }

  private func copy(
    _ entry: CopyEntry, survivor: UInt64, cluster: UInt64
  ) throws -> DuplicateVerdict {
    var verdict = DuplicateVerdict(
      ordinal: entry.copy, kind: kind, survivor: survivor, evidence: nil)
    if let count = try shingles?.count(of: entry.first), count > 0 {
      verdict.evidence = DuplicateVerdict.Evidence(
        cluster: cluster, neighbour: entry.first, shared: count, united: count)
    }
    return verdict
  }
}

/// Sorted records one by one.
final class RecordReader<Record: SortRecord> {
  private let records: SortedRecords<Record>
  private let chunk = UnsafeMutableBufferPointer<Record>.allocate(capacity: 1024)
  private var place = 0
  private var count = 0

  init(_ records: SortedRecords<Record>) {
    self.records = records
  }

  deinit { chunk.deallocate() }

  /// The next record; nil behind the last.
  func next() throws -> Record? {
    if place == count {
      count = try records.next(into: chunk)
      place = 0
      if count == 0 { return nil }
    }
    place += 1
    return chunk[place - 1]
  }
}
