internal import Evaluation
internal import Evidence
internal import Foundation
internal import Streams

/// What a run of attacks leaves in its output: `attacks.json` with every number, and `report.html`
/// with the curves.
struct AttackReport {
  let outcome: AttackOutcome
  let plan: AttackPlan

  init(_ outcome: AttackOutcome, plan: AttackPlan) {
    self.outcome = outcome
    self.plan = plan
  }

  /// Writes both files; `attacks.json` last: where it stands the run is done.
  ///
  /// - Throws: `StreamsError` where one cannot be written.
  func write(to output: String) throws {
    for (name, bytes) in [
      ("report.html", AttackPage(outcome, plan: plan).html), ("attacks.json", json.bytes + [0x0A]),
    ] {
      let file = try OutputFile(temporaryPath: "\(output)/\(name).partial")
      try file.write(bytes)
      try file.publish(as: "\(output)/\(name)")
    }
  }

  // MARK: - JSON

  /// Every number as one JSON object.
  var json: JSONText {
    var text = JSONText()
    text.object { text in
      text.member("attack", plan.name)
      text.member("version", plan.version)
      text.member("run", outcome.run)
      text.object("limits") { text in
        text.member("recovered", plan.recovered)
        text.member("unknown", plan.unknown)
        text.member("destroyed", plan.destroyed)
      }
      text.array("subjects") { text in
        for model in outcome.models {
          text.object { text in
            text.member("role", model.role.rawValue)
            text.member("name", model.name)
            text.member("folder", model.folder)
            text.member("sha256", model.sha256)
            text.member("evaluation", model.evaluation)
          }
        }
      }
      text.array("trials") { text in
        for trial in outcome.trials { AttackReport.write(trial, plan: plan, to: &text) }
      }
      text.array("controls") { text in
        for control in outcome.controls.all {
          text.object { text in
            text.member("name", control.name)
            text.member("holds", control.holds)
            text.member("why", control.why)
          }
        }
      }
      // Without them neither resistance nor recovery says much.
      text.array("controlsNotGiven") { text in
        for role in outcome.controlsNotGiven { text.value(role.rawValue) }
      }
      text.array("findings") { text in
        for finding in outcome.findings { text.value(finding) }
      }
    }
    return text
  }

  /// Trials as a JSON array, without what follows from the plan: what the ledger hashes.
  static func json(of trials: [TrialResult]) -> JSONText {
    var text = JSONText()
    text.array { text in
      for trial in trials { write(trial, plan: nil, to: &text) }
    }
    return text
  }

  private static func write(_ trial: TrialResult, plan: AttackPlan?, to text: inout JSONText) {
    text.object { text in
      text.member("attack", trial.attack)
      text.member("kind", trial.kind)
      if plan != nil { text.member("subject", trial.subject) }
      text.member("trial", trial.trial)
      text.member("group", trial.group)
      text.array("teaches") { text in for set in trial.teaches { text.value(set.rawValue) } }
      text.member("axis", trial.curve.axis.rawValue)
      text.array("points") { text in
        for point in trial.curve.points {
          text.object { text in
            text.member("at", point.at)
            text.object("scores") { text in
              for score in point.scores { write(score, to: &text) }
            }
          }
        }
      }
      text.member("brokenAt", trial.curve.brokenAt)
      guard let plan else { return }
      text.object("recovery") { text in
        // Only over steps does one place follow another.
        for set in MeasuredSet.allCases where set != .general && trial.curve.axis == .step {
          guard
            let recovery = trial.recovery(
              of: set, to: plan.recovered, destroyed: plan.destroyed)
          else { continue }
          text.object(set.rawValue) { text in
            text.member("at", recovery.at)
            text.member("through", recovery.through)
          }
        }
      }
      text.member("destroyed", trial.destroyed(below: plan.destroyed))
    }
  }

  private static func write(_ score: SetScore, to text: inout JSONText) {
    text.object(score.set.rawValue) { text in
      text.member("right", score.right)
      text.member("items", score.items)
      text.member("value", score.accuracy)
      score.interval.write(to: &text)
    }
  }
}

extension SetScore {
  /// The 95 % interval of its share, as an evaluation has it.
  var interval: Interval { Binomial.midP(successes: right, of: items, confidence: 0.95) }

  /// The lower end of a one-sided interval (Clopper and Pearson 1934).
  func lower(confidence: Double) -> Double {
    Binomial.lower(successes: right, of: items, confidence: confidence)
  }
}
