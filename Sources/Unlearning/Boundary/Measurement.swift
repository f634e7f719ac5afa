/// What a model did on the items of one constraint.
public struct Measurement: Codable, Sendable, Equatable {
  /// One item.
  public struct Item: Codable, Sendable, Equatable {
    /// Whether the right choice is the likeliest; false for a text.
    public var right: Bool
    /// The share of the right choice among the choices' probabilities, from 0 to 1: what accuracy
    /// would be if answers were drawn; of a text the geometric mean of its tokens' probabilities.
    public var probability: Double
    /// The negative log-likelihood in nats: of the right choice, or of a text's scored tokens.
    public var loss: Double
    /// How many tokens that is the sum over.
    public var tokens: Int

    /// An item.
    public init(right: Bool, probability: Double, loss: Double, tokens: Int) {
      (self.right, self.probability) = (right, probability)
      (self.loss, self.tokens) = (loss, tokens)
    }
  }

  /// The constraint's name.
  public var constraint: String
  /// Its items, in the order of their file.
  public var items: [Item]

  /// A measurement.
  ///
  /// - Precondition: there is an item.
  public init(constraint: String, items: [Item]) {
    precondition(!items.isEmpty, "a measurement of something")
    self.constraint = constraint
    self.items = items
  }

  /// The share of items that are right.
  public var accuracy: Double { Double(items.count { $0.right }) / Double(items.count) }

  /// The mean probability of the right choice.
  public var probability: Double { items.reduce(0) { $0 + $1.probability } / Double(items.count) }

  /// The mean loss in nats per token.
  public var loss: Double {
    items.reduce(0) { $0 + $1.loss } / Double(items.reduce(0) { $0 + $1.tokens })
  }

  /// The measure that a constraint limits.
  public func value(_ metric: Constraint.Metric) -> Double {
    switch metric {
    case .accuracy: accuracy
    case .loss: loss
    }
  }
}
