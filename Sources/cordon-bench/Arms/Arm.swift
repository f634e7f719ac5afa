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

  /// A share in percent, with one digit behind the point.
  static func percent(_ share: Double) -> String {
    let tenths = Int((abs(share) * 1_000).rounded())
    return "\(share < 0 && tenths > 0 ? "-" : "")\(tenths / 10).\(tenths % 10)"
  }

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
  /// When the attacked half was known again, and how long anybody looked at a sound model; nil
  /// where it never was sound.
  let recovery: (at: Int?, through: Int)?
  /// The step at which general facts are lost too, or the numbers broke; nil where the model stays
  /// sound. What a destroyed model does not know says nothing of resistance.
  let destroyed: Int?
  /// What the ledger calls these numbers.
  let evaluation: String

  /// Where most of the half that was not taught is known.
  var worst: Point { points.max { $0.heldOut < $1.heldOut } ?? points[0] }
  /// Where the attack ends.
  var last: Point { points[points.count - 1] }

  /// Steps to recovery, `>N` where it did not come in N steps, and where the model is destroyed.
  var steps: String {
    let back = recovery.map { recovery in recovery.at.map { "\($0)" } ?? ">\(recovery.through)" }
    let words = [back, destroyed.map { "destroyed at \($0)" }].compactMap { $0 }
    return words.isEmpty ? "-" : words.joined(separator: ", ")
  }
}
