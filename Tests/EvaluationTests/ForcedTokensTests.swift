import Foundation
import Language
import Tensors
import TestSupport
import Testing

@testable import Evaluation

/// Scores of tokens beside a plain computation in Double.
@Suite struct ForcedTokensTests {
  /// The log-probabilities behind each token of a text, read one token at a time.
  static func plain(_ tokens: [Int32], _ subject: EvaluationSubject) throws -> [[Double]] {
    let decoder = try CachedDecoder(
      subject.model, sequences: 1, capacity: tokens.count, on: Workers(count: 1))
    return try tokens.dropLast().map { token in
      let view = try decoder.read([token], into: 0)
      let logits = (0..<view.columns).map { Double(view[0, $0]) }
      let largest = logits.max() ?? 0
      let sum = logits.reduce(0) { $0 + exp($1 - largest) }
      return logits.map { $0 - largest - log(sum) }
    }
  }

  static func text(_ count: Int, seed: UInt64) -> [Int32] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int32.random(in: 0..<256, using: &generator) }
  }

  @Test("log-probability, mean, variance and rank of each token") func moments() throws {
    let subject = try TinyModel.subject(context: 64)
    for seed in 1...6 {
      let tokens = Self.text(40, seed: UInt64(seed))
      let plain = try Self.plain(tokens, subject)
      let read = try StridedWindows.whole(of: subject).tokens(of: [tokens], from: [1], subject)[0]
      #expect(read.count == 39)
      for (place, token) in read.enumerated() {
        let log = plain[place]
        let mean = log.reduce(0) { $0 + exp($1) * $1 }
        let variance = log.reduce(0) { $0 + exp($1) * $1 * $1 } - mean * mean
        let own = log[Int(tokens[place + 1])]
        #expect(abs(token.logProbability - own) < 1e-4)
        #expect(abs(token.mean - mean) < 1e-4)
        #expect(abs(token.variance - variance) < 1e-4 * max(1, variance))
        #expect(token.isLikeliest == (own == log.max()))
      }
    }
  }

  @Test("every token behind the first that is scored is read once, in any windows")
  func windows() throws {
    let subject = try TinyModel.subject(context: 16)
    let texts = [Self.text(50, seed: 1), Self.text(5, seed: 2), [7], Self.text(17, seed: 3), []]
    for (size, stride) in [(16, 8), (16, 16), (7, 3), (1, 1)] {
      let windows = StridedWindows(size: size, stride: stride)
      let read = try windows.tokens(of: texts, from: [1, 1, 1, 1, 1], subject)
      #expect(read.map(\.count) == [49, 4, 0, 16, 0])
      let sums = try windows.score(texts, subject)
      for (tokens, score) in zip(read, sums) {
        let sum = -tokens.reduce(0) { $0 + $1.logProbability }
        #expect(abs(sum - score.sum) < 1e-4 * max(1, score.sum))
      }
      let late = try windows.tokens(of: texts, from: [30, 4, 1, 17, 1], subject)
      #expect(late.map(\.count) == [20, 1, 0, 0, 0])
      // Logits of fewer rows are multiplied in other blocks: their last bits may differ.
      for (one, other) in zip(late[0], read[0].suffix(20)) {
        #expect(abs(one.logProbability - other.logProbability) < 1e-5)
      }
    }
  }

  static func tokens(_ likeliest: [Bool]) -> [ForcedTokens.Token] {
    likeliest.map {
      ForcedTokens.Token(logProbability: -1, isLikeliest: $0, mean: -1, variance: 1)
    }
  }

  @Test("extraction strength counts from the end, exact memorisation everywhere") func formulas() {
    let cases: [([Bool], Double, Double)] = [
      ([true, true, true, true], 1, 1), ([false, true, true, true], 0.75, 0.75),
      ([true, true, true, false], 0, 0.75), ([true, false, true, true], 0.5, 0.75),
      ([false], 0, 0), ([true], 1, 1), ([], 0, 0),
    ]
    for (likeliest, strength, exact) in cases {
      let tokens = Self.tokens(likeliest)
      #expect(Memorisation.extractionStrength(tokens) == strength)
      #expect(Memorisation.exact(tokens) == exact)
    }
  }

  @Test("the least likely two fifths are taken, one at least") func least() {
    func scores(_ values: [(log: Double, mean: Double, variance: Double)]) -> [Double] {
      let tokens = values.map {
        ForcedTokens.Token(
          logProbability: $0.log, isLikeliest: false, mean: $0.mean, variance: $0.variance)
      }
      return Membership.all.map { $0.score(tokens, 10) }
    }
    // Loss 3, the two least of five -4 and -5; normalised -1, -2, 0, 10 and -5000.
    let five = scores([(-1, 0, 1), (-2, 0, 1), (-3, -3, 4), (-4, -24, 4), (-5, 0, 0)])
    #expect(five == [3, 0.3, 4.5, 2_501])
    #expect(scores([(-1, -2, 4), (-2, -2, 4)]) == [1.5, 0.15, 2, 0])
  }

  @Test("PrivLeak shows both sides") func privacy() {
    #expect(abs(Membership.privacyLeak(area: 1, reference: 0.5) + 100) < 1e-6)
    #expect(abs(Membership.privacyLeak(area: 0, reference: 0.5) - 100) < 1e-6)
    #expect(Membership.privacyLeak(area: 0.47, reference: 0.47) == 0)
    #expect(abs(Membership.privacyLeak(area: 0.7, reference: 0.6) + 25) < 1e-6)
  }
}
