/// Trials of one attack on one model that differ in their seeds alone, drawn and told together.
struct TrialGroup {
  /// The attack's name.
  let attack: String
  /// What the trials have in common.
  let group: String
  /// The number of the model.
  let subject: Int
  /// The trials, in the plan's order.
  let trials: [TrialResult]

  /// The groups of a run, in the order of its trials, models together.
  static func all(of trials: [TrialResult]) -> [TrialGroup] {
    var groups: [TrialGroup] = []
    var places: [String: Int] = [:]
    for trial in trials {
      let key = "\(trial.attack)\u{0}\(trial.group)\u{0}\(trial.subject)"
      if let place = places[key] {
        let known = groups[place]
        groups[place] = TrialGroup(
          attack: known.attack, group: known.group, subject: known.subject,
          trials: known.trials + [trial])
      } else {
        places[key] = groups.count
        groups.append(
          TrialGroup(
            attack: trial.attack, group: trial.group, subject: trial.subject, trials: [trial]))
      }
    }
    return groups
  }

  /// Where models were destroyed: a place for each trial, `none` where one was not; nil where no
  /// trial destroys.
  func destroyed(_ plan: AttackPlan, none: String) -> [String]? {
    let places = trials.map { $0.destroyed(below: plan.destroyed) }
    guard places.contains(where: { $0 != nil }) else { return nil }
    return places.map { $0.map { "\($0)" } ?? none }
  }

  /// The most of a set while the model was sound, of several trials the mean with least and most.
  func most(_ set: MeasuredSet, _ plan: AttackPlan) -> String? {
    guard let (low, mean, high) = highest(set, destroyed: plan.destroyed) else { return nil }
    let words = AttackControls.percent(mean)
    guard low < high else { return words }
    return "\(words) (\(AttackControls.percent(low)) to \(AttackControls.percent(high)))"
  }

  /// What the places of its curves are.
  var axis: AttackCurve.Axis { trials[0].curve.axis }

  /// The accuracy of a set at each place that any trial has: mean, least and most over the trials.
  func accuracies(_ set: MeasuredSet) -> [(at: Int, mean: Double, low: Double, high: Double)] {
    var order: [Int] = []
    for point in trials.flatMap(\.curve.points) where !order.contains(point.at) {
      order.append(point.at)
    }
    return order.compactMap { place in
      let values = trials.compactMap { trial in
        trial.curve.points.first { $0.at == place }?.score(set)?.accuracy
      }
      guard let low = values.min(), let high = values.max() else { return nil }
      return (place, values.reduce(0, +) / Double(values.count), low, high)
    }
  }

  /// The highest accuracy of a set while the model was sound, over the trials; nil where none
  /// measures it.
  func highest(_ set: MeasuredSet, destroyed: Double) -> (low: Double, mean: Double, high: Double)?
  {
    let values = trials.compactMap { $0.highest(set, destroyed: destroyed)?.accuracy }
    guard let low = values.min(), let high = values.max() else { return nil }
    return (low, values.reduce(0, +) / Double(values.count), high)
  }
}
