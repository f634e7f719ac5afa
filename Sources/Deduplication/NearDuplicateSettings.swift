internal import Foundation

/// What counts as a near duplicate, and how its candidates are looked for.
///
/// Two documents are near duplicates where the Jaccard similarity of their sets of shingles is at
/// least ``jaccard``. Candidates are pairs that agree in all ``rows`` minima of at least one of the
/// ``bands`` (Broder, "On the resemblance and containment of documents", 1997; Indyk and Motwani,
/// "Approximate nearest neighbors", STOC 1998).
public struct NearDuplicateSettings: Sendable, Equatable {
  /// Shingle lengths that are understood, in words.
  public static let shingleRange = 1...64
  /// Thresholds that are understood.
  public static let jaccardRange = 0.3...1.0
  /// Words per shingle where nothing is said.
  public static let usualShingle = 5
  /// The threshold where nothing is said.
  public static let usualJaccard = 0.7
  /// Hash functions of a signature, `bands * rows`, at most.
  public static let functionLimit = 512

  /// Hash functions that are spent where the plan names neither bands nor rows.
  private static let functionBudget = 128
  /// The chance that a pair right at the threshold is missed, where bands and rows are chosen here.
  private static let missAtThreshold = 5e-4

  /// Words per shingle.
  public let shingle: Int
  /// The similarity from which on a pair is a near duplicate.
  public let jaccard: Double
  /// Bands of a signature: a pair that agrees in one is a candidate.
  public let bands: Int
  /// Minima per band, all of which must agree.
  public let rows: Int

  /// Settings; bands and rows that are nil follow from the threshold.
  ///
  /// With neither given, the most rows are taken whose bands stay within 128 functions while a pair
  /// at the threshold is missed with a probability of at most 5e-4: at 0.7, 28 bands of 4. With one
  /// given, the other follows by the same rule within ``functionLimit``, as far as it allows.
  ///
  /// - Precondition: `shingle` is within ``shingleRange``, `jaccard` within ``jaccardRange``, bands
  ///   and rows are positive and their product is at most ``functionLimit``.
  public init(
    shingle: Int = usualShingle, jaccard: Double = usualJaccard, bands: Int? = nil,
    rows: Int? = nil
  ) {
    precondition(NearDuplicateSettings.shingleRange.contains(shingle), "words per shingle")
    precondition(NearDuplicateSettings.jaccardRange.contains(jaccard), "a threshold")
    self.shingle = shingle
    self.jaccard = jaccard
    let chosen = NearDuplicateSettings.choose(jaccard, bands: bands, rows: rows)
    self.bands = chosen.bands
    self.rows = chosen.rows
    precondition(
      self.bands > 0 && self.rows > 0
        && self.bands <= NearDuplicateSettings.functionLimit
        && self.rows <= NearDuplicateSettings.functionLimit / self.bands,
      "bands times rows")
  }

  /// Whether a plan may give these bands and rows (nil: not given).
  public static func allows(bands: Int?, rows: Int?) -> Bool {
    let bands = bands ?? 1
    let rows = rows ?? 1
    return bands > 0 && rows > 0 && bands <= functionLimit && rows <= functionLimit / bands
  }

  /// The probability that a pair of this similarity agrees in no band: (1 - s^rows)^bands.
  public func missProbability(at similarity: Double) -> Double {
    precondition((0...1).contains(similarity), "a similarity")
    return pow(1 - pow(similarity, Double(rows)), Double(bands))
  }

  private static func choose(_ jaccard: Double, bands: Int?, rows: Int?)
    -> (bands: Int, rows: Int)
  {
    switch (bands, rows) {
    case (let bands?, let rows?):
      return (bands, rows)
    case (nil, let rows?):
      return (max(1, min(bandsNeeded(jaccard, rows: rows), functionLimit / max(1, rows))), rows)
    case (let bands?, nil):
      let most = max(1, functionLimit / max(1, bands))
      return (bands, (1...most).last { bandsNeeded(jaccard, rows: $0) <= bands } ?? 1)
    case (nil, nil):
      let rows =
        (1...functionBudget).last { bandsNeeded(jaccard, rows: $0) * $0 <= functionBudget } ?? 1
      return (bandsNeeded(jaccard, rows: rows), rows)
    }
  }

  /// The fewest bands that miss a pair at the threshold rarely enough; capped above any limit.
  private static func bandsNeeded(_ jaccard: Double, rows: Int) -> Int {
    let agreement = pow(jaccard, Double(rows))
    if agreement >= 1 { return 1 }
    let needed = (log(missAtThreshold) / log1p(-agreement)).rounded(.up)
    return needed < 1e6 ? max(1, Int(needed)) : 1_000_000
  }
}
