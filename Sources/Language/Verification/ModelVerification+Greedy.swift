internal import Tensors

extension ModelVerification {
  /// Greedy decoding with the cache, all sequences side by side: the error is the number of tokens
  /// that differ.
  mutating func compareGreedy(
    _ model: LanguageModel, _ reference: VerificationReference, on workers: Workers
  ) throws {
    let (exact, count) = try reference.greedy()
    let requests = stride(from: 0, to: reference.tokens.count, by: reference.length).map {
      Generator.Request(Array(reference.tokens[$0..<($0 + 8)]), limit: count)
    }
    let own: [Int32]
    do {
      own = try Generator(model, on: workers).generate(requests).flatMap { answer in
        answer.tokens + Array(repeating: -1, count: count - answer.tokens.count)
      }
    } catch is GenerationError {
      // A finding as the others are: logits that are no numbers stand above.
      return add("greedy", .infinity, 0)
    }
    let wrong = zip(own, exact).reduce(0) { $0 + ($1.0 == $1.1 ? 0 : 1) }
    add("greedy", Double(wrong), 0)
  }
}
