/// Losses of the same texts before and after: what a bound on the rise of the mean loss rests on.
///
/// The mean is over tokens, so a text counts by its length; the texts are the independent items.
public struct PairedLosses: Sendable, Equatable {
  /// One text: the sums of its negative log-likelihoods in nats.
  public struct Item: Sendable, Equatable, Codable {
    /// The loss before.
    public var before: Double
    /// The loss after.
    public var after: Double
    /// The tokens that were scored.
    public var tokens: Int

    /// A text.
    public init(before: Double, after: Double, tokens: Int) {
      (self.before, self.after, self.tokens) = (before, after, tokens)
    }
  }

  /// The texts.
  public var items: [Item]

  /// Texts.
  ///
  /// - Precondition: there is one, all losses are finite, and their sum before is above 0.
  public init(_ items: [Item]) {
    precondition(
      items.allSatisfy { $0.before.isFinite && $0.after.isFinite && $0.tokens >= 1 }
        && items.reduce(0) { $0 + $1.before } > 0, "texts with a loss")
    self.items = items
  }

  /// The mean loss before, in nats per token.
  public var before: Double { mean(\.before) }
  /// The mean loss after, in nats per token.
  public var after: Double { mean(\.after) }
  /// By which share the mean loss rose: 0.01 for 1 %.
  public var rise: Double {
    items.reduce(0) { $0 + $1.after } / items.reduce(0) { $0 + $1.before } - 1
  }

  private func mean(_ loss: (Item) -> Double) -> Double {
    items.reduce(0) { $0 + loss($1) } / Double(items.reduce(0) { $0 + $1.tokens })
  }

  /// The standard error of the rise, by the delta method; 0 for a single text.
  public var standardError: Double {
    guard items.count > 1 else { return 0 }
    let rise = rise
    let mean = items.reduce(0) { $0 + $1.before } / Double(items.count)
    let (_, deviation, _) = moments { $0.after - (1 + rise) * $0.before }
    return deviation / Double(items.count).squareRoot() / mean
  }

  /// The upper end of a one-sided interval for the true rise; infinite for a single text, of which
  /// nothing is known.
  ///
  /// Fieller's interval for a ratio ("Some problems in interval estimation", Journal of the Royal
  /// Statistical Society B 16, 1954): the rises r at which the mean of after - (1 + r)·before is
  /// not significantly below 0 by Student's t. A few texts that rise much make that mean skew, and
  /// the bound too low: so the statistic is corrected for skewness as Hall has it ("On the removal
  /// of skewness by transformation", ibid. 54, 1992), and the larger of the two bounds counts.
  ///
  /// - Precondition: 0.5 ≤ confidence < 1.
  public func upper(confidence: Double) -> Double {
    bound(confidence) { $0.after - (1 + $1) * $0.before }
  }

  /// The lower end of a one-sided interval for the true rise; minus infinite for a single text.
  public func lower(confidence: Double) -> Double {
    -bound(confidence) { (1 - $1) * $0.before - $0.after }
  }

  /// How many texts would do if they were like these: the fewest, as good as, whose upper bound is
  /// at most the limit; nil where no number would do.
  public func itemsNeeded(limit: Double, confidence: Double) -> Int? {
    guard rise < limit else { return nil }
    return itemsNeeded(confidence) { $0.after - (1 + limit) * $0.before }
  }

  /// How many texts would show that the rise is above a limit, if they were like these; nil where
  /// no number would do.
  public func itemsNeeded(above limit: Double, confidence: Double) -> Int? {
    guard rise > limit else { return nil }
    return itemsNeeded(confidence) { (1 + limit) * $0.before - $0.after }
  }

  private func itemsNeeded(_ confidence: Double, _ difference: (Item) -> Double) -> Int? {
    precondition(confidence >= 0.5 && confidence < 1, "a confidence short of certainty")
    guard items.count > 1 else { return nil }
    let (mean, deviation, skewness) = moments(difference)
    return ItemsNeeded.fewest { n in
      n > 1
        && PairedLosses.isBelow(
          mean, deviation, skewness, count: Double(n),
          quantile: Quantiles.student(confidence, degrees: Double(n - 1)))
    }
  }

  // MARK: - Bounds

  /// The smallest rise at which the mean difference is significantly below 0.
  private func bound(
    _ confidence: Double, _ difference: (Item, Double) -> Double
  ) -> Double {
    precondition(confidence >= 0.5 && confidence < 1, "a confidence short of certainty")
    guard items.count > 1 else { return .infinity }
    let count = Double(items.count)
    let quantile = Quantiles.student(confidence, degrees: count - 1)
    func isReached(_ rise: Double) -> Bool {
      let (mean, deviation, skewness) = moments { difference($0, rise) }
      return PairedLosses.isBelow(mean, deviation, skewness, count: count, quantile: quantile)
    }
    var high = 1.0
    while !isReached(high) {
      high *= 2
      // The losses before vary so much that their mean may be 0: nothing bounds the ratio.
      guard high < 1e12 else { return .infinity }
    }
    return IncompleteBeta.first(in: -high...high, isReached)
  }

  /// Mean, standard deviation and skewness of a difference over the items.
  private func moments(
    _ difference: (Item) -> Double
  ) -> (mean: Double, deviation: Double, skewness: Double) {
    let n = Double(items.count)
    let mean = items.reduce(0) { $0 + difference($1) / n }
    var (second, third) = (0.0, 0.0)
    for item in items {
      let distance = difference(item) - mean
      second += distance * distance / n
      third += distance * distance * distance / n
    }
    guard second > 0 else { return (mean, 0, 0) }
    return (mean, (second * n / (n - 1)).squareRoot(), third / (second * second.squareRoot()))
  }

  /// Whether so many items with these moments show that the true mean is below 0.
  private static func isBelow(
    _ mean: Double, _ deviation: Double, _ skewness: Double, count: Double, quantile: Double
  ) -> Bool {
    guard deviation > 0 else { return mean <= 0 }
    let share = mean / deviation
    let root = count.squareRoot()
    return max(root * share, root * unskewed(share, skewness, count)) <= -quantile
  }

  /// Hall's transformation of a mean in units of the standard deviation.
  private static func unskewed(_ share: Double, _ skewness: Double, _ count: Double) -> Double {
    let bent = skewness * share / 3
    return share * (1 + bent + bent * bent / 3) + skewness / (6 * count)
  }
}
