public import Streams

/// A finished corpus: the parts that a run wrote, and those that it left as they were in the
/// snapshot that it came out of.
public struct Snapshot: Equatable, Sendable {
  /// The run that made it.
  public var run: String
  /// That run's root.
  public var root: Digest256
  /// The run that made the snapshot it came out of; nil for a first one.
  public var parent: String?
  /// The documents of all parts.
  public var documents: Int64
  /// The decoded bytes of all parts.
  public var bytes: Int64
  /// The parts, in the order of the first snapshot's shards.
  public var parts: [Part]

  /// One shard of the corpus.
  public struct Part: Equatable, Sendable {
    /// The path below the corpus folder.
    public var path: String
    /// The file; nil where none is due, because nothing of a text shard was kept.
    public var output: Artefact?
    /// Its documents.
    public var documents: Int64
    /// `jsonl` or `text`.
    public var format: String
    /// `none`, or codec, level and library version: `gzip:6:1.2.13`.
    public var compression: String
    /// The run that wrote it: this snapshot's or one before.
    public var run: String
    /// The shard of that run.
    public var shard: Int
  }
}
