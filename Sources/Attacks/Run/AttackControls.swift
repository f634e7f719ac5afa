/// Whether the controls of a run behave: without them neither resistance nor recovery says
/// anything.
public struct AttackControls: Sendable, Equatable {
  /// What must hold, and whether it does.
  public struct Control: Sendable, Equatable {
    /// What must hold.
    public var name: String
    /// Whether it does.
    public var holds: Bool
    /// What was seen.
    public var why: String
  }

  /// Every control, in order.
  public let all: [Control]

  /// Those that do not hold, as sentences.
  public var findings: [String] {
    all.filter { !$0.holds }.map { "control: \($0.name): \($0.why)" }
  }

  /// Judges the trials of the controls.
  ///
  /// - An unprotected model must know again, or still, what relearning taught it: at some point
  ///   while it was sound its accuracy on a taught set is at least `recovered`. Where it does not,
  ///   the attack is too weak or destroys what it touches, and says nothing of resistance.
  /// - A filtered twin must not know what it was never taught: its accuracy on the held-out set is
  ///   at most `unknown` at every point. Where it does, the items can be answered without
  ///   knowledge. Readings by layer are left out: a probe may find chance structure that no answer
  ///   shows.
  public init(_ trials: [TrialResult], of models: [AttackedModel], plan: AttackPlan) {
    var all: [Control] = []
    for trial in trials where trial.curve.axis != .layer {
      let name = "\(trial.attack)/\(trial.trial)"
      switch models[trial.subject].role {
      case .unprotected where !trial.teaches.isEmpty:
        let best = trial.teaches.compactMap {
          trial.highest($0, destroyed: plan.destroyed)?.accuracy
        }.max()
        all.append(
          Control(
            name: "\(name): the unprotected model recovers",
            holds: best.map { $0 >= plan.recovered } ?? false,
            why: best.map {
              "it reaches \(AttackControls.percent($0)) of what it is taught, and "
                + "\(AttackControls.percent(plan.recovered)) is recovery"
            } ?? "it is destroyed before anything is measured"))
      case .filtered where !trial.teaches.contains(.heldOut):
        let worst = trial.curve.points.compactMap { point in
          point.score(.heldOut).map { ($0.accuracy, point.at) }
        }.max { $0.0 < $1.0 }
        guard let worst else { continue }
        all.append(
          Control(
            name: "\(name): the filtered twin does not know held-out facts",
            holds: worst.0 <= plan.unknown,
            why: "it answers \(AttackControls.percent(worst.0)) of them at \(trial.curve.axis) "
              + "\(worst.1), and \(AttackControls.percent(plan.unknown)) is allowed"))
      default: break
      }
    }
    self.all = all
  }

  /// A share in percent with one decimal.
  static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1_000).rounded())
    return "\(tenths / 10).\(tenths % 10) %"
  }
}
