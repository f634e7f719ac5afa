public import Evidence

/// One number of a task.
public struct MetricValue: Sendable, Equatable {
  /// What it is called.
  public let name: String
  /// The number; finite.
  public let value: Double
  /// The standard error of a mean over items; nil where it is none, or of one item.
  public let standardError: Double?
  /// Where the truth lies; nil where no interval is known.
  public let interval: Interval?
  /// Over how many items, or tokens, it is.
  public let count: Int
  /// Where the best one lies.
  public let best: MetricDirection

  /// Whether more is better; neither more nor less is where 0 is best.
  public var higherIsBetter: Bool { best == .higher }

  /// A number of which more is better, or less.
  init(
    name: String, value: Double, standardError: Double? = nil, interval: Interval? = nil,
    count: Int, higherIsBetter: Bool
  ) {
    self.init(
      name: name, value: value, standardError: standardError, interval: interval, count: count,
      best: higherIsBetter ? .higher : .lower)
  }

  /// A number.
  init(
    name: String, value: Double, standardError: Double? = nil, interval: Interval? = nil,
    count: Int, best: MetricDirection
  ) {
    self.name = name
    self.value = value
    self.standardError = standardError
    self.interval = interval
    self.count = count
    self.best = best
  }
}

/// What became of one item.
public enum ItemResult: Sendable, Equatable {
  /// A text of a `loss` task.
  case text(TextResult)
  /// An item of a `multiple-choice` task.
  case choice(ChoiceResult)
  /// An item of which several numbers are known.
  case measured(MeasuredItem)
}

/// An item of which several numbers are known.
public struct MeasuredItem: Sendable, Equatable {
  /// One of them.
  public struct Value: Sendable, Equatable {
    /// What it is called.
    public var name: String
    /// The number; finite.
    public var value: Double

    /// A number.
    public init(_ name: String, _ value: Double) { (self.name, self.value) = (name, value) }
  }

  /// The file, as the suite names it.
  public var file: String
  /// Which item of the file, from 0.
  public var row: Int
  /// The part of the task that it belongs to; nil where the task has none.
  public var part: String?
  /// The numbers, in the order of the task's item keys.
  public var values: [Value]

  /// The number of this name.
  public func value(_ name: String) -> Double? { values.first { $0.name == name }?.value }
}

/// How likely a text is.
public struct TextResult: Sendable, Equatable {
  /// The file, as the suite names it.
  public var file: String
  /// Which text of the file, from 0.
  public var row: Int
  /// The negative log-likelihood of the scored tokens, in nats.
  public var negativeLogLikelihood: Double
  /// Tokens that were scored.
  public var tokens: Int
  /// Bytes of the text that the scored tokens stand for.
  public var bytes: Int
  /// Words of the text that are scored, if only in part: its runs of white space and one, as
  /// lm-eval counts, but for what stands before the first scored token.
  public var words: Int
}

/// How likely the choices of an item are.
public struct ChoiceResult: Sendable, Equatable {
  /// The file, as the suite names it.
  public var file: String
  /// Which item of the file, from 0.
  public var row: Int
  /// The index of the right choice.
  public var answer: Int
  /// The log-likelihood of each choice, in nats.
  public var logLikelihoods: [Double]
  /// The characters (Unicode scalars) of each choice, as Python counts them.
  public var characters: [Int]
  /// The bytes of each choice.
  public var bytes: [Int]
  /// Whether the beginning of the context was cut, for the model cannot see it all.
  public var isCut: Bool

  /// The index of the most likely choice, the first of equals.
  public var choice: Int { ChoiceResult.best(logLikelihoods) }

  /// The index of the largest number, the first of equals.
  package static func best(_ scores: [Double]) -> Int {
    var best = 0
    for index in scores.indices where scores[index] > scores[best] { best = index }
    return best
  }
}

/// What a task gave.
public struct TaskResult: Sendable, Equatable {
  /// The task's name.
  public let name: String
  /// Its kind.
  public let kind: String
  /// Examples before each question.
  public let shots: Int
  /// Items that its files hold.
  public let total: Int
  /// How many of them, the first, the task is limited to; nil for all.
  public let limit: Int?
  /// The numbers.
  public let metrics: [MetricValue]
  /// Every item, in order.
  public let items: [ItemResult]

  /// How many items lost the beginning of their context, for the model cannot see it all.
  public var cut: Int {
    items.count { if case .choice(let item) = $0 { item.isCut } else { false } }
  }

  /// The metric of this name.
  public func metric(_ name: String) -> MetricValue? { metrics.first { $0.name == name } }
}
