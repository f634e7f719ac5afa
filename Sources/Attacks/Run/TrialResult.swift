/// What a trial did to one of the models.
public struct TrialResult: Sendable, Equatable, Codable {
  /// The attack's name.
  public var attack: String
  /// Its kind.
  public var kind: String
  /// The number of the model among the run's.
  public var subject: Int
  /// The trial's label.
  public var trial: String
  /// What it has in common with trials of other seeds.
  public var group: String
  /// The sets that it was taught.
  public var teaches: [MeasuredSet]
  /// The scores.
  public var curve: AttackCurve

  /// Where a set's accuracy first reached a share.
  public struct Recovery: Sendable, Equatable {
    /// The place on the curve's axis; nil where it was not reached: the time to it is censored.
    public var at: Int?
    /// The last place at which anybody looked, and at which the model was not destroyed.
    public var through: Int
  }

  /// The first place at which the general accuracy is below a share, or the numbers broke; nil for
  /// none. A destroyed model resists nothing: what stands behind it does not count. Blocks are read
  /// and not changed: what one of them says destroys nothing.
  public func destroyed(below share: Double) -> Int? {
    guard curve.axis != .layer else { return nil }
    let low = curve.points.first { ($0.score(.general)?.accuracy ?? 1) < share }?.at
    return [low, curve.brokenAt].compactMap(\.self).min()
  }

  /// The points at which the model is not destroyed. Only over steps does what came before count:
  /// other axes have models that do not follow one another.
  public func sound(above share: Double) -> [AttackCurve.Point] {
    guard curve.axis != .layer else { return curve.points }
    guard curve.axis == .step else {
      return curve.points.filter { ($0.score(.general)?.accuracy ?? 1) >= share }
    }
    let end = destroyed(below: share) ?? .max
    return curve.points.filter { $0.at < end }
  }

  /// When a set's accuracy reached `share`, while the model was sound.
  ///
  /// - Returns: nil where the curve does not measure the set, or no point is sound.
  public func recovery(
    of set: MeasuredSet, to share: Double, destroyed: Double
  ) -> Recovery? {
    let points = sound(above: destroyed).filter { $0.score(set) != nil }
    guard let last = points.last else { return nil }
    return Recovery(
      at: points.first { ($0.score(set)?.accuracy ?? 0) >= share }?.at, through: last.at)
  }

  /// The largest score of a set behind the beginning and while the model is sound: what a trial
  /// made of it; nil where nothing is measured there.
  public func made(of set: MeasuredSet, destroyed: Double) -> SetScore? {
    let points = sound(above: destroyed).filter { $0.at > 0 }
    return points.compactMap { $0.score(set) }.max { $0.accuracy < $1.accuracy }
  }

  /// The largest score of a set while the model was sound: what the attacker reaches.
  public func highest(_ set: MeasuredSet, destroyed: Double) -> SetScore? {
    sound(above: destroyed).compactMap { $0.score(set) }.max { $0.right < $1.right }
  }
}
