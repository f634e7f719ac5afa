internal import Evidence

/// One constraint at one measurement of its dual items: what moves its dual variable.
struct BoundaryReading {
  let role: Constraint.Role
  /// The measure, as ``Estimate/value``.
  let value: Double
  /// Its smooth surrogate: the right choice's mean probability in place of accuracy.
  let surrogate: Double
  /// The limit, in the same unit.
  let limit: Double
  /// What is aimed at: inside the limit.
  let aim: Double
  /// The standard error of ``value``; above 0.
  let error: Double

  init(
    _ constraint: Constraint, base: Measurement, now: Measurement, verdictItems: Int,
    _ settings: BoundarySettings
  ) {
    precondition(verdictItems >= 1, "a verdict on something")
    role = constraint.role
    limit = constraint.limit(base: base)
    let count = Double(now.items.count)
    // Standard errors from the limit to the aim: the verdict's own, and what its chance asks for.
    let distance = Quantiles.normal(settings.confidence) + Quantiles.normal(settings.power)
    switch (constraint.role, constraint.metric) {
    case (.hazard, _):
      value = now.accuracy
      surrogate = now.probability
      aim = BoundaryReading.aim(limit: limit, items: verdictItems, settings)
      let share = max(aim, 1 / count)
      error = (share * (1 - share) / count).squareRoot()
    case (.capability, .accuracy):
      let counts = Constraint.counts(base, now)
      value = counts.netLoss
      surrogate = base.probability - now.probability
      error = max(counts.standardError, 1e-9)
      let onVerdict = error * (count / Double(verdictItems)).squareRoot()
      aim = max(0, limit - distance * onVerdict - 0.5 / Double(verdictItems))
    case (.capability, .loss):
      let losses = Constraint.losses(base, now)
      value = losses?.rise ?? 0
      surrogate = value
      // Where nothing has moved yet the error is 0, and a margin in units of it would be endless.
      error = max(losses?.standardError ?? 0, 0.05 * limit, 1e-9)
      let onVerdict = error * (count / Double(verdictItems)).squareRoot()
      aim = max(0, limit - distance * onVerdict)
    }
  }

  /// The share at which a verdict on so many items says *met* with the chance that is asked for: 0
  /// where it never does.
  private static func aim(limit: Double, items: Int, _ settings: BoundarySettings) -> Double {
    let most = Binomial.mostSuccesses(of: items, limit: limit, confidence: settings.confidence)
    guard let most else { return 0 }
    // P(X ≤ most) = power is where as many successes are the bound at confidence 1 - power.
    return min(
      limit, Binomial.upper(successes: most, of: items, confidence: 1 - settings.power))
  }

  /// How many standard errors the measure stands inside its aim.
  var margin: Double { (aim - value) / error }

  /// How many standard errors the mixture of measure and surrogate stands beyond the aim, cut off.
  func pull(_ share: Double) -> Double {
    let beyond = ((1 - share) * value + share * surrogate - aim) / error
    return role == .hazard ? min(max(beyond, -2), 1) : min(max(beyond, -2), 3)
  }

  /// Whether a capability lost so many times what it may.
  func isOverrun(_ factor: Double) -> Bool {
    role == .capability && value > factor * max(limit, error)
  }
}
