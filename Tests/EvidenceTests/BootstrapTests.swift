import Evidence
import TestSupport
import Testing

@Suite struct BootstrapTests {
  static func numbers(_ count: Int, seed: UInt64, times scale: Double = 1) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in scale * Double.random(in: 0..<1, using: &generator) }
  }

  @Test("the same name gives the same interval, another name another") func seeds() {
    let values = Self.numbers(40, seed: 1)
    let one = Bootstrap(name: "quiz/rouge").mean(values)
    #expect(one == Bootstrap(name: "quiz/rouge").mean(values))
    #expect(one != Bootstrap(name: "quiz/other").mean(values))
    #expect(one?.method == .bootstrap)
  }

  @Test("more confidence is wider, and holds the mean") func confidence() throws {
    let values = Self.numbers(40, seed: 2)
    let mean = values.reduce(0, +) / 40
    var before = 0.0
    for confidence in [0.5, 0.8, 0.95, 0.99] {
      let interval = try #require(Bootstrap(name: "a", confidence: confidence).mean(values))
      #expect(interval.lower < mean && mean < interval.upper)
      #expect(interval.upper - interval.lower > before)
      before = interval.upper - interval.lower
    }
  }

  @Test("near Student's interval where the items are many and even") func student() throws {
    let values = Self.numbers(2_000, seed: 3)
    let mean = values.reduce(0, +) / 2_000
    let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 1_999).squareRoot()
    let half = 1.961 * deviation / 2_000.0.squareRoot()
    let interval = try #require(Bootstrap(name: "many", samples: 9_999).mean(values))
    #expect(abs(interval.upper - mean - half) < 0.04 * half)
    #expect(abs(mean - interval.lower - half) < 0.04 * half)
  }

  @Test("the ends scale and shift with the items") func moves() throws {
    let values = Self.numbers(30, seed: 4)
    let plain = try #require(Bootstrap(name: "a").mean(values))
    let moved = try #require(Bootstrap(name: "a").mean(values.map { 5 - 2 * $0 }))
    #expect(abs(moved.lower - (5 - 2 * plain.upper)) < 0.02)
    #expect(abs(moved.upper - (5 - 2 * plain.lower)) < 0.02)
    let ones = Array(repeating: 1.0, count: 30)
    let ratio = try #require(Bootstrap(name: "a").ratio(values, over: ones))
    #expect(abs(ratio.lower - plain.lower) < 1e-12 && abs(ratio.upper - plain.upper) < 1e-12)
    let harmonic = try #require(Bootstrap(name: "a").harmonicMean([[values]]))
    #expect(abs(harmonic.lower - plain.lower) < 1e-12 && abs(harmonic.upper - plain.upper) < 1e-12)
  }

  @Test("equal items are no certainty") func equal() throws {
    let ones = Array(repeating: 1.0, count: 30)
    #expect(Bootstrap(name: "a").mean(ones) == nil)
    let interval = try #require(Bootstrap(name: "a").mean(ones, within: 0...1))
    // The rule of three: 1 - 0.05^(1/30).
    #expect(abs(interval.lower - 0.904966) < 1e-6 && interval.upper == 1)
    #expect(interval.method == .exact)
    #expect(Bootstrap(name: "a").ratio(ones, over: ones) == nil)
    #expect(Bootstrap(name: "a").harmonicMean([[ones]]) == nil)
  }

  @Test("too few items have no interval") func few() {
    let values = Self.numbers(9, seed: 5)
    let bootstrap = Bootstrap(name: "a")
    #expect(bootstrap.mean(values) == nil)
    #expect(bootstrap.ratio(values, over: values.map { $0 + 1 }) == nil)
    #expect(bootstrap.harmonicMean([[Self.numbers(30, seed: 1)], [values]]) == nil)
    #expect(
      bootstrap.areaUnderCurve(
        AreaUnderCurve(lower: values, upper: Self.numbers(30, seed: 1))) == nil)
    #expect(Median([1, 2, 3, 4, 5]).interval(confidence: 0.95) == nil)
    #expect(Median([1, 2, 3, 4, 5, 6]).interval(confidence: 0.95) != nil)
  }

  @Test("a mean of nothing has no harmonic mean's interval") func zero() {
    let zeros = Array(repeating: 0.0, count: 20)
    #expect(HarmonicMean.of([0.5, 0]) == 0)
    #expect(abs(HarmonicMean.of([1, 0.5, 0.25]) - 3 / 7.0) < 1e-15)
    #expect(Bootstrap(name: "a").harmonicMean([[Self.numbers(20, seed: 6), zeros]]) == nil)
  }

  @Test("an interval of a number that falls with another is turned round") func mapped() {
    let interval = Interval(lower: 0.2, upper: 0.4, confidence: 0.95, method: .exact)
    #expect(interval.mapped { 1 - $0 }?.lower == 0.6)
    #expect(interval.mapped { 1 / ($0 - 0.2) } == nil)
  }
}
