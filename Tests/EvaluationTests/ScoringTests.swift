import Foundation
import Language
import Streams
import Tensors
import TestSupport
import Testing

@testable import Evaluation

@Suite struct ScoringTests {
  static func tokens(_ count: Int, _ generator: inout SeededGenerator) -> [Int32] {
    (0..<count).map { _ in Int32.random(in: 0..<256, using: &generator) }
  }

  @Test("a continuation is as likely as its tokens one by one") func continuations() throws {
    let subject = try TinyModel.subject(context: 24)
    var generator = SeededGenerator(seed: 3)
    var requests: [ContinuationRequest] = []
    for index in 0..<40 {
      requests.append(
        ContinuationRequest(
          context: Self.tokens(1 + index % 30, &generator),
          continuation: Self.tokens(1 + index % 7, &generator)))
    }
    // Those that share all but the last token, and one that stands twice.
    for last in [5, 9, 5] {
      var other = requests[12]
      other.continuation[other.continuation.count - 1] = Int32(last)
      requests.append(other)
    }
    // As many tokens as the model can see.
    requests.append(
      ContinuationRequest(
        context: Self.tokens(9, &generator), continuation: Self.tokens(24, &generator)))
    let scores = try ContinuationScorer(subject).score(requests)
    for (request, score) in zip(requests, scores) {
      let sum = try Self.oneByOne(request, subject)
      #expect(abs(score - sum) <= 2e-5 * abs(sum), "\(score) \(sum)")
    }
    #expect(scores[40] == scores[42])
    #expect(scores[40] != scores[41])
  }

  /// The log-likelihood of a continuation, its tokens one by one.
  static func oneByOne(
    _ request: ContinuationRequest, _ subject: EvaluationSubject
  ) throws -> Double {
    let all = Array(
      (request.context + request.continuation).suffix(subject.model.shape.context + 1))
    return try (0..<request.continuation.count).reduce(0.0) {
      $0 + (try TinyModel.logLikelihood(of: Array(all.dropLast($1)), subject))
    }
  }

  @Test(
    "choices behind the same question and examples are as likely as each alone",
    arguments: [48, 20])
  func shared(context: Int) throws {
    let subject = try TinyModel.subject(context: context)
    var generator = SeededGenerator(seed: 29)
    let examples = Self.tokens(18, &generator)
    var requests: [ContinuationRequest] = []
    for item in 0..<12 {
      let question = (item < 9 ? examples : []) + Self.tokens(1 + item, &generator)
      let begun = Self.tokens(2, &generator)
      for choice in 0..<4 {
        // Of one token, of several, with the same beginning, and one that begins another.
        let own = Self.tokens(item % 3 == 0 ? 1 : 3 + choice, &generator)
        requests.append(
          ContinuationRequest(
            context: question, continuation: item % 3 == 1 ? begun + own.dropLast(choice) : own))
      }
      // The same tokens, of which another part is scored.
      let last = requests[requests.count - 1]
      let cut = last.context.count - 1
      if cut > 0 {
        requests.append(
          ContinuationRequest(
            context: Array(last.context[..<cut]),
            continuation: Array(last.context[cut...]) + last.continuation))
      }
    }
    let scores = try ContinuationScorer(subject).score(requests)
    for (request, score) in zip(requests, scores) {
      let sum = try Self.oneByOne(request, subject)
      #expect(abs(score - sum) <= 2e-5 * abs(sum), "\(score) \(sum)")
      let alone = try ContinuationScorer(subject).score([request])[0]
      #expect(abs(score - alone) <= 2e-6 * abs(alone), "\(score) \(alone)")
    }
    // The order in which they are asked for changes nothing.
    let order = requests.indices.shuffled(using: &generator)
    let shuffled = try ContinuationScorer(subject).score(order.map { requests[$0] })
    #expect(shuffled == order.map { scores[$0] })
  }

  @Test("more requests than a batch has rows for are all scored, and counted") func several() throws
  {
    let subject = try TinyModel.subject(threads: 2)
    var generator = SeededGenerator(seed: 41)
    let requests = (0..<260).flatMap { _ -> [ContinuationRequest] in
      let question = Self.tokens(30, &generator)
      return (0..<2).map { _ in
        ContinuationRequest(context: question, continuation: Self.tokens(3, &generator))
      }
    }
    var counts: [Int] = []
    let scores = try ContinuationScorer(subject).score(requests) { counts.append($0) }
    #expect(counts.count > 1 && counts.last == requests.count && counts == counts.sorted())
    for index in stride(from: 0, to: requests.count, by: 13) {
      let sum = try Self.oneByOne(requests[index], subject)
      #expect(abs(scores[index] - sum) <= 2e-5 * abs(sum))
    }
  }

