import Evidence
import Streams
import Tensors
import TestSupport
import Testing

@testable import Attacks

@Suite("Linear classifier of choices") struct ChoiceClassifierTests {
  private static func questions(_ items: ProbeItems) -> [Int] { Array(items.choices.indices) }

  @Test("finds what SciPy finds", arguments: ProbeVectors.solutions.indices)
  func golden(solution: Int) throws {
    let items = try ProbeVectors.items()
    let expected = ProbeVectors.solutions[solution]
    let found = ChoiceClassifier(
      items, questions: Self.questions(items), penalty: expected.penalty)
    #expect(found.isSolved)
    for (own, other) in zip(found.weights, expected.weights) {
      #expect(abs(own - other) <= 1e-7, "\(own), \(other)")
    }
    let loss = ChoiceLoss(
      items, questions: Self.questions(items), scales: found.scales, penalty: expected.penalty)
    #expect(abs(loss.value(at: found.weights) - expected.loss) <= 1e-7)
    #expect(found.right(items, questions: Self.questions(items)) == expected.right)
    // A feature that never differs has no weight.
    #expect(found.scales[6] == 0 && found.weights[6] == 0)
  }

  @Test("it does not matter where the search begins") func starts() throws {
    let items = try ProbeVectors.items()
    let questions = Self.questions(items)
    let cold = ChoiceClassifier(items, questions: questions, penalty: 1e-3)
    let first = ChoiceClassifier(items, questions: questions, penalty: 100)
    let warm = ChoiceClassifier(items, questions: questions, penalty: 1e-3, from: first)
    #expect(zip(cold.weights, warm.weights).allSatisfy { abs($0 - $1) < 1e-5 })
    // The same again: the same bits.
    #expect(
      ChoiceClassifier(items, questions: questions, penalty: 1e-3).weights == cold.weights)
  }

  @Test("gradient and curvature are the derivatives of the loss") func derivatives() throws {
    let items = try ProbeVectors.items()
    let questions = stride(from: 0, to: 60, by: 2).map { $0 }
    let loss = ChoiceLoss(
      items, questions: questions, scales: items.scales(of: questions), penalty: 0.05)
    let weights = [0.3, -0.8, 0.2, 1.1, -0.4, 0.6, 0.9]
    let direction = [1.0, 0.5, -0.7, 0.2, 0.4, -0.9, 0.3]
    func moved(_ step: Double) -> [Double] { zip(weights, direction).map { $0 + step * $1 } }
    let h = 1e-4
    let slope = (loss.value(at: moved(h)) - loss.value(at: moved(-h))) / (2 * h)
    let (above, below) = (loss.gradient(at: moved(h)), loss.gradient(at: moved(-h)))
    let (value, gradient) = loss.gradient(at: weights)
    #expect(value == loss.value(at: weights))
    let along = zip(gradient, direction).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(slope - along) < 1e-8)
    _ = loss.gradient(at: weights)
    for (index, curved) in loss.curvature(along: direction).enumerated() {
      let difference = (above.gradient[index] - below.gradient[index]) / (2 * h)
      #expect(abs(curved - difference) < 1e-7, "\(index)")
    }
  }

  @Test("what questions have in common, and what scales them, changes nothing") func invariance()
    throws
  {
    var generator = SeededGenerator(seed: 4)
    let (rows, choices, answers) = Self.stream(
      questions: 40, width: 8, signal: 1, &generator)
    let plain = try ProbeVectors.items(rows, choices, answers)
    let other = try ProbeVectors.items(
      zip(rows.indices, rows).map { index, row in
        row.enumerated().map { $1 * Float(1 << $0) + Float(64 * (index / 4)) }
      }, choices, answers)
    let questions = Self.questions(plain)
    let (a, b) = (
      ChoiceClassifier(plain, questions: questions, penalty: 0.1),
      ChoiceClassifier(other, questions: questions, penalty: 0.1)
    )
    #expect(zip(a.weights, b.weights).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  /// Streams of noise, in which the right choice is moved along a fixed direction.
  private static func stream(
    questions: Int, width: Int, signal: Float, _ generator: inout SeededGenerator
  ) -> (rows: [[Float]], choices: [Range<Int>], answers: [Int]) {
    var rows: [[Float]] = []
    var answers: [Int] = []
    for _ in 0..<questions {
      let answer = Int.random(in: 0..<4, using: &generator)
      answers.append(answer)
      let question = Float.random(in: -50...50, using: &generator)
      for choice in 0..<4 {
        rows.append(
          (0..<width).map { feature in
            let noise = Float.random(in: -1...1, using: &generator)
            let direction: Float = feature % 3 == 0 ? 1 : feature % 3 == 1 ? -0.5 : 0
            return question + noise + (choice == answer ? signal * direction : 0)
          })
      }
    }
    return (rows, (0..<questions).map { 4 * $0..<4 * $0 + 4 }, answers)
  }

  /// Right answers among 160 attacked items and among 400 held-out ones, behind some blocks.
  private static func found(
    signal: Float, blocks: Int, threads: Int = 2
  ) throws -> [LinearProbe.Found] {
    var generator = SeededGenerator(seed: 21)
    func items(_ questions: Int) throws -> ProbeItems {
      let stream = stream(questions: questions, width: 24, signal: signal, &generator)
      return try ProbeVectors.items(stream.rows, stream.choices, stream.answers)
    }
    let attacked = try (0..<blocks).map { _ in try items(160) }
    let heldOut = try (0..<blocks).map { _ in try items(400) }
    return try withFiles(TinyTarget.files()) { folder in
      let target = try TinyTarget(folder, attack: "linear-probe: {name: a}")
      let probe = try #require(target.plan.attacks[0] as? LinearProbe)
      let keys = (0..<160).map { Digest256(hashing: [UInt8($0)]) }
      return try probe.probe(
        attacked, heldOut, ProbeFolds(keys, count: 5, seed: 1),
        taught: Array(0..<160), first: 0, on: Workers(count: threads))
    }
  }

  @Test("an answer that is linearly present is found") func present() throws {
    for found in try Self.found(signal: 1, blocks: 2) {
      #expect(found.attacked >= 155)
      #expect(try #require(found.heldOut) >= 390)
    }
  }

  @Test("one that is not stays at chance") func absent() throws {
    let found = try Self.found(signal: 0, blocks: 20)
    // Each tail beyond has a chance of one in ten thousand.
    let right = try found.reduce(0) { $0 + (try #require($1.heldOut)) }
    #expect(Binomial.cumulative(successes: right, of: 8_000, share: 0.25) > 1e-4)
    #expect(Binomial.cumulative(successes: right - 1, of: 8_000, share: 0.25) < 1 - 1e-4)
    // Parts learn from one another's items, and the best of four penalties counts: 41.2 of 160 with
    // a deviation of 6.5 for each block (300 simulated ones), so four deviations are 116.
    let attacked = found.reduce(0) { $0 + $1.attacked }
    #expect(abs(attacked - 824) < 116)
  }

  @Test("the same bits for 1 to 4 workers") func workers() throws {
    let first = try Self.found(signal: 0.1, blocks: 2, threads: 1)
    for threads in 2...4 {
      #expect(try Self.found(signal: 0.1, blocks: 2, threads: threads) == first)
    }
  }

  @Test("questions in the same words are in the same part, and parts are even") func folds() {
    let keys = (0..<103).map { Digest256(hashing: [UInt8($0 % 50)]) }
    let folds = ProbeFolds(keys, count: 5, seed: 3)
    for question in 50..<103 { #expect(folds.parts[question] == folds.parts[question - 50]) }
    for part in 0..<5 {
      #expect((0..<50).count { folds.parts[$0] == part } == 10)
      #expect((folds.inside(part) + folds.outside(part)).sorted() == Array(0..<103))
    }
    #expect(folds.parts != ProbeFolds(keys, count: 5, seed: 4).parts)
  }
}
