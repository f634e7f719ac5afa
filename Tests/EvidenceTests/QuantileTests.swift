import Evidence
import Testing

/// Truth: the tables of any textbook, to the digits of R's `qnorm`, `qt` and `pbeta`.
@Suite struct QuantileTests {
  @Test(arguments: [
    (0.95, 1.6448536269514722), (0.975, 1.959963984540054), (0.5, 0), (0.1, -1.2815515655446004),
    (1e-10, -6.361340902404056),
  ])
  func normal(_ share: Double, _ quantile: Double) {
    #expect(abs(Quantiles.normal(share) - quantile) < 1e-12 * max(1, abs(quantile)))
  }

  @Test(arguments: [
    (0.95, 1.0, 6.313751514675043), (0.95, 10, 1.8124611228107335), (0.975, 30, 2.0422724563012373),
    (0.05, 4, -2.13184678632665), (0.99, 1_000, 2.330082674755513), (0.5, 3, 0),
  ])
  func student(_ share: Double, _ degrees: Double, _ quantile: Double) {
    #expect(abs(Quantiles.student(share, degrees: degrees) - quantile) < 1e-8)
  }

  @Test func studentTendsToNormal() {
    #expect(abs(Quantiles.student(0.95, degrees: 1e8) - Quantiles.normal(0.95)) < 1e-7)
  }

  /// For whole a and b the function is a sum of binomial terms; here the smallest ones by hand.
  @Test func incompleteBeta() {
    for x in [0, 0.1, 0.5, 0.9, 1] {
      #expect(abs(IncompleteBeta.regularised(x, 1, 1) - x) < 1e-14)
      #expect(abs(IncompleteBeta.regularised(x, 2, 1) - x * x) < 1e-14)
      #expect(abs(IncompleteBeta.regularised(x, 1, 3) - (1 - (1 - x) * (1 - x) * (1 - x))) < 1e-14)
    }
    // Symmetry, where both sides are computed by the same fraction.
    #expect(
      abs(
        IncompleteBeta.regularised(0.3, 700, 1_500)
          + IncompleteBeta.regularised(0.7, 1_500, 700) - 1) < 1e-12)
  }
}
