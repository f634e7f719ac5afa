internal import Foundation
internal import Training

/// One page of HTML with every curve of a run as SVG: no script, no network, the same bytes for the
/// same results.
struct AttackPage {
  private let outcome: AttackOutcome
  private let plan: AttackPlan
  private let groups: [TrialGroup]

  init(_ outcome: AttackOutcome, plan: AttackPlan) {
    self.outcome = outcome
    self.plan = plan
    groups = TrialGroup.all(of: outcome.trials)
  }

  /// The page's bytes.
  var html: [UInt8] {
    let title = LineChart.escaped("Attacks: \(plan.name)@\(plan.version)")
    var text = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title)</title>
      <style>
      body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 72rem;
        padding: 0 1rem; }
      table { border-collapse: collapse; margin: 1rem 0; }
      th, td { text-align: right; padding: .25rem .75rem; border-bottom: 1px solid #ddd; }
      th:first-child, td:first-child, td.text, th.text { text-align: left; }
      code { font-size: 13px; }
      .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr));
        gap: 1rem; }
      .charts svg { width: 100%; height: auto; border: 1px solid #eee; }
      .fails { color: #b0305c; font-weight: 600; }
      </style>
      </head>
      <body>
      <h1>\(title)</h1>

      """
    text += introduction + models + controls
    var attacks: [String] = []
    for group in groups where !attacks.contains(group.attack) { attacks.append(group.attack) }
    for attack in attacks { text += section(attack) }
    text += "</body>\n</html>\n"
    return Array(text.utf8)
  }

  private var introduction: String {
    """
    <p>Accuracy on facts that an attack may learn from (<em>attacked</em>), on facts of the same \
    kind that it does not see (<em>held-out</em>: what comes back here was still inside), and on \
    harmless facts (<em>general</em>: a model below \
    \(AttackControls.percent(plan.destroyed)) there counts as destroyed, and what it then cannot \
    do does not count as resistance). From \
    \(AttackControls.percent(plan.recovered)) on knowledge counts as back; up to \
    \(AttackControls.percent(plan.unknown)) it counts as not there. Lines are means over \
    seeds, shades reach from the least to the most. Run \
    <code>\(outcome.run)</code>; every number stands in <code>attacks.json</code>.</p>

    """
  }

  private var models: String {
    var text = """
      <h2>Models</h2>
      <table>
      <tr><th class="text">model</th><th class="text">role</th><th>attacked</th><th>held-out</th>\
      <th>general</th><th class="text">traced by</th></tr>

      """
    for (number, model) in outcome.models.enumerated() {
      let first = outcome.trials.first { $0.subject == number && $0.curve.axis == .step }
      let cells = MeasuredSet.allCases.map { set -> String in
        guard let score = first?.curve.points.first?.score(set) else { return "<td>–</td>" }
        return "<td>\(AttackControls.percent(score.accuracy))</td>"
      }
      text += """
        <tr><td>\(LineChart.escaped(model.name))</td><td class="text">\(model.role.rawValue)</td>\
        \(cells.joined())<td class="text"><code>cordon audit trace --evaluation \
        \(model.evaluation.prefix(12))</code></td></tr>

        """
    }
    return text + "</table>\n"
  }

  private var controls: String {
    let absent = outcome.controlsNotGiven.map(\.rawValue).joined(separator: " and no ")
    let note =
      absent.isEmpty
      ? ""
      : "<p class=\"fails\">There is no \(absent) model: without both controls neither "
        + "resistance nor recovery says much.</p>\n"
    let failed = outcome.controls.all.filter { !$0.holds }
    guard !outcome.controls.all.isEmpty else {
      return note + "<p class=\"fails\">No attack here shows whether a control behaves.</p>\n"
    }
    guard !failed.isEmpty else {
      return note + "<p>\(outcome.controls.all.count) controls, and each behaves.</p>\n"
    }
    let lines = failed.map {
      "<li class=\"fails\">\(LineChart.escaped("\($0.name): \($0.why)"))</li>\n"
    }
    return note + "<ul>\n\(lines.joined())</ul>\n"
  }

  private func section(_ attack: String) -> String {
    let own = groups.filter { $0.attack == attack }
    var names: [String] = []
    for group in own where !names.contains(group.group) { names.append(group.group) }
    var text = "<h2>\(LineChart.escaped(attack))</h2>\n" + table(own)
    for name in names {
      text += "<h3>\(LineChart.escaped(name))</h3>\n<div class=\"charts\">\n"
      for set in MeasuredSet.allCases {
        guard let chart = chart(own.filter { $0.group == name }, set) else { continue }
        text += String(decoding: chart.svg, as: UTF8.self)
      }
      text += "</div>\n"
    }
    return text
  }

  /// The most that an attacker reaches of each set while the model is sound, and how soon.
  private func table(_ groups: [TrialGroup]) -> String {
    var text = """
      <table>
      <tr><th class="text">setting</th><th class="text">model</th><th>attacked, most</th>\
      <th>held-out, most</th><th>general, least</th><th>recovered at (attacked)</th>\
      <th>recovered at (held-out)</th><th>destroyed at</th></tr>

      """
    for group in groups {
      func most(_ set: MeasuredSet) -> String { group.most(set, plan) ?? "–" }
      let general = group.accuracies(.general)
      let least = general.map(\.low).min().map(AttackControls.percent) ?? "–"
      text += """
        <tr><td>\(LineChart.escaped(group.group))</td>\
        <td class="text">\(LineChart.escaped(outcome.models[group.subject].name))</td>\
        <td>\(most(.attacked))</td><td>\(most(.heldOut))</td><td>\(least)</td>\
        <td>\(recovery(group, .attacked))</td><td>\(recovery(group, .heldOut))</td>\
        \(destroyed(group))</tr>

        """
    }
    return text + "</table>\n"
  }

  private func recovery(_ group: TrialGroup, _ set: MeasuredSet) -> String {
    guard group.axis == .step else { return "–" }
    let each = group.trials.map { trial -> String in
      guard
        let recovery = trial.recovery(of: set, to: plan.recovered, destroyed: plan.destroyed)
      else { return "–" }
      return recovery.at.map { "\($0)" } ?? "&gt; \(recovery.through)"
    }
    return each.joined(separator: ", ")
  }

  private func destroyed(_ group: TrialGroup) -> String {
    guard let places = group.destroyed(plan, none: "–") else { return "<td>–</td>" }
    return "<td class=\"fails\">\(places.joined(separator: ", "))</td>"
  }

  private func chart(_ groups: [TrialGroup], _ set: MeasuredSet) -> LineChart? {
    let series = groups.compactMap { group -> LineChart.Series? in
      // From few bits to many, as places go.
      let points = group.accuracies(set).sorted { $0.at < $1.at }
      guard !points.isEmpty else { return nil }
      return LineChart.Series(
        name: outcome.models[group.subject].name,
        colour: LineChart.colours[group.subject % LineChart.colours.count],
        points: points.map { (Double($0.at), $0.mean) }, isMarked: points.count < 40,
        spread: group.trials.count > 1
          ? points.map { (Double($0.at), $0.low, $0.high) } : [])
    }
    guard !series.isEmpty, let axis = groups.first?.axis else { return nil }
    let last = series.flatMap { $0.points.map(\.step) }.max() ?? 1
    return LineChart(
      title: "\(groups[0].attack), \(groups[0].group): \(set.rawValue)",
      axis: "\(set.rawValue) accuracy", steps: Int(last), series: series,
      limits: set == .general ? [] : [LineChart.Limit(colour: "#888888", value: plan.unknown)],
      across: axis.rawValue)
  }
}
