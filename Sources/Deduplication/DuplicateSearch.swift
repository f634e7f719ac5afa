internal import Foundation
public import Streams

/// Finds all duplicates of a corpus, exact and near, within a budget of memory.
///
/// Documents are known by their ordinal: their place over all shards, in the order in which they
/// survive. The answer does not depend on the order in which they are added, on the budget or on
/// threads.
///
/// - Exact copies are documents with the same text. The first of each text stands for the others in
///   all that follows: they have its shingles, and share its fate.
/// - Near duplicates are what ``NearDuplicateSearch`` finds among the first ones.
public struct DuplicateSearch {
  /// What is known of a document when it is added.
  public struct Traits: OptionSet, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// The traits with these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Its text has a word, and its signature stands in its shard's file.
    public static let hasWords = Traits(rawValue: 1)
    /// It is dropped or quarantined already.
    public static let refused = Traits(rawValue: 2)
    /// It is refused for a hazard.
    public static let hazardous = Traits(rawValue: 4)
  }

  /// What the search does.
  public struct Options: Sendable {
    /// Whether documents with the same text are duplicates, with or without words.
    public var exact: Bool
    /// How near duplicates are found; nil for not at all.
    public var near: NearDuplicateSettings?
    /// Whether documents near hazardous ones are condemned.
    public var contagion: Bool
    /// How many documents, the first ones, stay whatever is found: those of earlier snapshots.
    public var settled: UInt64
    /// Bytes that the search may hold, beside five bits a document.
    public var memory: Int
    /// Threads.
    public var threads: Int

    /// Options.
    public init(
      exact: Bool, near: NearDuplicateSettings?, contagion: Bool, settled: UInt64 = 0,
      memory: Int, threads: Int
    ) {
      self.exact = exact
      self.near = near
      self.contagion = contagion
      self.settled = settled
      self.memory = memory
      self.threads = threads
    }
  }

  /// Of the memory, the search for near duplicates may take one part in this many.
  public static let nearShare = 2

  private let options: Options
  private let folder: String
  private let signatures: [SignatureSource]
  private let rows: [UInt64]
  private let seal: BatchSeal
  private var copies: ExactDuplicates
  private var active: DocumentSet
  private var refused: DocumentSet
  private var hazardous: DocumentSet

  /// A search over `count` documents.
  ///
  /// - Parameters:
  ///   - signatures: the files of signatures in the order of ordinals, where near duplicates are
  ///     looked for.
  ///   - rows: how many documents each of these files has; `count` together.
  ///   - seal: what the files are sealed with.
  ///   - folder: where files go if they must.
  public init(
    count: UInt64, options: Options, signatures: [SignatureSource], rows: [UInt64],
    seal: BatchSeal, folder: String
  ) throws {
    self.options = options
    self.folder = folder
    self.signatures = signatures
    self.rows = rows
    self.seal = seal
    copies = try ExactDuplicates(folder: folder, expected: Int(count), memory: options.memory)
    active = DocumentSet(count: count)
    refused = DocumentSet(count: count)
    hazardous = DocumentSet(count: count)
  }

  /// Adds a document. Unreadable and unscored ones are not added.
  public mutating func add(_ digest: Digest256, ordinal: UInt64, _ traits: Traits) throws {
    if traits.contains(.refused) { refused.insert(ordinal) }
    if traits.contains(.hazardous) { hazardous.insert(ordinal) }
    if options.near != nil && traits.contains(.hasWords) {
      active.insert(ordinal)
    } else if !options.exact || traits.contains(.refused) {
      return
    }
    // Refused copies come last: they stand for none that are not.
    try copies.add(
      digest, shard: traits.contains(.refused) ? 1 : 0, row: ordinal)
  }

  /// Calls `body` for every document that is not to be kept, ascending.
  ///
  /// - Returns: what the search for near duplicates counted; nil without one.
  /// - Throws: ``DeduplicationError``, `StreamsError`, `InterruptedError`, and what `body` throws.
  public mutating func resolve(
    _ body: (DuplicateVerdict) throws -> Void
  ) throws -> NearDuplicateCounts? {
    try Folder.make(folder)
    let sort = ExternalSort<DuplicateVerdict>(
      folder: folder, name: "verdicts", memory: options.memory / 4, writers: 1,
      removesDuplicates: false)
    let verdicts = sort.writer()
    let copies = try sortedCopies()
    guard let near = options.near else {
      var followers = try CopyFollowers(copies, exact: options.exact, shingles: nil)
      try followers.follow(below: .max) { try verdicts.add($0) }
      try DuplicateSearch.forEach(try sort.sorted([verdicts]), body)
      return nil
    }
    let search = try NearDuplicateSearch(
      settings: near, files: signatures, rows: rows, seal: seal, folder: folder,
      memory: options.memory / DuplicateSearch.nearShare, threads: options.threads)
    var followers = try CopyFollowers(
      copies, exact: options.exact, shingles: ShingleCounter(search.table, near.shingle))
    let counts = try search.run(
      active: active, refused: refused, hazardous: hazardous, contagion: options.contagion,
      settled: options.settled, survivors: true
    ) { verdict in
      try followers.follow(below: verdict.ordinal) { try verdicts.add($0) }
      if let condemned = verdict.condemned { try verdicts.add(condemned) }
      try followers.follow(verdict) { try verdicts.add($0) }
    }
    try followers.follow(below: .max) { try verdicts.add($0) }
    try DuplicateSearch.forEach(try sort.sorted([verdicts]), body)
    return counts
  }

  /// The copies that are not refused, by the first document of their text. They take no part in
  /// what follows.
  private mutating func sortedCopies() throws -> SortedRecords<CopyEntry> {
    let sort = ExternalSort<CopyEntry>(
      folder: folder, name: "copies", memory: options.memory / 4, writers: 1,
      removesDuplicates: false)
    let writer = sort.writer()
    try copies.resolve { copy in
      active.remove(copy.row)
      guard !refused.contains(copy.row) else { return }
      try writer.add(CopyEntry(first: copy.survivorRow, copy: copy.row))
    }
    return try sort.sorted([writer])
  }

  private static func forEach(
    _ records: SortedRecords<DuplicateVerdict>, _ body: (DuplicateVerdict) throws -> Void
  ) throws {
    let reader = RecordReader(records)
    while let verdict = try reader.next() { try body(verdict) }
  }
}

/// Counts the shingles of documents, for the evidence of exact copies.
final class ShingleCounter {
  private let reader: SignatureReader
  private let comparer: ShingleComparer
  private let documents = UnsafeMutableBufferPointer<StoredDocument>.allocate(capacity: 1)
  private var last: (ordinal: UInt64, count: UInt32)?

  init(_ table: SignatureTable, _ shingle: Int) {
    reader = SignatureReader(table: table, descriptors: 8)
    comparer = ShingleComparer(shingle: shingle)
  }

  deinit { documents.deallocate() }

  /// How many different shingles a document has; 0 without a word.
  func count(of ordinal: UInt64) throws -> UInt32 {
    if let last, last.ordinal == ordinal { return last.count }
    documents.initialize(repeating: StoredDocument(ordinal: ordinal))
    try reader.measure(documents)
    let size = Int(documents[0].wordCount)
    var words = [UInt32](repeating: 0, count: size)
    let count = try words.withUnsafeMutableBufferPointer { words -> UInt32 in
      guard size > 0 else { return 0 }
      try reader.load(documents, into: words)
      let content = UnsafeBufferPointer(words)
      comparer.setFirst(content)
      return comparer.overlap(with: content, atLeast: 1)?.united ?? 0
    }
    last = (ordinal, count)
    return count
  }
}
