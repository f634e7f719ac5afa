import Foundation
import Testing

@testable import Training

@Suite("The learning curve") struct LearningCurveTests {
  static func log(_ steps: Int, scale: Double = 1) -> [TrainingLog.Line] {
    (0..<steps).map { index in
      let step = index + 1
      let loss = scale * (8 / Double(step).squareRoot() + Double(step % 3) * 0.01)
      return TrainingLog.Line(
        step: step, loss: loss, gradientNorm: 1, rate: 1e-3, tokens: 10,
        validation: step % 100 == 0 ? loss * 1.1 : nil)
    }
  }

  /// Every pair of numbers in the `points` of a line of the SVG.
  static func points(_ svg: String) -> [[(Double, Double)]] {
    svg.split(separator: "\n").compactMap { line in
      guard let range = line.range(of: "points=\"") else { return nil }
      return line[range.upperBound...].prefix { $0 != "\"" }.split(separator: " ").map {
        let pair = $0.split(separator: ",").compactMap { Double($0) }
        return (pair[0], pair[1])
      }
    }
  }

  @Test(
    "is drawn within its frame, whatever the losses are",
    arguments: [1, 2, 3, 10, 481, 2000], [0, 1e-9, 1, 1e12])
  func frame(steps: Int, scale: Double) throws {
    let svg = String(decoding: LearningCurve(Self.log(steps, scale: scale)).svg, as: UTF8.self)
    for word in [">nan", "\"nan", ">inf", "\"inf"] { #expect(!svg.contains(word)) }
    let lines = Self.points(svg)
    #expect(lines.count == (steps >= 100 ? 2 : 1))
    for (x, y) in lines.joined() {
      #expect(x >= 70 && x <= 930 && y >= 50 && y <= 480)
    }
    #expect(svg.utf8.count < 40_000)
  }

  @Test("shows the log: falling loss falls, the last step is at the right end") func shape() {
    let curve = LearningCurve(Self.log(400))
    #expect(curve.training.count == 400 && curve.validation.map(\.step) == [100, 200, 300, 400])
    let lines = Self.points(String(decoding: curve.svg, as: UTF8.self))
    #expect(lines[0].last?.0 == 930 && lines[1].last?.0 == 930)
    // Down in the picture is a higher y.
    #expect(zip(lines[1], lines[1].dropFirst()).allSatisfy { $0.1 < $1.1 })
    // Many steps: a point is the mean of its group.
    let long = LearningCurve(Self.log(2000))
    #expect(long.training.count == 400)
    let mean = Self.log(2000)[5..<10].map(\.loss).reduce(0, +) / 5
    #expect(abs(long.training[1].loss - mean) < 1e-12 && long.training[1].step == 10)
  }

  @Test("the same log has the same bytes, another has others") func bytes() {
    #expect(LearningCurve(Self.log(300)).svg == LearningCurve(Self.log(300)).svg)
    var changed = Self.log(300)
    changed[150].loss += 1
    #expect(LearningCurve(changed).svg != LearningCurve(Self.log(300)).svg)
    #expect(!LearningCurve([]).svg.isEmpty)
  }

  @Test("ticks stand at 1, 2 or 5 times a power of ten") func ticks() {
    for (span, spacing) in [
      (2000.0, 500.0), (8, 1), (9, 2), (0.03, 0.005), (40, 5), (41, 10), (7e9, 1e9),
    ] {
      let found = LineChart.spacing(span, count: 8)
      #expect(abs(found / spacing - 1) < 1e-9, "\(span): \(found)")
    }
  }
}
