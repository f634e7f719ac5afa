internal import Ledger
public import Streams
internal import Training

/// Parts of a snapshot that the documents of a training run are.
public struct TrainedParts: Sendable, Equatable {
  /// The run that made the snapshot.
  public var run: String
  /// The snapshot's root.
  public var root: Digest256
  /// The paths of the parts below the corpus folder, in the snapshot's order.
  public var paths: [String]
  /// How many parts the snapshot has that hold a document.
  public var count: Int
  /// The documents of these parts.
  public var documents: Int

  /// Writes it as one JSON object.
  func write(to json: inout JSONText) {
    json.object { json in
      json.member("run", run)
      json.member("root", root.hex)
      json.array("paths") { json in
        for path in paths { json.value(path) }
      }
      json.member("parts", count)
      json.member("documents", documents)
    }
  }

  /// It for a person: one sentence.
  var line: String {
    let shown = paths.prefix(8).joined(separator: ", ")
    let more = paths.count > 8 ? " and \(paths.count - 8) more" : ""
    return "It was trained on \(documents) documents, those of \(shown)\(more): \(paths.count) of "
      + "\(count) parts of the snapshot \(root), made by run \(run)."
  }
}

/// Finds what a curation wrote behind a run that was trained on files: its index of documents holds
/// the hash of every text that it read, and the decision files of a curation those of every text
/// that a part keeps. Both are proved against the ledger.
struct PartSearch {
  private let ledger: Ledger
  private let curations: [String: String]

  init(_ ledger: Ledger, curations: [String: String]) {
    (self.ledger, self.curations) = (ledger, curations)
  }

  /// The parts whose documents are all that a training run read, and nothing else; of the oldest
  /// snapshot that has such parts. Nil where there are none, or their decision files are not in a
  /// folder that is known.
  ///
  /// - Throws: ``AuditError`` and `LedgerError` where a file is not the one that the ledger knows.
  func parts(of training: TrainingRow) throws -> TrainedParts? {
    let path = TrainingRow.indexPath(ofRun: training.id, ledger: ledger.path)
    guard !curations.isEmpty, let size = Folder.size(of: path) else { return nil }
    do {
      let index = try DocumentIndex(
        path: path, expected: Artefact(sha256: training.documentIndex, bytes: size))
      for run in try ledger.runs() {
        guard let snapshot = try ledger.snapshot(of: run) else { continue }
        if let parts = try parts(of: snapshot, in: index) { return parts }
      }
    } catch let error as TrainingDataError {
      throw AuditError(.changedLedger, error.description)
    }
    return nil
  }

  private func parts(of snapshot: Snapshot, in index: DocumentIndex) throws -> TrainedParts? {
    guard let folder = curations[try ledger.firstRun(of: snapshot.run)] else { return nil }
    let parts = snapshot.parts.filter { $0.documents > 0 }
    var found: (paths: [String], texts: [Digest256]) = ([], [])
    for part in parts where part.documents <= Int64(index.count - found.texts.count) {
      guard let texts = try texts(of: part, in: folder, amongThose: index) else { continue }
      found.paths.append(part.path)
      found.texts += texts
    }
    // Each text as often as it was read: the index is sorted by them.
    guard !found.paths.isEmpty, found.texts.count == index.count else { return nil }
    found.texts.sort()
    for (place, text) in found.texts.enumerated() {
      guard try index.place(place).digest == text else { return nil }
    }
    return TrainedParts(
      run: snapshot.run, root: snapshot.root, paths: found.paths, count: parts.count,
      documents: index.count)
  }

  /// The hashes of the texts that a part keeps; nil where one of them is not in the index, or the
  /// decision file is missing.
  private func texts(
    of part: Snapshot.Part, in folder: String, amongThose index: DocumentIndex
  ) throws -> [Digest256]? {
    let run = try ledger.description(of: part.run)
    let place = DecisionPlace(ofShard: part.shard, run: run, in: folder)
    guard let records = try ledger.committedShards(of: part.run)[part.shard]?.records,
      Folder.exists(place.records)
    else { return nil }
    let reader = try DecisionFileReader(path: place.records, expected: records)
    var texts: [Digest256] = []
    while let record = try reader.next() {
      guard record.verdict == .kept else { continue }
      guard try !index.places(of: record.digest).isEmpty else { return nil }
      texts.append(record.digest)
    }
    return texts
  }
}

extension Ledger {
  /// The curation whose snapshot that of a run came out of, over takedowns; itself for a first one.
  ///
  /// - Throws: `LedgerError` where there is no such run.
  func firstRun(of run: String) throws(LedgerError) -> String {
    var first = run
    // Whoever changed the file may have made a circle.
    var seen: Set<String> = [run]
    while let parent = try snapshot(of: first)?.parent, seen.insert(parent).inserted {
      first = parent
    }
    return first
  }
}
