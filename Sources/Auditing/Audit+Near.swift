internal import Corpus
internal import Deduplication
internal import Foundation
internal import Ledger
internal import Streams

/// The documents of a corpus that are near a text.
public struct NearDocuments: Sendable {
  /// A document and how near it is.
  public struct Document: Sendable {
    /// What happened to it: it was kept.
    public var trace: Trace
    /// The shingles that it has in common with the text.
    public var shared: UInt32
    /// The shingles that it has, or the text, or both.
    public var united: UInt32

    /// The Jaccard similarity of the two sets of shingles.
    public var similarity: Double { Double(shared) / Double(united) }
  }

  /// The nearest, most similar first; equally similar ones in the order of the corpus.
  public var nearest: [Document]
  /// How many are near in all.
  public var count: Int
  /// How similar a document had to be.
  public var jaccard: Double

  /// The nearest as one JSON array: each a trace, with its similarity to the text.
  public var json: String {
    var json = JSONText()
    json.array { json in
      for document in nearest {
        document.trace.write(
          to: &json, similarity: document.similarity, shared: document.shared,
          united: document.united)
      }
    }
    return json.text
  }

  /// The nearest for a person, an empty line between two.
  public var text: String {
    nearest.map { document in
      let share = Trace.percent(document.shared, of: document.united)
      let line =
        "It has \(document.shared) of \(document.united) shingles in common with the text "
        + "(\(share))."
      return (document.trace.lines + [line]).joined(separator: "\n")
    }.joined(separator: "\n\n")
  }
}

extension Audit {
  /// What in the corpus is near a text: the exact Jaccard similarity of its shingles with those of
  /// every document of the newest snapshot, each part proved against the ledger while it is read.
  ///
  /// - Parameters:
  ///   - text: the text in UTF-8.
  ///   - jaccard: how similar is near, above 0 and at most 1; nil for the run's own threshold.
  ///   - limit: how many are told of at most.
  ///   - threads: workers.
  /// - Throws: ``AuditError``, `LedgerError` and `StreamsError` where the answer could not be
  ///   trusted or the text has no word.
  public func near(
    text: [UInt8], jaccard: Double? = nil, limit: Int = 100, threads: Int
  ) throws -> NearDocuments {
    precondition(jaccard.map { $0 > 0 && $0 <= 1 } ?? true, "a similarity above 0")
    precondition(limit > 0 && threads > 0, "somebody asks, somebody works")
    let summary = try finishedSummary()
    guard let history = try ledger.history(from: summary.run) else { throw unfinished(summary) }
    let settings = try RunSettings(history.runs[0], ledger: ledger.path)
    guard String(validating: text, as: UTF8.self) != nil else {
      throw AuditError(.noWords, "the text is not UTF-8; convert it")
    }
    let query = NearSearch.Query(
      text: text, shingle: settings.shingle, jaccard: jaccard ?? settings.jaccard)
    guard !query.words.isEmpty else {
      throw AuditError(.noWords, "the text has no word, so nothing is near it")
    }
    let search = NearSearch(
      query, in: history.snapshot, folder: folder, fields: settings.fields, threads: threads,
      limit: limit)
    let found = try search.run()
    let traces = try traces(of: found.nearest, history)
    return NearDocuments(
      nearest: zip(found.nearest, traces).map {
        NearDocuments.Document(trace: $1, shared: $0.overlap.shared, united: $0.overlap.united)
      }, count: found.count, jaccard: query.jaccard)
  }

  /// What happened to the documents that were found in parts: the records are those of the run
  /// that read them, whose rows the parts do not show.
  private func traces(
    of hits: [NearSearch.Hit], _ history: SnapshotHistory
  ) throws -> [Trace] {
    var traces: [[UInt64]: Trace] = [:]
    let run = history.runs[0]
    for part in Set(hits.map(\.part)).sorted() {
      let rows = Set(hits.filter { $0.part == part }.map(\.row))
      let documents = try history.documents(ofPart: part, in: folder)
      var records: [DecisionRecord] = []
      var partRows: [UInt64] = []
      while let document = try documents.next() {
        guard let row = document.partRow, rows.contains(row) else { continue }
        records.append(document.record)
        partRows.append(row)
      }
      let shard = history.steps[part][0].shard
      let place = DecisionPlace(ofShard: shard, run: run, in: folder)
      let ids = try IDFile.ids(of: records, in: place.ids)
      for (index, record) in records.enumerated() {
        traces[[UInt64(part), partRows[index]]] = try trace(
          record, id: ids[index], shard: shard, run: run)
      }
    }
    return try hits.map { hit in
      guard let trace = traces[[UInt64(hit.part), hit.row]] else {
        throw disagreement("\(history.snapshot.parts[hit.part].path), document \(hit.row)")
      }
      return trace
    }
  }
}

/// What a run's settings say about texts and near duplicates; where they are silent, what a plan
/// means that is silent.
struct RunSettings {
  let fields: DocumentFields
  let shingle: Int
  let jaccard: Double

  private struct Stored: Decodable {
    struct Fields: Decodable {
      var text: [String]
      var id: String?
    }
    struct Near: Decodable {
      var shingle: Int
      var jaccard: Double
    }
    var fields: Fields?
    var near: Near?
  }

  init(_ run: RunDescription, ledger: String) throws {
    guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(run.settings.utf8)),
      !(stored.fields?.text.isEmpty ?? false), !(stored.fields?.text.contains("") ?? false),
      stored.near.map({ NearDuplicateSettings.shingleRange.contains($0.shingle) }) ?? true
    else {
      throw AuditError(
        .changedLedger, "\(ledger): the settings of run \(run.id) cannot be understood")
    }
    fields = stored.fields.map { DocumentFields(text: $0.text, id: $0.id) } ?? .standard
    shingle = stored.near?.shingle ?? NearDuplicateSettings.usualShingle
    jaccard = stored.near?.jaccard ?? NearDuplicateSettings.usualJaccard
  }
}
