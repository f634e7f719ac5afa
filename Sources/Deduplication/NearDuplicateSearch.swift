internal import Foundation
public import Streams

/// Finds near duplicates and contagion among the documents of all shards, from their signatures.
///
/// Documents that share a key of a band are compared by the exact Jaccard similarity of their
/// shingle sets; those at or above the threshold have an edge. Clusters are the connected
/// components over all edges. Every step goes through files where the memory that was granted does
/// not do; what comes out depends on neither memory nor threads.
///
/// Beside `memory` it takes a byte for each document, 40 bytes for each batch, and the two longest
/// documents that are compared with each other.
public struct NearDuplicateSearch {
  private let settings: NearDuplicateSettings
  let table: SignatureTable
  private let participants: DocumentSet
  private let folder: String
  private let memory: Int
  private let threads: Int

  /// How many documents the files hold, taking part or not.
  public var documentCount: UInt64 { table.documentCount }

  /// Opens the signatures of all shards and proves them by their seals.
  ///
  /// - Parameters:
  ///   - settings: what a near duplicate is; the signatures were made by the same.
  ///   - files: the signature files of all shards, in the order of ordinals.
  ///   - rows: the documents of each shard, where they are known: a file with fewer is damaged.
  ///   - seal: the seal of the run.
  ///   - folder: where files go meanwhile, in a folder of their own; made when it is missing.
  ///   - memory: bytes that each step may take.
  ///   - threads: threads to work with.
  /// - Throws: ``DeduplicationError`` for a damaged file, ``StreamsError``, ``InterruptedError``.
  public init(
    settings: NearDuplicateSettings, files: [SignatureSource], rows: [UInt64]? = nil,
    seal: BatchSeal,
    folder: String, memory: Int, threads: Int
  ) throws {
    precondition(memory > 0 && threads > 0, "a search has memory and threads")
    precondition(rows.map { $0.count == files.count } ?? true, "rows are known of all or none")
    self.settings = settings
    self.folder = folder + "/near"
    self.memory = memory
    self.threads = threads
    let headers = try files.map { try SignatureTable.File(path: $0.path) }
    for (index, file) in headers.enumerated() {
      if let rows, rows[index] != file.rowCount {
        throw DeduplicationError.damaged(files[index].path)
      }
    }
    table = try SignatureTable(files: headers, sources: files, bands: settings.bands)
    participants = try SignatureProof.participants(
      of: table, seal: seal, memory: memory, threads: threads)
  }

  /// Searches.
  ///
  /// - Parameters:
  ///   - active: the documents that are compared: of those with the same text the first.
  ///   - refused: the documents that are dropped or quarantined.
  ///   - hazardous: those of them that a hazard screen refused.
  ///   - contagion: whether a document with an edge to a hazardous one is condemned for it.
  ///   - settled: how many documents, the first ones, are not condemned by contagion: they are in
  ///     use already, and what resembles them is a duplicate.
  ///   - survivors: whether `body` is called with the survivors of clusters too.
  ///   - body: called with every condemned document, in ascending order, on the calling thread.
  /// - Throws: ``DeduplicationError`` where the files do not hold the documents of the sets, or
  ///   where the clusters do not fit in memory; ``StreamsError``, ``InterruptedError``, and what
  ///   `body` throws.
  public func run(
    active: DocumentSet, refused: DocumentSet, hazardous: DocumentSet, contagion: Bool,
    settled: UInt64 = 0, survivors: Bool = false, body: (NearVerdict) throws -> Void
  ) throws -> NearDuplicateCounts {
    precondition(
      active.count == refused.count && active.count == hazardous.count,
      "sets of other documents")
    guard active.count == table.documentCount else {
      throw DeduplicationError.damaged(table.paths.first.map { Folder.parent(of: $0) } ?? folder)
    }
    try Folder.remove(folder)
    try Folder.make(folder)
    // After an error of its own there is nothing to say about one of the removal.
    defer { try? Folder.remove(folder) }
    var compared = active
    compared.formIntersection(participants)
    // A hazardous document is refused, whatever the caller's other set says.
    var refused = refused
    refused.formUnion(hazardous)
    let edges = try EdgeFile(path: folder + "/edges")
    let (counts, found) = try search(compared, refused, hazardous, into: edges)
    var result = counts
    var contaminated = contagion ? found.contaminated : DocumentSet(count: active.count)
    result.settledNearHazards = Int64(contaminated.remove(below: settled))
    let verdicts = Verdicts(
      edges: edges, refused: refused, hazardous: hazardous,
      contaminated: contaminated,
      survivors: survivors, folder: folder, memory: memory)
    result.clusters = try verdicts.run(nodes: RankedDocuments(found.nodes), body)
    return result
  }

  private func search(
    _ active: DocumentSet, _ refused: DocumentSet, _ hazardous: DocumentSet,
    into edges: EdgeFile
  ) throws -> (NearDuplicateCounts, EdgeSearch.Found) {
    let descriptors = SignatureReader.descriptorLimit(threads: threads)
    let readers = (0..<threads).map { _ in
      SignatureReader(table: table, descriptors: descriptors)
    }
    let candidates = try CandidateSearch.run(
      bands: settings.bands, active: active, hazardous: hazardous, readers: readers,
      folder: folder, memory: memory)
    let found = try EdgeSearch.run(
      candidates.pairs, settings: settings, refused: refused, hazardous: hazardous,
      readers: readers, memory: memory / 2, edges: edges)
    let counts = NearDuplicateCounts(
      candidates: Int64(found.candidates), edges: Int64(edges.count),
      largeBuckets: Int64(candidates.counts.largeBuckets),
      skippedPairs: Int64(candidates.counts.skippedPairs))
    return (counts, found)
  }
}
