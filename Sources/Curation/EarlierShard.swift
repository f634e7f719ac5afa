internal import Corpus
internal import Ledger
internal import Streams

/// A part of an earlier snapshot, whose documents come before those of the input: a document of the
/// input that one of them resembles is a duplicate of it.
struct EarlierShard: Sendable {
  /// The part as it is read; its name is `<run>/<path>`.
  let shard: Shard
  /// What the ledger of its snapshot says of it, and that of this run will.
  let description: AgainstShard

  /// The parts of the newest snapshot of each ledger.
  ///
  /// - Parameter paths: ledgers, or the folders that hold one; the parts stand in `corpus` beside
  ///   it.
  /// - Throws: where a ledger cannot be read, was changed, or holds no finished run, and where a
  ///   part is missing.
  static func all(of paths: [String]) throws -> [EarlierShard] {
    var all: [EarlierShard] = []
    for path in paths {
      let ledgerPath = Folder.isFolder(path) ? OutputLayout(folder: path).ledger : path
      let layout = OutputLayout(folder: Folder.parent(of: ledgerPath))
      guard !Takedown.isPending(in: layout.folder) else {
        throw CurationError(
          .notASnapshot, ledgerPath,
          "stands beside a takedown that was stopped half-way; finish it with the same command")
      }
      let ledger = try Ledger(reading: ledgerPath)
      try ledger.verify()
      guard let snapshot = try ledger.newestSnapshot() else {
        throw CurationError(
          .notASnapshot, ledgerPath,
          "holds no finished run to compare with; finish it with the command that began it")
      }
      for part in snapshot.parts {
        guard let file = part.output else { continue }
        let place = layout.part(part.path)
        guard let size = Folder.size(of: place), let format = ShardFormat.of(name: part.path) else {
          throw CurationError(
            .notASnapshot, place,
            "is a part of the snapshot of \(ledgerPath) and is missing; restore it beside the "
              + "ledger, or take the ledger out of the plan's against")
        }
        let name = "\(snapshot.run)/\(part.path)"
        all.append(
          EarlierShard(
            shard: Shard(path: place, name: name, format: format, size: size, modified: 0),
            description: AgainstShard(
              snapshotRun: snapshot.run, snapshotRoot: snapshot.root, path: part.path,
              sha256: file.sha256, documents: part.documents)))
      }
    }
    return all
  }

  /// Whether what was read is what the ledger of its snapshot promised, all of it.
  func check(sha256: Digest256, documents: Int, unreadable: Int) throws {
    guard sha256 == description.sha256, Int64(documents) == description.documents else {
      throw CurationError(
        .notASnapshot, shard.path,
        "is not the file that its ledger vouches for; restore it, or take the ledger out of the "
          + "plan's against")
    }
    guard unreadable == 0 else {
      throw CurationError(
        .notASnapshot, shard.path,
        "has \(unreadable) records without the fields that this plan names; compare with snapshots "
          + "of the same fields")
    }
  }
}
