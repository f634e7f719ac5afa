import Tensors
import Testing

@testable import Training

@Suite("The progress of a run") struct TrainingProgressTests {
  typealias Step = TrainingProgress.Step

  @Test("a line comes every ten seconds, on a terminal five times a second, and at the end")
  func lines() {
    for (isTerminal, pause) in [(false, 10.0), (true, 0.2)] {
      var progress = TrainingProgress(
        steps: 4, operationsPerRow: 6e6, peak: 1e11, isTerminal: isTerminal, at: 100)
      #expect(progress.take(Step(step: 1, loss: 5, rows: 1), at: 100 + pause * 0.9) == nil)
      #expect(progress.take(Step(step: 2, loss: 5, rows: 1), at: 100 + pause) != nil)
      #expect(progress.take(Step(step: 3, loss: 5, rows: 1), at: 100 + pause * 1.5) == nil)
      #expect(progress.take(Step(step: 4, loss: 5, rows: 1), at: 100 + pause * 1.6) != nil)
    }
  }

  @Test("rate, share of the peak and time left are those of the steps done here") func numbers() {
    var progress = TrainingProgress(
      steps: 1000, done: 500, operationsPerRow: 6e6, peak: 1.2e11, isTerminal: false, at: 0)
    var line: String?
    for step in 501...510 {
      line = progress.take(
        Step(step: step, loss: 2, rows: 1000), at: Double(step - 500))
    }
    #expect(progress.rate(at: 10) == 1000)
    #expect(abs(progress.shareOfPeak(at: 10) - 0.05) < 1e-12)
    #expect(line == "step 510 of 1000: loss 2.0000, 1,000 tokens/s, 5 % of peak, 8 min left")
  }

  @Test("times and numbers as people write them") func words() {
    #expect(
      [0, 0.2, 119, 120, 179, 7199, 12_000].map(TrainingProgress.time) == [
        "0 s", "1 s", "119 s", "2 min", "3 min", "2 h 0 min", "3 h 20 min",
      ])
    #expect(
      [0, 999, 1000, 1_234_567].map(TrainingProgress.grouped) == [
        "0", "999", "1,000", "1,234,567",
      ])
  }

  @Test("the peak is measured, and is that of a machine") func peak() throws {
    let workers = Workers(count: 1)
    let peak = try TrainingProgress.peak(on: workers, seconds: 0)
    #expect(peak > 1e8 && peak < 1e15)
  }
}
