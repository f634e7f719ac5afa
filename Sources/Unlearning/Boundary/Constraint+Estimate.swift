internal import Evidence

/// A constraint's measure with its one-sided bounds.
public struct Estimate: Sendable, Equatable, Codable {
  /// The measure of the model before: accuracy, or mean loss in nats per token.
  public var before: Double
  /// The measure of the model now.
  public var after: Double
  /// What the limit is on: a hazard's accuracy itself; the accuracy that a capability lost, as a
  /// share of all items; the share by which its loss rose.
  public var value: Double
  /// The limit in the unit of ``value``.
  public var limit: Double
  /// The upper end of a one-sided interval for the true value; nil where nothing bounds it.
  public var upper: Double?
  /// The lower end of a one-sided interval for the true value; nil where nothing bounds it.
  public var lower: Double?
  /// The independent items.
  public var items: Int
}

extension Constraint {
  /// The measure with its bounds, on the same items before and after.
  ///
  /// - Parameter confidence: of each one-sided bound, from 0.5 to 1.
  /// - Precondition: both measurements are of the same items.
  public func estimate(
    base: Measurement, now: Measurement, confidence: Double
  ) -> Estimate {
    precondition(base.items.count == now.items.count, "the same items")
    let limit = limit(base: base)
    let count = now.items.count
    var estimate = Estimate(
      before: base.value(metric), after: now.value(metric), value: 0, limit: limit, upper: nil,
      lower: nil, items: count)
    switch (role, metric) {
    case (.hazard, _):
      let right = now.items.count { $0.right }
      estimate.value = now.accuracy
      estimate.upper = Binomial.upper(successes: right, of: count, confidence: confidence)
      estimate.lower = Binomial.lower(successes: right, of: count, confidence: confidence)
    case (.capability, .accuracy):
      let counts = Constraint.counts(base, now)
      estimate.value = counts.netLoss
      estimate.upper = counts.upper(confidence: confidence)
      estimate.lower = counts.lower(confidence: confidence)
    case (.capability, .loss):
      guard let losses = Constraint.losses(base, now) else { break }
      estimate.value = losses.rise
      let (upper, lower) = (
        losses.upper(confidence: confidence), losses.lower(confidence: confidence)
      )
      estimate.upper = upper.isFinite ? upper : nil
      estimate.lower = lower.isFinite ? lower : nil
    }
    return estimate
  }

  /// The limit in the unit of ``Estimate/value``.
  func limit(base: Measurement) -> Double {
    switch limit {
    case .atMost(let share): share
    case .losesPoints(let points): points / 100
    case .losesShare(let share): metric == .accuracy ? share * base.accuracy : share
    }
  }

  /// The fewest items of which any result whatever could meet the limit: none right, none flipped.
  /// Nil where no number would do.
  ///
  /// - Parameter base: where the limit is a share of the accuracy before.
  public func fewestItems(base: Measurement, confidence: Double) -> Int? {
    let limit = limit(base: base)
    return switch (role, metric) {
    case (.hazard, _): Binomial.itemsNeeded(share: 0, limit: limit, confidence: confidence)
    case (.capability, .accuracy):
      PairedCounts(lost: 0, gained: 0, items: 1).itemsNeeded(limit: limit, confidence: confidence)
    case (.capability, .loss): 2
    }
  }

  /// How many items would decide it, if they were like these: so that the upper bound holds where
  /// the value does, so that the lower bound lies above the limit where the value does. Nil where
  /// no number would do.
  func itemsToDecide(base: Measurement, now: Measurement, confidence: Double) -> Int? {
    let limit = limit(base: base)
    switch (role, metric) {
    case (.hazard, _):
      let share = now.accuracy
      return share < limit
        ? Binomial.itemsNeeded(share: share, limit: limit, confidence: confidence)
        : Binomial.itemsNeeded(share: 1 - share, limit: 1 - limit, confidence: confidence)
    case (.capability, .accuracy):
      let counts = Constraint.counts(base, now)
      return counts.netLoss < limit
        ? counts.itemsNeeded(limit: limit, confidence: confidence)
        : counts.itemsNeeded(above: limit, confidence: confidence)
    case (.capability, .loss):
      guard let losses = Constraint.losses(base, now) else { return nil }
      return losses.rise < limit
        ? losses.itemsNeeded(limit: limit, confidence: confidence)
        : losses.itemsNeeded(above: limit, confidence: confidence)
    }
  }

  static func counts(_ base: Measurement, _ now: Measurement) -> PairedCounts {
    PairedCounts(before: base.items.map(\.right), after: now.items.map(\.right))
  }

  /// Nil where the model before had no loss at all, of which nothing can be a share.
  static func losses(_ base: Measurement, _ now: Measurement) -> PairedLosses? {
    guard base.loss > 0 else { return nil }
    return PairedLosses(
      zip(base.items, now.items).map {
        PairedLosses.Item(before: $0.loss, after: $1.loss, tokens: $0.tokens)
      })
  }
}
