internal import Evaluation
internal import Language
internal import Streams
internal import Tensors
internal import Training

/// The items that an attack learns from, as tokens, each a sequence of its own.
struct LearningItems: Sendable {
  private let documents: [TokenizedDocument]

  /// How many there are.
  var count: Int { documents.count }

  /// Reads files of JSON lines `{"text"}`, `{"prompt","response"}` or `{"question","answer"}`, and
  /// texts.
  ///
  /// - Parameter limit: tokens of an item; a prompt loses its beginning, a text its end.
  /// - Throws: ``AttackError/nothing(attack:files:)``, `ItemError`, `InputError`, `StreamsError`,
  ///   and what reading the model's settings throws.
  init(
    _ files: [NamedFile], attack: String, of subject: AttackSubject, limit: Int
  ) throws {
    let encoder =
      try DocumentEncoder(subject.tokenizer, ofModel: subject.folder)
      ?? DocumentEncoder(
        subject.tokenizer, end: DocumentEncoder.end(named: nil, of: subject.tokenizer))
    var documents: [TokenizedDocument] = []
    try ItemReader().forEachItem(of: files.map(\.path)) { place, digest, record in
      let document =
        switch record {
        case .text(let bytes):
          try bytes.withUnsafeBytes { try encoder.document(text: $0, digest: digest) }
        case .response(let prompt, let response):
          encoder.document(prompt: prompt, response: response, digest: digest)
        case .answer(let question, let answer):
          encoder.document(question: question, answer: answer, digest: digest)
        }
      let cut = document.cut(to: limit).document
      guard cut.targets > 0 else {
        throw ItemError(place, why: "no token of this item is scored; give it an answer")
      }
      documents.append(cut)
    }
    guard !documents.isEmpty else {
      throw AttackError.nothing(attack: attack, files: files.map(\.name))
    }
    self.documents = documents
  }

  /// Some of the items, filled up to the longest.
  func batch(_ numbers: [Int]) -> TrainingBatch {
    let chosen = numbers.map { documents[$0] }
    let length = chosen.map(\.tokens.count).max() ?? 1
    var (tokens, targets): ([Int32], [Int32]) = ([], [])
    tokens.reserveCapacity(chosen.count * length)
    targets.reserveCapacity(chosen.count * length)
    for document in chosen {
      let fill = length - document.tokens.count
      // No token sees what stands behind it, and nothing of it is scored: any token will do.
      tokens += document.tokens + Array(repeating: 0, count: fill)
      targets += zip(document.tokens, document.scored).dropFirst().map {
        $1 ? $0 : CrossEntropy.ignored
      }
      targets += Array(repeating: CrossEntropy.ignored, count: fill + 1)
    }
    return TrainingBatch(
      length: length, tokens: tokens, targets: targets,
      segments: Segments(rows: tokens.count, length: length))
  }
}
