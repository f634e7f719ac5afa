/// What an optimiser is told once: AdamW (Loshchilov, Hutter 2019) with clipping by norm.
public struct OptimiserSettings: Sendable, Equatable {
  /// The largest learning rate, which a schedule takes shares of.
  public var rate: Double
  /// The weight decay of matrices; norms and biases have none.
  public var decay: Double
  /// The decay of the first moment.
  public var beta1: Double
  /// The decay of the second moment.
  public var beta2: Double
  /// What is added to the root of the second moment.
  public var epsilon: Double
  /// The largest norm of all gradients together; nil for none.
  public var clip: Double?

  /// Settings; what is not given is usual for language models.
  public init(
    rate: Double, decay: Double = 0.1, beta1: Double = 0.9, beta2: Double = 0.95,
    epsilon: Double = 1e-8, clip: Double? = 1
  ) {
    self.rate = rate
    self.decay = decay
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.clip = clip
  }
}
