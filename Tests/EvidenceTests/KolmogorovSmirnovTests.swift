import Evidence
import Foundation
import TestSupport
import Testing

/// The exact test of two samples, beside scipy's, published values and formulas of its own.
@Suite struct KolmogorovSmirnovTests {
  /// Forget qualities of TOFU as open-unlearning's docs/repro.md prints them, all that have three
  /// digits and are not the smallest possible: n questions of forget01, forget05 and forget10, and
  /// the distance h = n·D that each of them must have been.
  static let published: [(n: Int, h: Int, text: String)] = [
    (40, 17, "1.27e-03"), (40, 19, "1.88e-04"), (40, 16, "3.02e-03"),
    (200, 78, "5.87e-14"), (200, 51, "4.02e-06"), (200, 194, "1.06e-106"), (200, 65, "9.59e-10"),
    (200, 77, "1.33e-13"), (200, 49, "1.12e-05"), (200, 190, "5.01e-100"), (200, 66, "4.87e-10"),
    (400, 149, "4.35e-25"), (400, 396, "1.80e-229"), (400, 107, "5.42e-13"),
    (400, 379, "1.47e-198"), (400, 136, "6.92e-21"), (400, 138, "1.66e-21"),
    (400, 103, "4.64e-12"), (400, 382, "2.47e-203"), (400, 116, "3.15e-15"),
  ]

  @Test("published forget qualities are exact values of this test, and no asymptotic ones")
  func publishedValues() {
    #expect(Self.published.count == 20)
    var asymptotic = 0
    for (n, h, text) in Self.published {
      let own = KolmogorovSmirnov.pValue(steps: h, n, n)
      #expect(String(format: "%.2e", own) == text, "n \(n): \(own)")
      let scaled = Double(h) / Double(n) * (Double(n) / 2).squareRoot()
      if String(format: "%.2e", 2 * exp(-2 * scaled * scaled)) == text { asymptotic += 1 }
    }
    #expect(asymptotic == 0)
  }

  @Test("the smallest value is 2/C(2n, n), and 5 % is reached where it is known to be")
  func floors() {
    for (n, text, most) in [
      (40, "1.86e-23", 12), (200, "1.94e-119", 27), (400, "1.06e-239", 38),
    ] {
      let floor = KolmogorovSmirnov.pValue(steps: n, n, n)
      #expect(String(format: "%.2e", floor) == text)
      let paths = (1...n).reduce(0.5) { $0 * Double(n + $1) / Double($1) }
      #expect(abs(floor * paths - 1) < 1e-12)
      #expect(KolmogorovSmirnov.pValue(steps: most, n, n) >= 0.05)
      #expect(KolmogorovSmirnov.pValue(steps: most + 1, n, n) < 0.05)
    }
  }

  /// Hodges' closed form for two samples of one size, 2·Σ (-1)^(i-1) C(2n, n+ih) / C(2n, n), its
  /// quotients nested so that nothing overflows.
  private static func closedForm(_ n: Int, _ h: Int) -> Double {
    var sum = 0.0
    for turn in stride(from: n / h - 1, through: 0, by: -1) {
      var quotient = 1.0
      for step in 0..<h {
        quotient *= Double(n - turn * h - step) / Double(n + turn * h + step + 1)
      }
      sum = quotient * (1 - sum)
    }
    return 2 * sum
  }

  @Test("samples of one size have the values of the closed form, to the last digits")
  func oneSize() {
    var worst = 0.0
    for n in Array(1...30) + [113, 400] {
      for h in 1...n {
        let exact = min(1, Self.closedForm(n, h))
        worst = max(worst, abs(KolmogorovSmirnov.pValue(steps: h, n, n) / exact - 1))
      }
    }
    #expect(worst < 1e-12, "\(worst)")
  }

  @Test("all orders of two small samples, counted one by one") func everyOrder() {
    for (m, n) in [(1, 1), (1, 5), (2, 3), (3, 3), (4, 6), (5, 7), (6, 4), (8, 5)] {
      var counts: [Int: Int] = [:]
      for order in 0..<(1 << (m + n)) where order.nonzeroBitCount == m {
        let places = 0..<(m + n)
        let test = KolmogorovSmirnov(
          places.filter { order >> $0 & 1 == 1 }.map(Double.init),
          places.filter { order >> $0 & 1 == 0 }.map(Double.init))
        counts[test.steps, default: 0] += 1
      }
      let all = Double(counts.values.reduce(0, +))
      for steps in counts.keys {
        let reached = counts.filter { $0.key >= steps }.values.reduce(0, +)
        let own = KolmogorovSmirnov.pValue(steps: steps, m, n)
        #expect(abs(own - Double(reached) / all) < 1e-14, "\(m) \(n) \(steps)")
      }
    }
  }

  private struct Case: Decodable {
    var a: [Double]
    var b: [Double]
    var d: Double
    var p: Double
  }

  @Test("200 pairs of samples, of many sizes and with ties, as scipy judges them")
  func scipy() throws {
    let file = Repository.root.appendingPathComponent(
      "Tests/EvaluationTests/Fixtures/kolmogorov-smirnov.jsonl")
    let cases = try Data(contentsOf: file).split(separator: 10).map {
      try JSONDecoder().decode(Case.self, from: $0)
    }
    #expect(cases.count == 200)
    var worst = 0.0
    for one in cases {
      let test = KolmogorovSmirnov(one.a, one.b)
      #expect(abs(test.distance - one.d) < 1e-15)
      worst = max(worst, abs(test.pValue / one.p - 1))
      #expect(KolmogorovSmirnov(one.b.reversed(), one.a.shuffled()) == test)
    }
    #expect(worst < 1e-11, "\(worst)")
  }

  @Test("samples that agree are one apart from nothing") func equal() {
    let test = KolmogorovSmirnov([1, 2, 2], [2, 1, 2])
    #expect(test.steps == 0 && test.distance == 0 && test.pValue == 1)
    let apart = KolmogorovSmirnov([1, -.infinity], [2, 3, .infinity])
    #expect(apart.distance == 1 && apart.steps == 6)
    #expect(abs(apart.pValue - 0.2) < 1e-15)
  }
}
