internal import Foundation
internal import Language
internal import Tensors

extension ObjectiveSite {
  /// A loss that is a sum of a function of each sequence's likelihood.
  ///
  /// The logits of whole sequences stand in memory at one time, so that a sequence's slope is known
  /// while they are there: the output matrix is read once. Where a sequence has more rows than a
  /// chunk of the output matrix, it is read twice, as for ``overSequences(_:_:)``.
  ///
  /// - Parameter function: gets a sequence and its S, and returns its part of the loss and the
  ///   derivative by S.
  func overEachSequence(
    _ batch: ObjectiveBatch,
    _ function: (_ sequence: Int, _ sum: Double) -> (loss: Double, slope: Double)
  ) -> Double {
    guard let chunks = SequenceChunks(batch, limit: pass.model.head.chunk) else {
      return overSequences(batch) { sums in
        let parts = sums.enumerated().map { function($0.offset, $0.element) }
        return (parts.reduce(0) { $0 + $1.loss }, parts.map(\.slope))
      }
    }
    var loss = 0.0
    var tokens = Array(repeating: Token(), count: batch.rows.count)
    tokens.withUnsafeMutableBufferPointer { tokens in
      let tokens = tokens
      pass.overLogits(
        rows: batch.rows, chunks: chunks.places, into: gradients, selection: selection
      ) { places, logits in
        overRows(places.count, columns: logits.columns) { row in
          let place = places.lowerBound + row
          tokens[place] = Token(logits.row(row), logits.columns, Int(batch.targets[place]))
        }
        for (sequence, own) in chunks.sequences(in: places) {
          let part = function(sequence, CrossEntropy.sum(own.map { tokens[$0].nll }))
          loss += part.loss
          for place in own { tokens[place].slope = weight * part.slope }
        }
        guard gradients != nil else { return }
        overRows(places.count, columns: logits.columns) { row in
          let place = places.lowerBound + row
          let (token, row) = (tokens[place], logits.row(row))
          LogitRow.combine(row, times: Float(token.slope / token.sum), plus: 0, logits.columns)
          row[Int(batch.targets[place])] -= Float(token.slope)
        }
      }
    }
    return loss
  }

  /// A scored token, whose logits stand as powers.
  private struct Token {
    /// Its negative log-likelihood.
    var nll = 0.0
    /// The sum of the powers.
    var sum = 1.0
    /// What its gradient is multiplied by.
    var slope = 0.0

    init() {}

    init(_ logits: UnsafeMutablePointer<Float>, _ count: Int, _ label: Int) {
      let own = Double(logits[label])
      let scale = LogitRow.exponentiate(logits, count)
      // As ``CrossEntropy`` has it: the difference of two near numbers first.
      (nll, sum) = (log(scale.sum) - (own - scale.largest), scale.sum)
    }
  }
}

/// The scored rows of a batch in chunks of whole sequences.
private struct SequenceChunks {
  /// The places of each chunk among the batch's rows.
  let places: [Range<Int>]
  /// Where each sequence begins among them, and the end.
  private let starts: [Int]

  /// Nil where one sequence has more rows than a chunk may.
  init?(_ batch: ObjectiveBatch, limit: Int) {
    var starts = [0]
    var places: [Range<Int>] = []
    var first = 0
    for count in batch.scored {
      guard count <= limit else { return nil }
      let start = starts[starts.count - 1]
      if start + count - first > limit {
        places.append(first..<start)
        first = start
      }
      starts.append(start + count)
    }
    (self.places, self.starts) = (places + [first..<starts[starts.count - 1]], starts)
  }

  /// The sequences of a chunk, each with the places of its rows.
  func sequences(in places: Range<Int>) -> [(sequence: Int, places: Range<Int>)] {
    (0..<starts.count - 1).map { ($0, starts[$0]..<starts[$0 + 1]) }
      .filter { places.contains($0.1.lowerBound) }
  }
}
