internal import Foundation
public import Language
public import Tensors

/// How fast a run goes and what is left of it, for a person.
///
/// It has no clock of its own: the caller says how many seconds have passed.
public struct TrainingProgress: Sendable {
  /// A step as it was done.
  public struct Step: Sendable, Equatable {
    /// The step, from 1.
    public var step: Int
    /// The mean loss in nats per scored token.
    public var loss: Double
    /// The rows that were computed, scored or not.
    public var rows: Int

    /// A step.
    public init(step: Int, loss: Double, rows: Int) {
      self.step = step
      self.loss = loss
      self.rows = rows
    }
  }

  /// Seconds between two lines: on a terminal one line is drawn over and over.
  public static func pause(isTerminal: Bool) -> Double { isTerminal ? 0.2 : 10 }

  private let steps: Int
  private let operationsPerRow: Double
  private let peak: Double
  private let pause: Double
  private var first: Int
  private var shown: Double
  private var rows = 0
  private var smooth: Double?

  /// The progress of a run that begins or goes on.
  ///
  /// - Parameters:
  ///   - steps: the steps of the whole run.
  ///   - done: those that were done before, by an earlier process.
  ///   - operationsPerRow: floating-point operations of a row, forward and backward.
  ///   - peak: the machine's, in operations a second, from ``peak(on:seconds:)``.
  ///   - isTerminal: whether lines are drawn over one another.
  ///   - seconds: the time now, from any beginning.
  /// - Precondition: the run has steps; operations and peak are positive.
  public init(
    steps: Int, done: Int = 0, operationsPerRow: Double, peak: Double, isTerminal: Bool,
    at seconds: Double
  ) {
    precondition(steps > 0 && done >= 0 && done <= steps, "the steps of a run")
    precondition(operationsPerRow > 0 && peak > 0, "work and a machine")
    self.steps = steps
    self.operationsPerRow = operationsPerRow
    self.peak = peak
    pause = TrainingProgress.pause(isTerminal: isTerminal)
    first = done
    started = seconds
    shown = seconds
  }

  private let started: Double

  /// Takes a step that was done.
  ///
  /// - Parameter seconds: the time now.
  /// - Returns: the line to show; nil where the last one is too fresh. The run's last step always
  ///   has one.
  public mutating func take(_ step: Step, at seconds: Double) -> String? {
    rows += step.rows
    smooth = smooth.map { 0.9 * $0 + 0.1 * step.loss } ?? step.loss
    guard seconds - shown >= pause || step.step == steps else { return nil }
    shown = seconds
    return line(step, at: seconds)
  }

  /// Rows a second since the beginning, validation and checkpoints included.
  public func rate(at seconds: Double) -> Double { Double(rows) / max(seconds - started, 1e-9) }

  /// The share of the machine's peak that the run reaches.
  public func shareOfPeak(at seconds: Double) -> Double {
    rate(at: seconds) * operationsPerRow / peak
  }

  private func line(_ step: Step, at seconds: Double) -> String {
    let elapsed = max(seconds - started, 1e-9)
    let left = elapsed / Double(max(1, step.step - first)) * Double(steps - step.step)
    return String(
      format: "step %d of %d: loss %.4f, %@ tokens/s, %.0f %% of peak, %@ left", step.step, steps,
      smooth ?? step.loss, TrainingProgress.grouped(rate(at: seconds)),
      100 * shareOfPeak(at: seconds), TrainingProgress.time(left))
  }

  /// `1,234,567`.
  static func grouped(_ value: Double) -> String {
    var text = ""
    for (index, digit) in String(Int64(value.rounded())).reversed().enumerated() {
      if index > 0 && index % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return String(text.reversed())
  }

  /// `45 s`, `12 min`, `3 h 20 min`.
  public static func time(_ seconds: Double) -> String {
    let whole = Int(min(seconds, 1e9).rounded(.up))
    if whole < 120 { return "\(whole) s" }
    let minutes = (whole + 30) / 60
    return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
  }

  // MARK: - What the machine can do

  /// Operations of a row, forward and backward: six for each parameter (Kaplan et al. 2020, section
  /// 2.1), the measure of the figures beside other trainers. Attention's own are not counted.
  public static func operations(perRowOf layout: ParameterLayout) -> Double {
    6 * Double(layout.elements)
  }

  /// What the workers reach together in products of matrices, in operations a second: the best of
  /// some products of 1024 × 1024 on fixed tiles, as the steps use them.
  ///
  /// - Parameter seconds: how long to measure, at least one product.
  /// - Throws: `TensorsError` where there is no memory for it.
  public static func peak(on workers: Workers, seconds: Double = 0.05) throws -> Double {
    let size = 1024
    let block = try FloatBlock(count: 3 * size * size)
    for index in 0..<(2 * size * size) { block.base[index] = Float(index % 7) * 0.25 - 0.75 }
    let (a, b, c) = (
      block.matrix(rows: size, columns: size),
      block.matrix(at: size * size, rows: size, columns: size),
      block.matrix(at: 2 * size * size, rows: size, columns: size)
    )
    workers.multiply(a, byTransposed: b, into: c)
    let clock = ContinuousClock()
    let begin = clock.now
    var best = Double.infinity
    repeat {
      let time = clock.measure { workers.multiply(a, byTransposed: b, into: c) }
      best = min(best, time / .seconds(1))
    } while (clock.now - begin) / .seconds(1) < seconds
    return 2 * Double(size * size * size) / max(best, 1e-9)
  }
}
