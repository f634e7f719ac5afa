internal import Streams

/// Where a run keeps its files.
struct OutputLayout: Sendable {
  /// The output folder.
  let folder: String

  /// What the run is: its plan, packs, binary and shards. Written first.
  var runFile: String { folder + "/run.json" }
  /// Held while a run works here.
  var lockFile: String { folder + "/.lock" }
  /// Held while a shard is entered in the ledger, in runs that are spread over processes.
  var ledgerLockFile: String { folder + "/.ledger-lock" }
  /// Intermediate files; gone when the run is done.
  var work: String { folder + "/.work" }
  /// The key of the seals.
  var sealFile: String { work + "/seal" }
  /// The duplicates, once they are resolved.
  var resolvedFile: String { work + "/resolved/done" }

  /// The default place of the ledger.
  var ledger: String { folder + "/ledger.sqlite" }

  /// The part of a shard.
  func part(_ shard: String) -> String { "\(folder)/corpus/\(shard)" }
  /// The decision records of a shard.
  func records(_ shard: String) -> String { "\(folder)/decisions/\(shard).records" }
  /// The ids of a shard.
  func ids(_ shard: String) -> String { "\(folder)/decisions/\(shard).ids" }
  /// The quarantined records of a shard.
  func quarantine(_ shard: String) -> String { "\(folder)/quarantine/\(shard).jsonl" }
  /// The intermediate rows of a shard.
  func judged(_ index: Int) -> String { "\(work)/judged/\(index).rows" }
  /// The signatures of a shard, for near duplicates.
  func signatures(_ index: Int) -> String { "\(work)/judged/\(index).signatures" }
  /// The duplicates of a shard.
  func duplicates(_ index: Int) -> String { "\(work)/resolved/\(index).duplicates" }
  /// A file that is being written for a shard.
  func temporary(_ index: Int, _ kind: String) -> String { "\(work)/write/\(index).\(kind)" }

  /// What a run writes, which `--fresh` removes.
  static let ownNames = [
    "corpus", "decisions", "quarantine", ".work", "run.json", "ledger.sqlite",
    "ledger.sqlite-wal", "ledger.sqlite-shm", ".ledger-lock", "ledger.sqlite.lock",
    "trainings",
  ]
}
