internal import Language
internal import Streams
internal import Training

/// The items of a plan's terms, as tokens.
package struct UnlearningData {
  /// The items of each term, in the plan's order.
  let items: [[UnlearningItem]]
  /// The SHA-256 of the text of each document, with its term, in the order in which they were read;
  /// a text that stands in several places is one document of its term.
  let documents: [Document]
  /// The SHA-256 of all documents of each term, in their order, and of the answers: what decides
  /// the bytes of a run besides plan, model and program.
  let digest: Digest256
  /// The texts of all terms: items that measure the model must not be among them.
  let texts: LearnedTexts
  /// Pairs that are longer than a sequence.
  let cut: CutItems

  /// A document of a term.
  struct Document: Hashable {
    var term: String
    var role: ObjectiveRole
    var digest: Digest256
  }

  /// Items that somebody made, one list for each term.
  package init(items: [[UnlearningItem]]) {
    (self.items, documents, digest) = (items, [], .zero)
    (texts, cut) = (LearnedTexts(), CutItems())
  }

  /// Reads what a plan names.
  ///
  /// - Throws: ``UnlearningError``, `ItemError`, `InputError`, `StreamsError`.
  init(_ plan: UnlearningPlan, encoder: DocumentEncoder) throws {
    let reader = ItemReader()
    var items: [[UnlearningItem]] = []
    var documents: [Document] = []
    var seen: Set<Document> = []
    var seal = DigestStream()
    var (texts, cut) = (LearnedTexts(), CutItems())
    for term in plan.terms {
      try UnlearningData.check(term)
      let answers = try term.objective.answers.map { try AnswerFile.answers(of: $0) } ?? []
      var own: [UnlearningItem] = []
      try reader.forEachItem(of: term.data) { place, digest, record in
        var maker = ItemMaker(
          encoder: encoder, term: term, limit: plan.sequence, answers: answers,
          seed: plan.seeds.answers, cut: cut)
        own += try maker.items(place, digest, record)
        cut = maker.cut
        texts.add(record, term.role, at: place)
        seal.update(digest.bytes)
        let document = Document(term: term.name, role: term.role, digest: digest)
        if seen.insert(document).inserted { documents.append(document) }
      }
      guard !own.isEmpty else { throw UnlearningError.empty(term: term.name, files: term.data) }
      for answer in answers { seal.update(Digest256(hashing: answer).bytes) }
      seal.update(Digest256(hashing: Array(term.name.utf8)).bytes)
      items.append(own)
    }
    (self.items, self.documents, self.texts, self.cut) = (items, documents, texts, cut)
    digest = seal.digest()
    try texts.checkOverlap()
  }

  /// Refuses data that is not there with the plan's own key; what a pattern means, its reader says.
  ///
  /// - Throws: ``UnlearningError/missing(place:path:)``.
  private static func check(_ term: UnlearningTerm) throws(UnlearningError) {
    for path in term.data where !Folder.exists(path) {
      guard !path.contains(where: { "*?[".contains($0) }) else { continue }
      throw .missing(place: term.dataPlace, path: path)
    }
  }
}

extension DigestStream {
  fileprivate mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }
}

/// Makes a record to items.
private struct ItemMaker {
  let encoder: DocumentEncoder
  let term: UnlearningTerm
  let limit: Int
  let answers: [[UInt8]]
  let seed: UInt64
  /// What was cut so far.
  var cut: CutItems

  mutating func items(
    _ place: ItemPlace, _ digest: Digest256, _ record: ItemReader.Record
  ) throws -> [UnlearningItem] {
    let use = term.objective.kind.answers
    switch record {
    case .text(let bytes):
      guard use == .none else {
        throw UnlearningError.prompt(place, objective: term.objective.kind.name)
      }
      let document = try bytes.withUnsafeBytes { try encoder.document(text: $0, digest: digest) }
      cut.items += 1
      return try pieces(document).map { try item($0, nil, digest, place) }
    case .response(let prompt, let response):
      let encoder = encoder
      return [
        try pair(place, digest, use) { answer in
          encoder.document(prompt: prompt, response: answer ?? response, digest: digest)
        }
      ]
    case .answer(let question, let answer):
      let encoder = encoder
      return [
        try pair(place, digest, use) { given in
          encoder.document(question: question, answer: given ?? answer, digest: digest)
        }
      ]
    }
  }

  /// A longer text becomes several sequences; each but the first begins with the last token of the
  /// one before, so that every token is predicted once.
  private func pieces(_ document: TokenizedDocument) -> [TokenizedDocument] {
    guard document.tokens.count > limit else { return [document] }
    var pieces: [TokenizedDocument] = []
    var first = 0
    while first < document.tokens.count - 1 {
      let range = first..<min(first + limit, document.tokens.count)
      pieces.append(
        TokenizedDocument(
          digest: document.digest, tokens: Array(document.tokens[range]),
          scored: Array(document.scored[range]), byteCount: document.byteCount))
      first += limit - 1
    }
    return pieces
  }

  private mutating func pair(
    _ place: ItemPlace, _ digest: Digest256, _ use: AnswerUse,
    _ document: (_ answer: [UInt8]?) -> TokenizedDocument
  ) throws -> UnlearningItem {
    let given = use == .none ? nil : answer(of: digest)
    let own = fitting(document(use == .instead ? given : nil))
    let other = use == .beside ? fitting(document(given)) : nil
    return try item(own, other, digest, place)
  }

  /// The document without what does not fit into a sequence, which is counted.
  private mutating func fitting(_ document: TokenizedDocument) -> TokenizedDocument {
    let (rest, lost) = document.cut(to: limit)
    cut.add(document, rest: rest, lost: lost)
    return rest
  }

  /// The answer that an item is given: always the same one, so that what the start model says of it
  /// is a constant.
  private func answer(of digest: Digest256) -> [UInt8] {
    let key = SplitMix64.hash(ofName: "unlearning/answers/" + term.name) ^ SplitMix64.mix(seed)
    let draw = SplitMix64.mix(key ^ digest.words.0)
    return answers[Int(draw % UInt64(answers.count))]
  }

  private func item(
    _ document: TokenizedDocument, _ preferred: TokenizedDocument?, _ digest: Digest256,
    _ place: ItemPlace
  ) throws -> UnlearningItem {
    let item = UnlearningItem(
      digest: digest, place: place, text: UnlearningItem.Text(document),
      preferred: preferred.map { UnlearningItem.Text($0) })
    guard item.texts.allSatisfy({ $0.scored > 0 }) else { throw UnlearningError.unscored(place) }
    return item
  }
}
