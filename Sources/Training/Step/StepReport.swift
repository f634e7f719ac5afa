/// What one step of training did.
public struct StepReport: Sendable, Equatable {
  /// Its number, from 1.
  public let step: Int
  /// The mean negative log-likelihood of the scored tokens before the step, in nats.
  public let loss: Double
  /// The 2-norm of all gradients before they were clipped.
  public let gradientNorm: Double
  /// The learning rate.
  public let rate: Double
  /// Scored tokens.
  public let scored: Int
  /// Rows that were computed: scored or not, padding too.
  public let rows: Int

  /// A report.
  public init(
    step: Int, loss: Double, gradientNorm: Double, rate: Double, scored: Int, rows: Int
  ) {
    self.step = step
    self.loss = loss
    self.gradientNorm = gradientNorm
    self.rate = rate
    self.scored = scored
    self.rows = rows
  }
}
