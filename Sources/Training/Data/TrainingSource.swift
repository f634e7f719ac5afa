public import Corpus
internal import Foundation
public import Ledger
internal import Settings
internal import Streams

/// The files that documents are read from, in a fixed order, and what is known of them.
public struct TrainingSource: Sendable {
  /// A file.
  public struct Part: Sendable {
    /// Where it is, and how documents stand in it.
    public var shard: Shard
    /// The file as a ledger knows it, which is compared when it is read; nil where none does.
    public var expected: Artefact?
    /// Its documents as a ledger knows them; nil where none does.
    public var documents: Int64?
  }

  /// The snapshot of a curation.
  public struct Origin: Sendable, Equatable, Codable {
    /// The curation.
    public var curation: String
    /// The run that made the snapshot: the curation, or the last takedown.
    public var run: String
    /// The run's root, hexadecimal.
    public var root: String
    /// The ledger that they stand in.
    public var ledger: String
  }

  /// The files, in the order in which they are read.
  public let parts: [Part]
  /// The fields whose text's SHA-256 names a document: those of the curation, so that its decisions
  /// have the same; else the plan's own, joined by line feeds.
  public let identity: DocumentFields
  /// The snapshot that the files are; nil where no ledger knows them.
  public let origin: Origin?
  /// About how many bytes the documents have.
  public let bytes: Int64

  /// What a plan trains on.
  ///
  /// - Throws: ``TrainingDataError`` where the folder is not a finished curation, `LedgerError`
  ///   where its ledger is broken, `InputError` and `StreamsError` where files are missing.
  public init(_ data: TrainingPlan.DataSettings) throws {
    switch data.source {
    case .files(let paths): try self.init(files: paths, data.fields)
    case .corpus(let folder, let ledger):
      try self.init(corpus: folder, ledger: ledger ?? folder + "/ledger.sqlite")
    }
  }

  /// Files that no ledger knows.
  init(files paths: [String], _ fields: TrainingPlan.DataSettings.Fields) throws {
    let list = try ShardList(inputs: paths)
    parts = list.shards.map { Part(shard: $0) }
    identity = DocumentFields(text: fields.paths, id: nil)
    origin = nil
    bytes = parts.reduce(0) { $0 + $1.shard.size }
  }

  /// The newest snapshot of the curation whose output is in `folder`.
  private init(corpus folder: String, ledger path: String) throws {
    func refuse(_ why: String) -> TrainingDataError { .init(.unfinished, folder, why) }
    guard let curation = try TrainingSource.run(in: folder) else {
      throw refuse("is not the output folder of `cordon curate`; name one, or use `files`")
    }
    guard !Folder.exists(folder + "/.work/takedown") else {
      throw refuse("a takedown was stopped here; run it again to finish it, then train")
    }
    let ledger = try Ledger(reading: path)
    guard let history = try ledger.history(from: curation) else {
      throw refuse("run \(curation) is not complete; run the same curate command to finish it")
    }
    parts = try history.snapshot.parts.compactMap { part in
      guard let output = part.output else { return nil }
      guard let format = ShardFormat(rawValue: part.format) else {
        throw refuse("part \(part.path) is of the format \(part.format), which is not read here")
      }
      let shard = Shard(
        path: "\(folder)/corpus/\(part.path)", name: part.path, format: format, size: output.bytes,
        modified: 0)
      return Part(shard: shard, expected: output, documents: part.documents)
    }
    identity = try TrainingSource.fields(ofPlan: history.runs[0].plan, run: curation)
    origin = Origin(
      curation: curation, run: history.snapshot.run, root: history.snapshot.root.hex, ledger: path)
    bytes = history.snapshot.bytes
  }

  private struct RunFile: Decodable {
    var run: String
  }

  /// The run whose output is in a folder; nil for none.
  private static func run(in folder: String) throws -> String? {
    let path = folder + "/run.json"
    guard Folder.exists(path) else { return nil }
    let bytes = try FileSource.contents(of: path)
    return try? JSONDecoder().decode(RunFile.self, from: Data(bytes)).run
  }

  /// Where the plan of a curation, which the ledger keeps, says that the text is.
  private static func fields(ofPlan bytes: [UInt8], run: String) throws -> DocumentFields {
    let plan = try SettingsFile(path: "the plan of run \(run)", bytes: bytes).root.mapping()
    guard let text = try plan.optional("fields")?.mapping().optional("text") else {
      return DocumentFields(text: DocumentFields.standard.text, id: nil)
    }
    let nodes = text.kind == .sequence ? try text.sequence() : [text]
    return DocumentFields(text: try nodes.map { try $0.string() }, id: nil)
  }
}
