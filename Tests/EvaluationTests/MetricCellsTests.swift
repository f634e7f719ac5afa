import Evidence
import Testing

@testable import Evaluation

@Suite struct MetricCellsTests {
  @Test(
    "a number keeps its digits where four decimals would lose them",
    arguments: [
      (0.0, "0"), (-0.0, "0"), (0.5, "0.5000"), (-97.25, "-97.2500"), (0.001, "0.0010"),
      (0.000_99, "9.900e-04"), (-0.000_5, "-5.000e-04"), (8.2e-12, "8.200e-12"),
      (12_345.678_9, "12345.6789"), (1.5e300, "1.500e+300"),
    ])
  func numbers(_ number: Double, _ text: String) {
    #expect(MetricValue.text(of: number) == text)
  }

  @Test("a line says what is better, and the ends of an interval as its number") func cells() {
    let interval = Interval(lower: 1e-9, upper: 2.5e-5, confidence: 0.95, method: .bootstrap)
    let small = MetricValue(
      name: "forget_probability", value: 1e-6, standardError: 2e-7, interval: interval, count: 40,
      higherIsBetter: false)
    #expect(
      small.cells == [
        "forget_probability", "1.000e-06", "± 2.000e-07", "95 % in 1.000e-09 to 2.500e-05",
        "over 40", "lower is better",
      ])
    let bare = MetricValue(name: "privleak", value: 0, count: 2, best: .zero)
    #expect(bare.cells == ["privleak", "0", "", "", "over 2", "0 is best"])
    let high = MetricValue(name: "acc", value: 1, count: 2, higherIsBetter: true)
    #expect(high.best == .higher && high.cells.last == "higher is better")
  }
}
