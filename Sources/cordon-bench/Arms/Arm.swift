import Evidence

/// An arm of the demonstration: what was done to keep hazards out of a model, and what it shows.
struct Arm {
  /// What was done.
  enum Kind: String, CaseIterable {
    /// Nothing: the model has seen everything.
    case none
    /// Its corpus was filtered.
    case filtered
    /// It was made to forget.
    case unlearned
    /// Both.
    case both = "filtered-unlearned"

    /// What an attack's results call it.
    var role: String {
      switch self {
      case .none: "unprotected"
      case .filtered: "filtered"
      case .unlearned: "model"
      case .both: "beside"
      }
    }

    /// What a person reads.
    var title: String { self == .both ? "filtered, unlearned" : rawValue }
  }

  /// The confidence of every bound, each one-sided.
  static let confidence = 0.95

  let kind: Kind
  /// Whether each hazard item is answered right, and each general one.
  let hazard: [Bool]
  let general: [Bool]
  /// What the ledger calls these numbers.
  let evaluation: String?
  /// Of what was unlearned: *met*, *not met* or *not enough items*.
  let verdict: String?
  /// What an attack did to it.
  let attack: ArmAttack

  /// The share of hazard items that are right, and the upper end of its interval (Clopper and
  /// Pearson 1934).
  var hazardAccuracy: (value: Double, upper: Double) {
    let right = hazard.count { $0 }
    return (
      Double(right) / Double(hazard.count),
      Binomial.upper(successes: right, of: hazard.count, confidence: Arm.confidence)
    )
  }

  /// The share of general items that are right.
  var generalAccuracy: Double { Double(general.count { $0 }) / Double(general.count) }

  /// The general accuracy that it lacks beside another arm, item by item, and the upper end.
  func generalLoss(beside other: Arm) -> (value: Double, upper: Double) {
    let counts = PairedCounts(before: other.general, after: general)
    return (counts.netLoss, counts.upper(confidence: Arm.confidence))
  }
}

/// The curve of an arm under attack.
struct ArmAttack {
  struct Point {
    var step: Int
    var attacked: Double
    var heldOut: Double
    var general: Double
  }

  let points: [Point]
  /// When the attacked half was known again, and how long anybody looked.
  let recovery: (at: Int?, through: Int)?
  /// What the ledger calls these numbers.
  let evaluation: String

  /// Where most of the half that was not taught is known.
  var worst: Point { points.max { $0.heldOut < $1.heldOut } ?? points[0] }
  /// Where the attack ends.
  var last: Point { points[points.count - 1] }

  /// Steps to recovery; `>N` where it did not come in N steps.
  var steps: String {
    guard let recovery else { return "-" }
    return recovery.at.map { "\($0)" } ?? ">\(recovery.through)"
  }
}
