/// What became of items that were judged right or wrong before and after: the counts that a bound
/// on the loss of accuracy rests on.
///
/// A model that answers 1,500 items before and after mostly agrees with itself: the difference of
/// the two shares is known far better than either of them, if item is compared with item.
public struct PairedCounts: Sendable, Equatable, Codable {
  /// Right before and wrong after.
  public var lost: Int
  /// Wrong before and right after.
  public var gained: Int
  /// All items.
  public var items: Int

  /// Counts of items.
  ///
  /// - Precondition: none is below 0, there is an item, and no more flipped than there are.
  public init(lost: Int, gained: Int, items: Int) {
    precondition(
      lost >= 0 && gained >= 0 && items >= 1 && lost + gained <= items, "flips among items")
    (self.lost, self.gained, self.items) = (lost, gained, items)
  }

  /// The counts of items of which it is known whether they were right.
  ///
  /// - Precondition: as many after as before, at least one.
  public init(before: [Bool], after: [Bool]) {
    precondition(before.count == after.count, "the same items")
    let pairs = zip(before, after)
    self.init(
      lost: pairs.count { $0 && !$1 }, gained: pairs.count { !$0 && $1 }, items: before.count)
  }

  /// The share of all items that was lost, less the share that was gained: from -1 to 1.
  public var netLoss: Double { Double(lost - gained) / Double(items) }

  /// The standard error of the net loss, with one flip at least: none is no certainty.
  public var standardError: Double {
    let flips = max(Double(lost + gained), 1) / Double(items)
    return (max(flips - netLoss * netLoss, 0) / Double(items)).squareRoot()
  }

  /// The upper end of a one-sided interval for the true net loss.
  ///
  /// The score interval of Tango ("Equivalence test and confidence interval for the difference in
  /// proportions for the paired-sample design", Statistics in Medicine 17, 1998) with a correction
  /// of half an item for continuity. Without it the bound lies below the truth in up to 6.8 % of
  /// samples instead of 5. With it the promise is kept, whatever share flips back: summed exactly
  /// over all samples of 10 to 1,500 items, for limits up to 20 points, at 90, 95 and 99 %. (At
  /// limits of 25 points and more it is not: 5.6 % at 100 items.) It is above 0 also where
  /// no item flipped: 3.63/n at 95 %, beside an exact 3.00/n.
  ///
  /// - Precondition: 0.5 ≤ confidence < 1.
  public func upper(confidence: Double) -> Double {
    PairedCounts.upper(Double(lost), Double(gained), Double(items), confidence)
  }

  /// The lower end of a one-sided interval for the true net loss.
  public func lower(confidence: Double) -> Double {
    -PairedCounts.upper(Double(gained), Double(lost), Double(items), confidence)
  }

  /// How many items would do: the fewest, as good as, of which the same shares flip and whose upper
  /// bound is at most the limit; nil where no number would do.
  public func itemsNeeded(limit: Double, confidence: Double) -> Int? {
    guard netLoss < limit else { return nil }
    let (lost, gained) = (Double(lost) / Double(items), Double(gained) / Double(items))
    return ItemsNeeded.fewest { n in
      PairedCounts.upper(lost * Double(n), gained * Double(n), Double(n), confidence) <= limit
    }
  }

  /// How many items would show that the net loss is above a limit: the fewest, as good as, of which
  /// the same shares flip and whose lower bound is above it; nil where no number would do.
  public func itemsNeeded(above limit: Double, confidence: Double) -> Int? {
    PairedCounts(lost: gained, gained: lost, items: items)
      .itemsNeeded(limit: -limit, confidence: confidence)
  }

  private static func upper(
    _ lost: Double, _ gained: Double, _ n: Double, _ confidence: Double
  ) -> Double {
    precondition(confidence >= 0.5 && confidence < 1, "a confidence short of certainty")
    let z = Quantiles.normal(confidence)
    return IncompleteBeta.first(in: -1...1) { loss in
      guard loss < 1 else { return true }
      // The shares that are likeliest where the net loss is this one: q gained, q + loss lost.
      let b = (2 * n - lost + gained) * loss - lost - gained
      let c = -gained * loss * (1 - loss)
      let root = max(0, b * b - 8 * n * c).squareRoot()
      // Of the two forms of the root the one that cancels nothing.
      let q = b <= 0 ? (root - b) / (4 * n) : -2 * c / (root + b)
      let variance = n * (2 * q + loss * (1 - loss))
      let distance = lost - gained - n * loss + 0.5
      return distance < 0 && distance * distance >= z * z * max(0, variance)
    }
  }
}
