public import Streams

extension AttackOutcome {
  /// A table for a terminal: for each attack, setting and model the most that an attacker reaches
  /// while the model is sound, the least that is left of general items, when knowledge was back and
  /// when the model was destroyed. Of several seeds the mean, with least and most.
  public func table(plan: AttackPlan) -> [String] {
    var rows = [
      [
        "attack", "setting", "model", "attacked (most)", "held-out (most)", "general (least)",
        "back at", "destroyed at",
      ]
    ]
    for group in TrialGroup.all(of: trials) {
      func most(_ set: MeasuredSet) -> String { group.most(set, plan) ?? "-" }
      let general = group.accuracies(.general).map(\.low).min().map(AttackControls.percent)
      rows.append([
        group.attack, group.group, models[group.subject].name, most(.attacked), most(.heldOut),
        general ?? "-", recovered(group, plan),
        group.destroyed(plan, none: "-")?.joined(separator: ",") ?? "-",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      var line = ""
      for (cell, width) in zip(row, widths) {
        line += cell + String(repeating: " ", count: width - cell.count + 2)
      }
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  /// When held-out facts came back, or attacked ones where nothing is held out: a place for each
  /// seed, `>N` where they did not while anybody looked.
  private func recovered(_ group: TrialGroup, _ plan: AttackPlan) -> String {
    guard group.axis == .step else { return "-" }
    return group.trials.map { trial in
      let recovery = [MeasuredSet.heldOut, .attacked].lazy.compactMap {
        trial.recovery(of: $0, to: plan.recovered, destroyed: plan.destroyed)
      }.first
      guard let recovery else { return "-" }
      return recovery.at.map { "\($0)" } ?? ">\(recovery.through)"
    }.joined(separator: ",")
  }

  /// What the command prints with `--json`: the run, its models and findings, and where the rest
  /// is.
  public func summaryJSON(plan: AttackPlan, output: String) -> JSONText {
    var text = JSONText()
    text.object { text in
      text.member("run", run)
      text.member("attack", plan.name)
      text.member("trials", trials.count)
      text.member("numbers", output + "/attacks.json")
      text.member("report", output + "/report.html")
      text.array("models") { text in
        for model in models {
          text.object { text in
            text.member("role", model.role.rawValue)
            text.member("name", model.name)
            text.member("sha256", model.sha256)
            text.member("evaluation", model.evaluation)
          }
        }
      }
      text.member("controls", controls.all.count)
      text.array("controlsNotGiven") { text in
        for role in controlsNotGiven { text.value(role.rawValue) }
      }
      text.array("findings") { text in for finding in findings { text.value(finding) } }
    }
    return text
  }
}
