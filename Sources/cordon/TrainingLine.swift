internal import Foundation
internal import Training
internal import Unlearning

/// Shows how far a training run is: on a terminal one line, elsewhere a line every ten seconds.
final class TrainingLine {
  private let quiet: Bool
  private var progress: TrainingProgress?
  private var shown = Date()
  private var isDrawn = false

  init(quiet: Bool) { self.quiet = quiet }

  var observer: TrainingObserver {
    let note = { (text: String) in
      self.end()
      Console.note(text)
    }
    guard !quiet else { return TrainingObserver(note: note) }
    return TrainingObserver(
      preparing: { phase, done, total in
        let pause = TrainingProgress.pause(isTerminal: Console.isTerminal)
        guard Date().timeIntervalSince(self.shown) >= pause else { return }
        self.show("\(phase): \(done / 1_000_000) of \(total / 1_000_000) MB")
      },
      beginning: begin, step: take, note: note)
  }

  /// What an unlearning run is watched with.
  var unlearning: UnlearningObserver {
    guard !quiet else { return UnlearningObserver() }
    return UnlearningObserver(
      beginning: begin, step: take,
      note: { text in
        self.end()
        Console.plain(text)
      })
  }

  private func begin(_ done: Int, _ steps: Int, _ operations: Double, _ peak: Double) {
    progress = TrainingProgress(
      steps: steps, done: done, operationsPerRow: operations, peak: peak,
      isTerminal: Console.isTerminal, at: Date().timeIntervalSinceReferenceDate)
  }

  private func take(_ report: StepReport) {
    let step = TrainingProgress.Step(step: report.step, loss: report.loss, rows: report.rows)
    guard let line = progress?.take(step, at: Date().timeIntervalSinceReferenceDate) else {
      return
    }
    show(line)
  }

  private func show(_ line: String) {
    shown = Date()
    guard Console.isTerminal else { return Console.plain(line) }
    isDrawn = true
    Console.draw(line)
  }

  func end() {
    guard isDrawn else { return }
    isDrawn = false
    Console.draw("")
  }
}
