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
/// What requests have in common at their beginnings is read once in each batch: the examples that
/// a task shows, a question for all of its choices, the words that choices begin with.
///
/// The batches are a function of the requests alone, so the bits of the answers are too.
struct ContinuationScorer {
  private let subject: EvaluationSubject
  private let pass: PrefixTreePass

  /// Rows of a batch, at most, unless one sequence has more.
  static let batchRows = 4_096

  /// The longest of some sequences, and the rows of their fullest batch, at most.
  static func size(ofBatches lengths: [Int]) -> (length: Int, rows: Int) {
    let longest = lengths.max() ?? 0
    return (longest, max(longest, min(batchRows, longest * lengths.count)))
  }

  init(_ subject: EvaluationSubject) {
    self.subject = subject
    pass = PrefixTreePass(subject.model, on: subject.workers)
  }

  /// The log-likelihood of each request's continuation, in nats.
  ///
  /// - Parameter progress: gets the number of requests that are done.
  /// - Throws: `ModelInputError` for tokens that the model does not have, `InterruptedError`.
  func score(
    _ requests: [ContinuationRequest], progress: (Int) -> Void = { _ in }
  ) throws -> [Double] {
    let context = subject.model.shape.context
    // What the model reads: all tokens but the last, as many as it can see.
    let inputs = requests.map { request in
      precondition(
        !request.context.isEmpty && !request.continuation.isEmpty
          && request.continuation.count <= context, "a context, and a continuation that fits")
      return Array((request.context + request.continuation).dropLast().suffix(context))
    }
    var scores = Array(repeating: 0.0, count: requests.count)
    var done = 0
    for batch in PrefixBatches(inputs, rows: ContinuationScorer.batchRows) {
      if Interruption.isRequested { throw InterruptedError(resumes: false) }
      try score(batch, requests, into: &scores)
      done += batch.sequences.reduce(0) { $0 + $1.count }
      progress(done)
    }
    return scores
  }

  private func score(
    _ batch: PrefixBatches.Batch, _ requests: [ContinuationRequest], into scores: inout [Double]
  ) throws {
    // A token that is scored, and the row that predicts it.
    var labels: [(row: Int, token: Int32, request: Int)] = []
    for (path, sequences) in zip(batch.tree.paths, batch.sequences) {
      for request in sequences {
        let continuation = requests[request].continuation
        // The last one is not among those that are read.
        try subject.model.check(Array(continuation.suffix(1)), length: 1)
        for (row, token) in zip(path.last(continuation.count), continuation) {
          labels.append((row, token, request))
        }
      }
    }
    // By row, and in a request by the place in its continuation.
    labels.sort { ($0.row, $0.request) < ($1.row, $1.request) }
    let losses = CrossEntropy.forward(
      hidden: try pass.forward(batch.tokens, tree: batch.tree), head: subject.model.head,
      rows: labels.map { Int32($0.row) }, labels: labels.map(\.token), on: subject.workers)
    for (label, loss) in zip(labels, losses) { scores[label.request] -= loss }
  }
}
