internal import Corpus
internal import Language
internal import Streams

extension DataPreparation {
  /// The token that begins and ends a document of a tokenizer that is learned here.
  static let endToken = "<|endoftext|>"

  /// Where the tokenizer of the run is.
  var tokenizerPath: String {
    switch plan.tokenizer {
    case .train: return learnedTokenizer
    case .file(let path, _): return path
    case nil:
      guard case .base(let folder) = plan.model else {
        preconditionFailure("a new model has a tokenizer: the plan saw to it")
      }
      return folder + "/tokenizer.json"
    }
  }

  func tokenizerDigest() throws -> Digest256 { try FileSource.digest(of: tokenizerPath) }

  /// The tokenizer of the run; one that is to be learned is learned first.
  func tokenizer(_ source: TrainingSource) throws -> Tokenizer {
    if case .train(let size, let words, let sample) = plan.tokenizer {
      try learn(source, size: size, words: words, sample: sample)
    }
    return try Tokenizer(path: tokenizerPath)
  }

  /// The encoder of documents, which knows what ends them.
  func encoder(_ tokenizer: Tokenizer) throws -> DocumentEncoder {
    if plan.tokenizer == nil, case .base(let folder) = plan.model,
      let encoder = try DocumentEncoder(tokenizer, ofModel: folder)
    {
      return encoder
    }
    var name: String?
    if case .file(_, let end) = plan.tokenizer { name = end }
    return DocumentEncoder(
      tokenizer, end: try DocumentEncoder.end(named: name, of: tokenizer))
  }

  /// Learns a tokenizer from the documents that weights are trained on.
  ///
  /// They are read in the order of the files and their rows. Where they may have more bytes than
  /// the sample, each is in it with the same chance, by a hash of its text; one that does not fit
  /// into what is left of the sample is not. All texts that the model reads count, prompts too.
  private func learn(
    _ source: TrainingSource, size: Int, words: BPETrainer.Words, sample: Int
  ) throws {
    var trainer = BPETrainer(words: words)
    var left = sample
    let share = Double(sample) / Double(max(1, source.bytes))
    let key = SplitMix64.hash(ofName: "tokenizer sample")
    _ = try source.forEachDocument(
      plan.data, threads: threads, progress: report("learning the tokenizer", source)
    ) { record -> [[UInt8]] in
      let hash = SplitMix64.mix(record.digest.words.1 ^ key)
      guard part(of: record.digest) == .training, Double(hash >> 11) * 0x1p-53 < share else {
        return []
      }
      return record.texts.map { Array($0) }
    } take: { texts in
      let bytes = texts.reduce(0) { $0 + $1.count }
      guard bytes <= left else { return }
      left -= bytes
      for text in texts { trainer.add(text) }
    }
    let json = try trainer.train(
      vocabularySize: size, specialTokens: [DataPreparation.endToken],
      startToken: DataPreparation.endToken)
    let file = try OutputFile(temporaryPath: learnedTokenizer + ".partial")
    try file.write(json)
    try file.publish(as: learnedTokenizer)
  }
}

extension DocumentEncoder {
  /// A record of a plan's fields.
  func document(
    _ record: TrainingRecord, _ fields: TrainingPlan.DataSettings.Fields
  ) throws(TrainingDataError) -> TokenizedDocument {
    switch fields {
    case .text:
      return try document(text: record.texts[0], masked: record.masked, digest: record.digest)
    case .promptResponse:
      return document(
        prompt: Array(record.texts[0]), response: Array(record.texts[1]), digest: record.digest)
    case .questionAnswer:
      return document(
        question: Array(record.texts[0]), answer: Array(record.texts[1]), digest: record.digest)
    }
  }
}
