public import Streams

/// Where a rule matched in a document.
public struct MatchRow: Equatable, Sendable {
  /// The document's row.
  public var row: UInt64
  /// The 1-based index into the run's rules.
  public var rule: UInt32
  /// The offset of the match in the original text, in bytes of UTF-8.
  public var start: UInt64
  /// Its length there, in bytes of UTF-8.
  public var length: UInt32

  /// A match of this rule at this place.
  public init(row: UInt64, rule: UInt32, start: UInt64, length: UInt32) {
    self.row = row
    self.rule = rule
    self.start = start
    self.length = length
  }
}

/// Which document stands for a duplicate.
public struct DuplicateRow: Equatable, Sendable {
  /// The duplicate's row.
  public var row: UInt64
  /// The survivor's shard, as an index into the run's shards and, behind them, those that the run
  /// was compared with.
  public var survivorShard: Int
  /// The survivor's row there.
  public var survivorRow: UInt64

  /// A duplicate at this row with this survivor.
  public init(row: UInt64, survivorShard: Int, survivorRow: UInt64) {
    self.row = row
    self.survivorShard = survivorShard
    self.survivorRow = survivorRow
  }
}

/// All that one shard adds to the ledger, at once or not at all.
public struct ShardCommit: Sendable {
  /// The run's id.
  public var run: String
  /// The shard, as an index into the run's shards.
  public var shard: Int
  /// How many times the shard was begun, this time included.
  public var attempt: Int

  /// The shard as it was read.
  public var input: Artefact
  /// The part that was written; nil where nothing was kept and no part is due.
  public var output: Artefact?
  /// `jsonl` or `text`.
  public var format: String
  /// `none`, or codec, level and library version: `gzip:6:1.2.13`.
  public var compression: String

  /// The records that were read; always `kept + dropped + duplicate + quarantined`.
  public var read: Int64
  /// The records that stand in the part.
  public var kept: Int64
  /// The records that a screen or filter removed.
  public var dropped: Int64
  /// The records for which a survivor stands.
  public var duplicate: Int64
  /// The records that are set apart.
  public var quarantined: Int64
  /// The records whose text was changed.
  public var edited: Int64
  /// The decoded bytes of the records that were read.
  public var bytesRead: Int64
  /// The decoded bytes of the records that were kept.
  public var bytesKept: Int64
  /// Documents per reason, parallel to the run's reasons. At least the exceptions that name the
  /// reason; more where kept documents are tagged with it.
  public var reasonCounts: [Int64]

  /// The decision file: 64 bytes for every record read.
  public var records: Artefact
  /// The RFC 6962 root over its records.
  public var root: Digest256
  /// The record of every document that is not kept.
  public var exceptions: [DecisionRecord]
  /// The survivor of every duplicate.
  public var duplicates: [DuplicateRow]
  /// The evidence about every document that was condemned for what it is like.
  public var similarities: [SimilarityRow]
  /// The matches that are to be found again.
  public var matches: [MatchRow]

  /// What was wrong with the stream, as a reason; nil for a sound one.
  public var damage: String?
  /// The records whose id an earlier record of the run has.
  public var repeatedIDs: Int64

  /// A commit of these parts.
  public init(
    run: String, shard: Int, attempt: Int, input: Artefact, output: Artefact?, format: String,
    compression: String, read: Int64, kept: Int64, dropped: Int64, duplicate: Int64,
    quarantined: Int64, edited: Int64, bytesRead: Int64, bytesKept: Int64, reasonCounts: [Int64],
    records: Artefact, root: Digest256, exceptions: [DecisionRecord], duplicates: [DuplicateRow],
    matches: [MatchRow], similarities: [SimilarityRow] = [], damage: String?, repeatedIDs: Int64
  ) {
    self.run = run
    self.shard = shard
    self.attempt = attempt
    self.input = input
    self.output = output
    self.format = format
    self.compression = compression
    self.read = read
    self.kept = kept
    self.dropped = dropped
    self.duplicate = duplicate
    self.quarantined = quarantined
    self.edited = edited
    self.bytesRead = bytesRead
    self.bytesKept = bytesKept
    self.reasonCounts = reasonCounts
    self.records = records
    self.root = root
    self.exceptions = exceptions
    self.duplicates = duplicates
    self.similarities = similarities
    self.matches = matches
    self.damage = damage
    self.repeatedIDs = repeatedIDs
  }
}

/// What the ledger holds about a committed shard, its rows aside.
public struct ShardTotals: Equatable, Sendable {
  /// How many times the shard was begun until it was committed.
  public var attempt: Int
  /// The shard as it was read.
  public var input: Artefact
  /// The part that was written, if one was due.
  public var output: Artefact?
  /// `jsonl` or `text`.
  public var format: String
  /// `none`, or codec, level and library version.
  public var compression: String
  /// The records that were read.
  public var read: Int64
  /// The records that stand in the part.
  public var kept: Int64
  /// The records that a screen or filter removed.
  public var dropped: Int64
  /// The records for which a survivor stands.
  public var duplicate: Int64
  /// The records that are set apart.
  public var quarantined: Int64
  /// The records whose text was changed.
  public var edited: Int64
  /// The decoded bytes of the records that were read.
  public var bytesRead: Int64
  /// The decoded bytes of the records that were kept.
  public var bytesKept: Int64
  /// Documents per reason, parallel to the run's reasons.
  public var reasonCounts: [Int64]
  /// The decision file.
  public var records: Artefact
  /// The RFC 6962 root over its records.
  public var root: Digest256
  /// The SHA-256 of the shard's rows: see ``ShardEntry``.
  public var details: Digest256
  /// What was wrong with the stream, as a reason; nil for a sound one.
  public var damage: String?
  /// The records whose id an earlier record of the run has.
  public var repeatedIDs: Int64
}
