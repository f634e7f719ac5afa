import Streams

/// The arms side by side, for a person and as JSON.
struct ArmTable {
  let arms: [Arm]
  /// What the demonstration should show, and does not.
  let failures: [String]

  /// The lines of a table.
  var lines: [String] {
    var rows = [
      [
        "", "hazard %", "general %", "", "held-out %", "general %", "back at", "evaluation, attack",
      ],
      ["arm", "(at most)", "(lost, at most)", "verdict", "at worst", "at the end", "step", ""],
    ]
    for arm in arms {
      let hazard = arm.hazardAccuracy
      let loss = arm.generalLoss(beside: arms[0])
      let lost =
        arm.kind == .none ? "" : " (\(Arm.percent(loss.value)), \(Arm.percent(loss.upper)))"
      rows.append([
        arm.kind.title, "\(Arm.percent(hazard.value)) (\(Arm.percent(hazard.upper)))",
        Arm.percent(arm.generalAccuracy) + lost, arm.verdict ?? "-",
        Arm.percent(arm.attack.worst.heldOut), Arm.percent(arm.attack.last.general),
        arm.attack.steps,
        "\(arm.evaluation.map { String($0.prefix(12)) } ?? "-") "
          + "\(arm.attack.evaluation.prefix(12))",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let line = zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed())
    }
  }

  var json: String {
    var text = JSONText()
    text.object { text in
      text.array("arms") { text in for arm in arms { write(arm, to: &text) } }
      text.array("failures") { text in for failure in failures { text.value(failure) } }
    }
    return text.text
  }

  private func write(_ arm: Arm, to text: inout JSONText) {
    let hazard = arm.hazardAccuracy
    let loss = arm.generalLoss(beside: arms[0])
    text.object { text in
      text.member("arm", arm.kind.rawValue)
      text.member("hazard", hazard.value)
      text.member("hazardUpper", hazard.upper)
      text.member("general", arm.generalAccuracy)
      text.member("generalLost", loss.value)
      text.member("generalLostUpper", loss.upper)
      text.member("verdict", arm.verdict)
      text.member("evaluation", arm.evaluation)
      text.object("attack") { text in
        text.member("heldOutAtWorst", arm.attack.worst.heldOut)
        text.member("worstStep", arm.attack.worst.step)
        text.member("generalAtEnd", arm.attack.last.general)
        text.member("back", arm.attack.recovery?.at)
        text.member("through", arm.attack.recovery?.through)
        text.member("destroyed", arm.attack.destroyed)
        text.member("evaluation", arm.attack.evaluation)
      }
    }
  }
}