  @Test("the bits do not depend on the number of threads") func threads() throws {
    var generator = SeededGenerator(seed: 8)
    let requests = (0..<60).map { index in
      ContinuationRequest(
        context: Self.tokens(1 + index % 40, &generator),
        continuation: Self.tokens(1 + index % 5, &generator))
    }
    let texts = (0..<5).map { Self.tokens(30 + 25 * $0, &generator) }
    let (scores, losses) = try (1...4).map { count in
      let subject = try TinyModel.subject(threads: count)
      return (
        try ContinuationScorer(subject).score(requests),
        try StridedWindows(size: 40, stride: 11).score(texts, subject).map(\.sum)
      )
    }.reduce(into: ([[Double]](), [[Double]]())) {
      $0.0.append($1.0)
      $0.1.append($1.1)
    }
    #expect(Set(scores).count == 1)
    #expect(Set(losses).count == 1)
  }

  @Test("a token that the model does not have is an error, wherever it stands") func strangers()
    throws
  {
    let subject = try TinyModel.subject()
    for (context, continuation) in [([1, 256], [2]), ([1], [2, 256]), ([1], [256])] {
      let request = ContinuationRequest(
        context: context.map { Int32($0) }, continuation: continuation.map { Int32($0) })
      #expect(throws: ModelInputError.token(256, vocabulary: 256)) {
        _ = try ContinuationScorer(subject).score([request])
      }
    }
    // Also the last token of a text, which no window reads.
    #expect(throws: ModelInputError.token(256, vocabulary: 256)) {
      _ = try StridedWindows(size: 4, stride: 4).score([[1, 2, 256]], subject)
    }
  }

  @Test("windows predict every token but the first once, and see as far back as they may")
  func windows() {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<2_000 {
      let size = Int.random(in: 2...20, using: &generator)
      let stride = Int.random(in: 1...size, using: &generator)
      let count = Int.random(in: 0...60, using: &generator)
      let windows = StridedWindows(size: size, stride: stride).windows(of: count)
      var fresh: [Int] = []
      for (index, window) in windows.enumerated() {
        #expect(window.tokens.count == min(size, window.tokens.upperBound))
        #expect(window.fresh <= (index == 0 ? size : stride))
        // What stands behind each token that is read.
        fresh += window.tokens.suffix(window.fresh).map { $0 + 1 }
      }
      #expect(fresh == Array(0..<count).dropFirst().map { $0 })
    }
  }

  @Test("windows are the rolling ones of lm-eval, by its own examples") func rolling() {
    // tests/test_utils.py there, behind a prefix token, which is our token 0: the last token that
    // is read, how many are, and how many are predicted.
    func windows(_ count: Int, _ size: Int, context: Int) -> [[Int]] {
      StridedWindows(size: size, stride: size - context + 1).windows(of: count).map {
        [$0.tokens.upperBound - 1, $0.tokens.count, $0.fresh]
      }
    }
    #expect(
      windows(35, 10, context: 1) == [[9, 10, 10], [19, 10, 10], [29, 10, 10], [33, 10, 4]])
    #expect(
      windows(35, 10, context: 8)
        == [[9, 10, 10]] + stride(from: 12, through: 33, by: 3).map { [$0, 10, 3] })
    #expect(
      windows(31, 10, context: 10) == [[9, 10, 10]] + (10...29).map { [$0, 10, 1] })
    #expect(
      windows(10, 2, context: 1) == [[1, 2, 2], [3, 2, 2], [5, 2, 2], [7, 2, 2], [8, 2, 1]])
  }

  @Test(
    "a text is as likely as its tokens in their windows", arguments: [(12, 5), (12, 12), (9, 1)])
  func losses(_ size: Int, _ stride: Int) throws {
    let subject = try TinyModel.subject()
    var generator = SeededGenerator(seed: 21)
    let texts = [0, 1, 2, 11, 12, 13, 14, 29].map { Self.tokens($0, &generator) }
    let results = try StridedWindows(size: size, stride: stride).score(texts, subject)
    for (text, result) in zip(texts, results) {
      var sum = 0.0
      for place in text.indices.dropFirst() {
        // The end of the window that predicts this token: no other sees as far.
        let steps = (max(place - size, 0) + stride - 1) / stride
        let end = min(size + steps * stride, text.count - 1)
        let first = max(0, end - size)
        sum -= try TinyModel.logLikelihood(of: Array(text[first...place]), subject)
      }
      #expect(result.tokens == max(0, text.count - 1))
      #expect(abs(result.sum - sum) <= 2e-5 * sum)
    }
  }
}
