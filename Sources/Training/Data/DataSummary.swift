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

  /// What a person should know of the data before trusting the losses; empty where all is well.
  public var notes: [String] {
    var notes: [String] = []
    let items = CutItems(
      items: packed, cut: cut, lostTokens: lostTokens, promptless: promptless)
    if let note = items.note { notes.append(note) }
    if trainedValidation > 0 {
      notes.append(
        "documents of the validation that are trained on too: \(trainedValidation); its loss says "
          + "little. Take them out of one of the two")
    }
    return notes
  }

  /// Items of both parts that lost tokens, because they are longer than a sequence.
  public var cut: Int { sum(\.cut) }
  /// Tokens that those lost.
  public var lostTokens: Int { sum(\.lostTokens) }
  /// Items among them of whose prompt nothing is left but its last token.
  public var promptless: Int { sum(\.promptless) }
  /// Documents of both parts that stand in sequences.
  public var packed: Int { sum(\.packed) }

  private func sum(_ count: KeyPath<PackingCounts, Int>) -> Int {
    training.counts[keyPath: count] + (validation?.counts[keyPath: count] ?? 0)
  }

  /// The documents that were read: packed, empty and unscored ones of both parts.
  public var documents: Int {
    training.counts.documents + (validation?.counts.documents ?? 0)
  }
}
