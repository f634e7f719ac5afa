public import Tensors

/// Sequences of tokens that go through the model together, with what each row is to predict.
public struct TrainingBatch: Sendable, Equatable {
  /// T, rows of each sequence.
  public let length: Int
  /// B·T tokens, sequence after sequence; padding stands at the end of a sequence.
  public let tokens: [Int32]
  /// B·T tokens: what each row predicts, `CrossEntropy.ignored` where it is not scored.
  public let targets: [Int32]
  /// The documents in the sequences: attention and loss stay within each.
  public let segments: Segments

  /// A batch.
  ///
  /// - Precondition: T divides the tokens, there are as many targets, and the segments cover them
  ///   without crossing from one sequence to the next.
  public init(length: Int, tokens: [Int32], targets: [Int32], segments: Segments) {
    precondition(length > 0 && !tokens.isEmpty && tokens.count % length == 0, "B·T tokens")
    precondition(targets.count == tokens.count, "a target for each token")
    precondition(segments.rows == tokens.count, "segments of B·T rows")
    precondition(
      (0..<segments.count).allSatisfy {
        segments[$0].lowerBound / length == (segments[$0].upperBound - 1) / length
      }, "a segment within a sequence")
    self.length = length
    self.tokens = tokens
    self.targets = targets
    self.segments = segments
  }

  /// How many sequences there are.
  public var sequences: Int { tokens.count / length }

  /// How many rows are scored.
  public var scored: Int { targets.reduce(0) { $0 + ($1 == CrossEntropy.ignored ? 0 : 1) } }

  /// Some of the sequences.
  public func sequences(_ range: Range<Int>) -> TrainingBatch {
    precondition(range.lowerBound >= 0 && range.upperBound <= sequences && !range.isEmpty, "none")
    let rows = (range.lowerBound * length)..<(range.upperBound * length)
    let lengths = (0..<segments.count).map { segments[$0] }.filter { rows.contains($0.lowerBound) }
    return TrainingBatch(
      length: length, tokens: Array(tokens[rows]), targets: Array(targets[rows]),
      segments: Segments(lengths: lengths.map(\.count)))
  }
}
