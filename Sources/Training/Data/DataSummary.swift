public import Ledger
internal import Streams

/// A file that was read, by what it held.
public struct TrainingFile: Sendable, Equatable, Codable {
  /// Its path below the common folder of the input.
  public var name: String
  /// The SHA-256 of its bytes, hexadecimal.
  public var sha256: String
  /// Its length in bytes.
  public var bytes: Int64
  /// The documents in it.
  public var documents: Int

  init(name: String, _ artefact: Artefact, documents: Int) {
    self.name = name
    sha256 = artefact.sha256.hex
    bytes = artefact.bytes
    self.documents = documents
  }
}

/// What was made of the documents of a run, so that a run which resumes finds it again and a ledger
/// can say it.
public struct DataSummary: Sendable, Equatable, Codable {
  /// A file that was written.
  public struct Written: Sendable, Equatable, Codable {
    /// Its SHA-256, hexadecimal.
    public var sha256: String
    /// Its length in bytes.
    public var bytes: Int64

    init(_ artefact: Artefact) {
      sha256 = artefact.sha256.hex
      bytes = artefact.bytes
    }

    /// The file as a ledger has it; nil where the digest is none.
    public var artefact: Artefact? {
      Digest256(hex: sha256).map { Artefact(sha256: $0, bytes: bytes) }
    }
  }

  /// Sequences that were packed.
  public struct Packed: Sendable, Equatable, Codable {
    /// The ``SequenceFile``.
    public var file: Written
    /// How many sequences it has.
    public var sequences: Int
    /// What packing did.
    public var counts: PackingCounts
  }

  /// The SHA-256 over all that decides what is written, hexadecimal.
  public var identity: String
  /// What weights are trained on.
  public var training: Packed
  /// What losses are measured on; nil for nothing.
  public var validation: Packed?
  /// Documents to validate on whose text is trained on too: their losses say little.
  public var trainedValidation: Int
  /// The ``DocumentIndex``.
  public var index: Written
  /// The `tokenizer.json`.
  public var tokenizer: Written
  /// The token behind each document; nil for none.
  public var endToken: Int32?
  /// The files in the order in which they were read.
  public var files: [TrainingFile]
  /// The files that were read to validate on; none where a share was held out.
  public var validationFiles: [TrainingFile]
  /// The snapshot that the files are; nil where no ledger knows them.
  public var origin: TrainingSource.Origin?

  /// The documents that were read: packed, empty and unscored ones of both parts.
  public var documents: Int {
    training.counts.documents + (validation?.counts.documents ?? 0)
  }
}
