/// A setting of an objective, as plans name it.
public struct ObjectiveSetting: Sendable, Equatable {
  /// What stands there.
  public enum Kind: Sendable, Equatable {
    /// A number of a range; one of a plan that says nothing.
    case number(ClosedRange<Double>, usual: Double)
    /// At least one number of a range.
    case numbers(ClosedRange<Double>, usual: [Double])
    /// Blocks counted from 0; usual are shares of the depth, so that 7 of 32 blocks is 7/32.
    case layers(usual: [Double])
  }

  /// The key.
  public let name: String
  /// What stands there.
  public let kind: Kind

  /// A setting.
  public init(_ name: String, _ kind: Kind) {
    (self.name, self.kind) = (name, kind)
  }
}

/// The settings of an objective as a plan and a model make them.
public struct ObjectiveValues: Sendable, Equatable {
  /// What stands at each setting; layers have their own.
  public var numbers: [String: [Double]]
  /// The blocks that it reads.
  public var layers: [Int]
  /// D, the width of the model's stream.
  public var width: Int
  /// Draws directions.
  public var seed: UInt64

  /// Values.
  public init(
    numbers: [String: [Double]] = [:], layers: [Int] = [], width: Int = 1, seed: UInt64 = 0
  ) {
    (self.numbers, self.layers, self.width, self.seed) = (numbers, layers, width, seed)
  }

  /// The number of a setting.
  ///
  /// - Precondition: the objective has it.
  public func number(_ name: String) -> Double {
    guard let number = numbers[name]?.first else { preconditionFailure("a setting: \(name)") }
    return number
  }
}

/// What an objective does with the answers that a plan gives instead of those to be forgotten.
public enum AnswerUse: Sendable, Equatable {
  /// It has none.
  case none
  /// It reads prompts with the given answers in place of the items' own.
  case instead
  /// Its batch has the items, then the same prompts with the given answers.
  case beside
}
