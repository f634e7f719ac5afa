internal import Corpus
internal import Foundation
internal import Language
internal import Ledger
internal import Streams

/// Told how far a preparation is: what it does, and how many of how many bytes of files are read.
public typealias DataProgress = (_ phase: String, _ done: Int64, _ total: Int64) -> Void

/// Makes the data of a run from a plan: reads the documents, learns a tokenizer where the plan says
/// so, packs sequences and enters every document in the index.
///
/// All of it is written below the output folder: `.work/` has `train.sequences`,
/// `validation.sequences`, `tokenizer.json` (where one is learned) and, last, `data.json`;
/// `documents.index` stands in the folder itself, since audits ask it when the run is over. What is
/// written is a function of the plan's data, sequence length and seed and of the documents, not of
/// threads. Where `data.json` is there already and says the same, nothing is made anew.
public struct DataPreparation {
  let plan: TrainingPlan
  let output: String
  let threads: Int
  let progress: DataProgress?

  /// A preparation; nothing is read or written yet.
  ///
  /// - Parameters:
  ///   - plan: what is wanted.
  ///   - output: the output folder of the run.
  ///   - threads: workers, at least 1.
  ///   - progress: is told how far it is, from one worker at a time.
  public init(
    _ plan: TrainingPlan, output: String, threads: Int, progress: DataProgress? = nil
  ) {
    precondition(threads > 0, "somebody works")
    self.plan = plan
    self.output = output
    self.threads = threads
    self.progress = progress
  }

  var work: String { output + "/.work" }
  var summaryPath: String { work + "/data.json" }
  var learnedTokenizer: String { work + "/tokenizer.json" }
  /// Where the index of documents is.
  public var indexPath: String { output + "/documents.index" }

  func sequences(_ part: DocumentPlace.Part) -> String {
    "\(work)/\(part == .validation ? "validation" : "train").sequences"
  }

  /// Makes what is not there yet, and opens it.
  ///
  /// - Throws: ``TrainingDataError``, `LedgerError`, `StreamsError`, `InputError`,
  ///   `TokenizerError`; `InterruptedError` when a stop was asked for.
  public func run() throws -> TrainingData {
    let source = try TrainingSource(plan.data)
    var heldOut: TrainingSource?
    if case .files(let paths) = plan.data.validation {
      heldOut = try TrainingSource(files: paths, plan.data.fields)
    }
    try Folder.make(work)
    if var earlier = try summary() {
      let identity = try identity(source, heldOut, try tokenizerDigest())
      guard earlier.identity == identity.hex else {
        throw TrainingDataError(
          .changed, output,
          "its data was packed from other files, another tokenizer or another plan; start anew "
            + "with --fresh, or choose another output")
      }
      try prove(source, heldOut, earlier)
      // The same snapshot, but the ledger may be reached by another path today.
      earlier.origin = source.origin
      return try open(earlier)
    }
    let tokenizer = try tokenizer(source)
    let identity = try identity(source, heldOut, try tokenizerDigest())
    return try open(
      try pack(source, heldOut, try encoder(tokenizer), identity: identity))
  }

  // MARK: - What was made before

  private func summary() throws -> DataSummary? {
    guard Folder.exists(summaryPath) else { return nil }
    let bytes = try FileSource.contents(of: summaryPath)
    guard let sealed = try? JSONDecoder().decode(SealedSummary.self, from: Data(bytes)) else {
      throw TrainingDataError(
        .changed, summaryPath, "is not of this version; start anew with --fresh")
    }
    guard try SealedSummary(sealed.data).sha256 == sealed.sha256 else {
      throw TrainingDataError(.altered, summaryPath, "was changed; start anew with --fresh")
    }
    return sealed.data
  }

  /// Opens what a summary speaks of, and proves that it is that.
  private func open(_ summary: DataSummary) throws -> TrainingData {
    func proved(_ written: DataSummary.Written) throws -> Artefact {
      guard let artefact = written.artefact else {
        throw TrainingDataError(.altered, summaryPath, "was changed; start anew with --fresh")
      }
      return artefact
    }
    let training = try SequenceFile(
      path: sequences(.training), expected: proved(summary.training.file))
    let validation = try summary.validation.map {
      try SequenceFile(path: sequences(.validation), expected: proved($0.file))
    }
    guard try tokenizerDigest() == proved(summary.tokenizer).sha256 else {
      throw TrainingDataError(
        .altered, tokenizerPath, "is not the tokenizer of this run; start anew with --fresh")
    }
    return TrainingData(
      training: training, validation: validation,
      index: try DocumentIndex(path: indexPath, expected: proved(summary.index)),
      tokenizer: try Tokenizer(path: tokenizerPath), tokenizerPath: tokenizerPath,
      summary: summary)
  }

  /// Proves that the files are those that were packed: a file may change and keep its length.
  private func prove(
    _ source: TrainingSource, _ heldOut: TrainingSource?, _ summary: DataSummary
  ) throws {
    let files = summary.files + summary.validationFiles
    for (part, file) in zip(source.parts + (heldOut?.parts ?? []), files) {
      if Interruption.isRequested { throw InterruptedError() }
      guard try FileSource.digest(of: part.shard.path).hex == file.sha256 else {
        throw TrainingDataError(
          .changed, part.shard.path,
          "was changed since \(output) was packed from it; restore it, start anew with --fresh, or "
            + "choose another output")
      }
    }
  }

  /// What the plan says of the tokenizer beside its bytes: no path, which says nothing.
  private var choice: String {
    switch plan.tokenizer {
    case .train(let size, let words, let sample): "train \(size) \(words.rawValue) \(sample)"
    case .file(_, let end): "file \(end ?? "")"
    case nil: "base"
    }
  }

