internal import Language
internal import Streams
internal import Tensors

/// A continuation whose log-likelihood behind a context is wanted.
struct ContinuationRequest: Sendable, Equatable {
  /// Tokens before it, at least one.
  var context: [Int32]
  /// Its tokens, at least one and at most as many as the model can see.
  var continuation: [Int32]
}

/// The log-likelihood of continuations, as lm-eval's `loglikelihood` has it: a context that is too
/// long loses its beginning, and nothing but the continuation is scored.
///
/// The batches are a function of the requests alone, so the bits of the answers are too.
struct ContinuationScorer {
  private let subject: EvaluationSubject
  private let pass: TrainingPass

  /// Rows of a batch, at most, unless one sequence has more.
  static let batchRows = 4_096

  /// The longest of some sequences, and the rows of their fullest batch, at most.
  static func size(ofBatches lengths: [Int]) -> (length: Int, rows: Int) {
    let longest = lengths.max() ?? 0
    return (longest, max(longest, min(batchRows, longest * lengths.count)))
  }

  init(_ subject: EvaluationSubject) {
    self.subject = subject
    pass = TrainingPass(subject.model, on: subject.workers)
  }

  /// What the model reads for some requests: all tokens but the last.
  private struct Input {
    var tokens: [Int32]
    /// The requests that read just this, and where their continuations begin to be predicted.
    var requests: [Int]
  }

  /// The log-likelihood of each request's continuation, in nats.
  ///
  /// - Parameter progress: gets the number of requests that are done.
  /// - Throws: `ModelInputError` for tokens that the model does not have, `InterruptedError`.
  func score(
    _ requests: [ContinuationRequest], progress: (Int) -> Void = { _ in }
  ) throws -> [Double] {
    let inputs = inputs(of: requests)
    var scores = Array(repeating: 0.0, count: requests.count)
    var done = 0
    var first = 0
    while first < inputs.count {
      if Interruption.isRequested { throw InterruptedError(resumes: false) }
      let length = inputs[first].tokens.count
      let count = min(max(1, ContinuationScorer.batchRows / length), inputs.count - first)
      let batch = inputs[first..<(first + count)]
      try score(Array(batch), length: length, requests, into: &scores)
      first += count
      done += batch.reduce(0) { $0 + $1.requests.count }
      progress(done)
    }
    return scores
  }

  /// The different inputs, longest first, of equal lengths as they come.
  private func inputs(of requests: [ContinuationRequest]) -> [Input] {
    let context = subject.model.shape.context
    var places: [[Int32]: Int] = [:]
    var inputs: [Input] = []
    for (index, request) in requests.enumerated() {
      precondition(
        !request.context.isEmpty && !request.continuation.isEmpty
          && request.continuation.count <= context, "a context, and a continuation that fits")
      let tokens = Array((request.context + request.continuation).dropLast().suffix(context))
      if let place = places[tokens] {
        inputs[place].requests.append(index)
      } else {
        places[tokens] = inputs.count
        inputs.append(Input(tokens: tokens, requests: [index]))
      }
    }
    return inputs.enumerated().sorted {
      ($1.element.tokens.count, $0.offset) < ($0.element.tokens.count, $1.offset)
    }.map(\.element)
  }

  private func score(
    _ batch: [Input], length: Int, _ requests: [ContinuationRequest], into scores: inout [Double]
  ) throws {
    var tokens: [Int32] = []
    tokens.reserveCapacity(batch.count * length)
    for input in batch {
      tokens += input.tokens
      // Behind a sequence: no token sees it.
      tokens += Array(repeating: 0, count: length - input.tokens.count)
    }
    for request in batch.flatMap(\.requests) {
      try subject.model.check(Array(requests[request].continuation.suffix(1)), length: 1)
    }
    try pass.forward(tokens, length: length, for: .values)
    // Requests with the same input differ in their last token: one turn for each of them.
    for turn in 0..<(batch.map(\.requests.count).max() ?? 0) {
      var labels = Array(repeating: CrossEntropy.ignored, count: tokens.count)
      var rows: [(request: Int, rows: Range<Int>)] = []
      for (row, input) in batch.enumerated() where turn < input.requests.count {
        let request = input.requests[turn]
        let continuation = requests[request].continuation
        let end = row * length + input.tokens.count
        labels.replaceSubrange((end - continuation.count)..<end, with: continuation)
        rows.append((request, (end - continuation.count)..<end))
      }
      let losses = CrossEntropy.forward(
        hidden: pass.final, head: subject.model.head, labels: labels, on: subject.workers)
      for (request, rows) in rows { scores[request] = -CrossEntropy.sum(losses[rows]) }
    }
  }
}
