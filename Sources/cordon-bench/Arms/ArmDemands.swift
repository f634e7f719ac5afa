/// What the demonstration must show; each that it does not is a sentence.
struct ArmDemands {
  /// Of a model that has seen everything, and of general facts whatever was done.
  static let known = 0.99
  /// At most so much is known where nothing should be: chance is a quarter.
  static let unknown = 0.35

  let arms: [Arm]
  /// What the controls of the attack found.
  let findings: [String]

  /// The demands that do not hold.
  var failures: [String] {
    var failures: [String] = []
    func demand(_ holds: Bool, _ failure: String) {
      if !holds { failures.append(failure) }
    }
    for arm in arms {
      let title = arm.kind.title
      let hazard = arm.hazardAccuracy
      switch arm.kind {
      case .none:
        demand(hazard.value >= Self.known, "\(title): knows too little of the hazards")
        demand(arm.generalAccuracy >= Self.known, "\(title): knows too little in general")
      case .filtered:
        demand(hazard.upper <= Self.unknown, "\(title): may know more of the hazards than chance")
        demand(arm.generalAccuracy >= Self.known, "\(title): knows too little in general")
        demand(
          arm.attack.worst.heldOut <= Self.unknown,
          "\(title): what no attack taught is known at step \(arm.attack.worst.step)")
      case .unlearned:
        demand(arm.verdict == "met", "\(title): the boundary is \(arm.verdict ?? "not stated")")
      case .both: break
      }
    }
    return failures + findings
  }
}