  /// The SHA-256 over all that decides what is written.
  private func identity(
    _ source: TrainingSource, _ heldOut: TrainingSource?, _ tokenizer: Digest256
  ) throws -> Digest256 {
    var json = JSONText()
    json.object { json in
      json.member("layout", Int(SequenceFile.version))
      json.member("tokenizer", tokenizer.hex)
      json.member("choice", choice)
      json.member("fields", String(describing: plan.data.fields))
      json.member("identity", source.identity.text.joined(separator: "\n"))
      json.member("mask", plan.data.mask)
      json.member("packing", plan.data.packing.rawValue)
      json.member("sequence", plan.sequence)
      json.member("seed", plan.seeds.validation)
      json.member("root", source.origin?.root)
      if case .share(let share) = plan.data.validation { json.member("share", share) }
      for (name, parts) in [("files", source.parts), ("heldOut", heldOut?.parts ?? [])] {
        json.array(name) { json in
          for part in parts {
            json.value(part.shard.name)
            json.value(part.expected?.sha256.hex)
            json.value(part.shard.size)
          }
        }
      }
    }
    return Digest256(hashing: json.bytes)
  }

  // MARK: - Packing

  /// Which part a document belongs to, by the hash of its text: copies fall together.
  func part(of digest: Digest256) -> DocumentPlace.Part {
    guard case .share(let share) = plan.data.validation else { return .training }
    let hash = SplitMix64.mix(digest.words.0 ^ SplitMix64.mix(plan.seeds.validation))
    return Double(hash >> 11) * 0x1p-53 < share ? .validation : .training
  }

  private func pack(
    _ source: TrainingSource, _ heldOut: TrainingSource?, _ encoder: DocumentEncoder,
    identity: Digest256
  ) throws -> DataSummary {
    let index = try DocumentIndexWriter(path: indexPath, work: work + "/documents.unsorted")
    let training = try packer(.training, encoder.tokenizer, index)
    let hasValidation = plan.data.validation != .none
    let validation = hasValidation ? try packer(.validation, encoder.tokenizer, index) : nil
    let data = plan.data
    let files = try source.forEachDocument(
      data, threads: threads, progress: report("packing", source)
    ) { record in
      try encoder.document(record, data.fields)
    } take: { document in
      let isHeldOut = part(of: document.digest) == .validation
      try (isHeldOut ? validation ?? training : training).packer.add(document)
    }
    let validationFiles = try heldOut?.forEachDocument(
      data, threads: threads, progress: report("packing what is held out", heldOut)
    ) { record in
      try encoder.document(record, data.fields)
    } take: { document in
      try validation?.packer.add(document)
    }
    let trained = try finish(training)
    let validated = try validation.map(finish)
    let entries = try index.finish(
      trainingSequences: trained.sequences, validationSequences: validated?.sequences ?? 0)
    let summary = DataSummary(
      identity: identity.hex, training: trained, validation: validated,
      trainedValidation: index.trainedValidation, index: .init(entries),
      tokenizer: .init(
        Artefact(sha256: try tokenizerDigest(), bytes: Folder.size(of: tokenizerPath) ?? 0)),
      endToken: encoder.end, files: files, validationFiles: validationFiles ?? [],
      origin: source.origin)
    try check(summary, index.count)
    try write(summary)
    return summary
  }

  /// What tells how many of the files' bytes are read.
  func report(_ phase: String, _ source: TrainingSource?) -> (Int64) -> Void {
    let total = source?.parts.reduce(0) { $0 + $1.shard.size } ?? 0
    return { done in progress?(phase, done, total) }
  }

  private typealias Packing = (writer: SequenceWriter, packer: SequencePacker)

  private func packer(
    _ part: DocumentPlace.Part, _ tokenizer: Tokenizer, _ index: DocumentIndexWriter
  ) throws -> Packing {
    let writer = try SequenceWriter(
      path: sequences(part), length: plan.sequence, vocabulary: tokenizer.vocabularySize)
    let packer = SequencePacker(plan.data.packing, into: writer) { place in
      var place = place
      if place.count > 0 { place.part = part }
      try index.append(place)
    }
    return (writer, packer)
  }

  private func finish(_ packing: Packing) throws -> DataSummary.Packed {
    try packing.packer.finish()
    return DataSummary.Packed(
      file: .init(try packing.writer.finish()), sequences: packing.writer.count,
      counts: packing.packer.counts)
  }

  /// Nothing is lost, and there is something to work with.
  private func check(_ summary: DataSummary, _ entries: Int) throws(TrainingDataError) {
    let read = (summary.files + summary.validationFiles).reduce(0) { $0 + $1.documents }
    guard read == summary.documents, read == entries else {
      throw TrainingDataError(
        .imbalance, output,
        "\(read) documents were read, \(summary.documents) packed or counted and \(entries) "
          + "entered in the index; please report this")
    }
    guard summary.training.sequences > 0 else {
      throw TrainingDataError(
        .empty, output,
        "none of the \(read) documents has anything to train on; look at `data` in the plan")
    }
    guard summary.validation.map({ $0.sequences > 0 }) ?? true else {
      throw TrainingDataError(
        .empty, output,
        "none of the \(read) documents is held out to validate on; raise `validation` in the plan, "
          + "or name files there")
    }
  }

  private func write(_ summary: DataSummary) throws {
    let file = try OutputFile(temporaryPath: summaryPath + ".partial")
    try file.write(try SealedSummary.bytes(of: SealedSummary(summary)) + [0x0A])
    try file.publish(as: summaryPath)
  }
}
