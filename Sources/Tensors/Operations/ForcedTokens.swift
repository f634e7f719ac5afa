internal import Foundation

/// What a model thinks of the tokens that it is forced to read, made from hidden states and the
/// output matrix in chunks.
public enum ForcedTokens {
  /// One token.
  public struct Token: Sendable, Equatable {
    /// log p of the token, in nats.
    public var logProbability: Double
    /// Whether no token is likelier; of equals the first in the vocabulary counts.
    public var isLikeliest: Bool
    /// Σ_v p_v log p_v: the mean log-probability of the tokens that the model would say.
    public var mean: Double
    /// Σ_v p_v (log p_v)² less the square of the mean.
    public var variance: Double

    /// A token.
    public init(logProbability: Double, isLikeliest: Bool, mean: Double, variance: Double) {
      (self.logProbability, self.isLikeliest) = (logProbability, isLikeliest)
      (self.mean, self.variance) = (mean, variance)
    }
  }

  /// Each row's label; nil where the label is ``CrossEntropy/ignored``.
  ///
  /// - Parameters:
  ///   - hidden: h `[N, D]`, behind the last norm.
  ///   - labels: N numbers below V, or `ignored`: what each row predicts.
  public static func read(
    hidden: MatrixView, head: OutputHead, labels: [Int32], on workers: Workers
  ) -> [Token?] {
    let vocabulary = head.weight.rows
    precondition(labels.count == hidden.rows, "a label for each row")
    precondition(
      labels.allSatisfy { $0 == CrossEntropy.ignored || ($0 >= 0 && Int($0) < vocabulary) },
      "a label that the vocabulary does not have")
    let rows = labels.indices.filter { labels[$0] != CrossEntropy.ignored }.map { Int32($0) }
    var tokens = [Token?](repeating: nil, count: labels.count)
    tokens.withUnsafeMutableBufferPointer { tokens in
      let tokens = tokens
      head.overChunks(hidden: hidden, rows: rows, on: workers) { places, logits in
        workers.overRows(logits.rows, columns: vocabulary) { range, _ in
          for row in range {
            let place = Int(rows[places.lowerBound + row])
            tokens[place] = token(logits.row(row), vocabulary, label: Int(labels[place]))
          }
        }
      }
    }
    return tokens
  }

  private static func token(
    _ row: UnsafeMutablePointer<Float>, _ count: Int, label: Int
  ) -> Token {
    let place = LogitRow.place(ofLargest: row, count)
    let largest = row[place]
    // How far the label is below the largest: the difference of two close logits is exact.
    let behind = Double(row[label]) - Double(largest)
    var (sum, first, second) = (0.0, 0.0, 0.0)
    for index in 0..<pieces(count, of: 256) {
      let part = piece(index, of: 256, in: count)
      var (sums, firsts, seconds) = (Lanes.zero, Lanes.zero, Lanes.zero)
      @_transparent func add(_ offset: Int, _ width: Int) {
        let logits = Lanes(row + part.lowerBound + offset, width, fill: -.infinity)
        let distance = logits - largest
        let power = exponential(distance)
        var term = power * distance
        var square = term * distance
        // Minus infinity has no part in either.
        term.replace(with: Lanes.zero, where: power .== Lanes.zero)
        square.replace(with: Lanes.zero, where: power .== Lanes.zero)
        sums += power
        firsts += term
        seconds += square
      }
      forLanes(part.count, add)
      sum += Double(sums.total)
      first += Double(firsts.total)
      second += Double(seconds.total)
    }
    let mean = first / sum
    return Token(
      logProbability: behind - log(sum), isLikeliest: place == label, mean: mean - log(sum),
      variance: max(0, second / sum - mean * mean))
  }
}
