internal import Language
internal import Streams
internal import Training

/// The items of a plan's terms, as tokens.
package struct UnlearningData {
  /// The items of each term, in the plan's order.
  let items: [[UnlearningItem]]
  /// The SHA-256 of the text of each document that is to be forgotten, with its term, in the order
  /// in which they were read.
  let documents: [(term: String, digest: Digest256)]
  /// The SHA-256 of all documents of each term, in their order, and of the answers: what decides
  /// the bytes of a run besides plan, model and program.
  let digest: Digest256

  /// Items that somebody made, one list for each term.
  package init(items: [[UnlearningItem]]) {
    (self.items, documents, digest) = (items, [], .zero)
  }

  /// Reads what a plan names.
  ///
  /// - Throws: ``UnlearningError``, `ItemError`, `InputError`, `StreamsError`.
  init(_ plan: UnlearningPlan, encoder: DocumentEncoder) throws {
    let reader = ItemReader()
    var items: [[UnlearningItem]] = []
    var documents: [(term: String, digest: Digest256)] = []
    var seal = DigestStream()
    for term in plan.terms {
      let answers = try term.objective.answers.map { try AnswerFile.answers(of: $0) } ?? []
      var own: [UnlearningItem] = []
      try reader.forEachItem(of: term.data) { place, digest, record in
        let maker = ItemMaker(
          encoder: encoder, term: term, limit: plan.sequence, answers: answers,
          seed: plan.seeds.answers)
        own += try maker.items(place, digest, record)
        seal.update(digest.bytes)
        if term.role == .forget { documents.append((term.name, digest)) }
      }
      guard !own.isEmpty else { throw UnlearningError.empty(term: term.name, files: term.data) }
      for answer in answers { seal.update(Digest256(hashing: answer).bytes) }
      seal.update(Digest256(hashing: Array(term.name.utf8)).bytes)
      items.append(own)
    }
    (self.items, self.documents) = (items, documents)
    digest = seal.digest()
    try UnlearningData.checkOverlap(
      forget: Array(items[..<plan.forget.count]), retain: Array(items[plan.forget.count...]))
  }

  /// The same text cannot be forgotten and retained.
  private static func checkOverlap(
    forget: [[UnlearningItem]], retain: [[UnlearningItem]]
  ) throws(UnlearningError) {
    var places: [Digest256: ItemPlace] = [:]
    for item in forget.joined() where places[item.digest] == nil {
      places[item.digest] = item.place
    }
    var first: (forget: ItemPlace, retain: ItemPlace)?
    var met: Set<Digest256> = []
    for item in retain.joined() {
      guard let place = places[item.digest], met.insert(item.digest).inserted else { continue }
      if first == nil { first = (place, item.place) }
    }
    if let first { throw .overlap(forget: first.forget, retain: first.retain, count: met.count) }
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

  func items(
    _ place: ItemPlace, _ digest: Digest256, _ record: ItemReader.Record
  ) throws -> [UnlearningItem] {
    let use = term.objective.kind.answers
    switch record {
    case .text(let bytes):
      guard use == .none else {
        throw UnlearningError.prompt(place, objective: term.objective.kind.name)
      }
      let document = try bytes.withUnsafeBytes { try encoder.document(text: $0, digest: digest) }
      return try pieces(document).map { try item($0, nil, digest, place) }
    case .response(let prompt, let response):
      return [
        try pair(place, digest, use) { answer in
          encoder.document(prompt: prompt, response: answer ?? response, digest: digest)
        }
      ]
    case .answer(let question, let answer):
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

  private func pair(
    _ place: ItemPlace, _ digest: Digest256, _ use: AnswerUse,
    _ document: (_ answer: [UInt8]?) -> TokenizedDocument
  ) throws -> UnlearningItem {
    let given = use == .none ? nil : answer(of: digest)
    let own = document(use == .instead ? given : nil).cut(to: limit).document
    let other = use == .beside ? document(given).cut(to: limit).document : nil
    return try item(own, other, digest, place)
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
