internal import Language
internal import Streams
internal import Tensors

/// The log-likelihood of continuations behind each block: what the model would say if it ended
/// there, by its own last norm and output matrix (the logit lens, nostalgebraist 2020).
///
/// Behind the last block it is what ``ContinuationScorer`` gives, but for the rounding of Float.
struct LayerScorer {
  private let subject: EvaluationSubject

  init(_ subject: EvaluationSubject) { self.subject = subject }

  /// The log-likelihood of each request's continuation in nats, by block.
  ///
  /// - Throws: `ModelInputError` for tokens that the model does not have, `TensorsError` where
  ///   there is no memory for the streams of a batch, `InterruptedError`.
  func score(_ requests: [ContinuationRequest]) throws -> [[Double]] {
    let model = subject.model
    // What the model reads: all tokens but the last, as many as it can see.
    let inputs = requests.map { request in
      Array((request.context + request.continuation).dropLast().suffix(model.shape.context))
    }
    for request in requests { try model.check(Array(request.continuation.suffix(1)), length: 1) }
    let batches = SequenceBatches(inputs)
    var scores = Array(
      repeating: Array(repeating: 0.0, count: requests.count), count: model.shape.layers)
    let rows = batches.all.map(\.tokens.count).max() ?? 1
    let width = model.shape.width
    let room = try FloatBlock(count: rows * (width + 2))
    let pass = TrainingPass(model, on: subject.workers)
    for batch in batches.all {
      if Interruption.isRequested { throw InterruptedError(resumes: false) }
      let rows = batch.tokens.count
      var labels = Array(repeating: CrossEntropy.ignored, count: rows)
      // The rows that predict the continuation of each request.
      let ends = zip(batch.numbers, batch.rows).map { number, rows in
        rows.suffix(requests[number].continuation.count)
      }
      for (number, end) in zip(batch.numbers, ends) {
        labels.replaceSubrange(end, with: requests[number].continuation)
      }
      let states = room.matrix(rows: rows, columns: width)
      let statistics = room.matrix(at: rows * width, rows: rows, columns: 2)
      try pass.forward(batch.tokens, length: batch.length, for: .values) { layer, hidden in
        model.lastNorm(hidden, into: states, statistics: statistics, on: subject.workers)
        let losses = CrossEntropy.forward(
          hidden: states, head: model.head, labels: labels, on: subject.workers)
        for (number, end) in zip(batch.numbers, ends) {
          scores[layer][number] = -CrossEntropy.sum(losses[end])
        }
      }
    }
    return scores
  }
}
