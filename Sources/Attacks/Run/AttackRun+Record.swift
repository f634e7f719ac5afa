internal import Evidence
internal import Ledger
internal import Streams
internal import Training

extension AttackRun {
  /// Records the numbers of each model in the ledger: an evaluation whose suite is the plan. The
  /// same again changes nothing.
  ///
  /// - Returns: the evaluation's name in the ledger, for each model.
  /// - Throws: `LedgerError`, `StreamsError`.
  func record(
    _ trials: [TrialResult], _ material: AttackMaterial, findings: [String]
  ) throws -> [Digest256] {
    let path = options.ledger ?? options.output + "/ledger.sqlite"
    // One process at a time writes a ledger.
    let lock = try FileLock(path: path + ".lock", waiting: true)
    defer { withExtendedLifetime(lock) {} }
    let ledger = try Ledger(creating: path)
    let digests = try options.models.indices.map { subject in
      try ledger.record(row(subject, trials, material, findings), on: options.machine)
    }
    try ledger.close()
    if options.ledger != nil { try LedgerPointer.write(path, in: options.output) }
    return digests
  }

  private func row(
    _ subject: Int, _ trials: [TrialResult], _ material: AttackMaterial, _ findings: [String]
  ) -> EvaluationRow {
    let own = trials.filter { $0.subject == subject }
    var settings = JSONText()
    settings.object { settings in
      settings.member("arithmetic", "float32")
      settings.member("attack", material.identity)
      settings.member("role", options.models[subject].role.rawValue)
      settings.member("recovered", plan.recovered)
      settings.member("unknown", plan.unknown)
      settings.member("destroyed", plan.destroyed)
      // Of the whole run: a number without them is worth less.
      settings.array("findings") { text in for finding in findings { text.value(finding) } }
    }
    return EvaluationRow(
      checkpoint: material.models[subject],
      suite: SuiteRow(name: plan.name, version: plan.version, body: plan.bytes),
      inputs: material.inputs, settings: settings.text,
      items: Digest256(hashing: AttackReport.json(of: own).bytes),
      metrics: own.flatMap(metrics), code: options.code)
  }

  private func metrics(_ trial: TrialResult) -> [MetricRow] {
    trial.curve.points.flatMap { point in
      point.scores.map { score in
        let interval = score.interval
        return MetricRow(
          task: "\(trial.attack)/\(trial.trial)@\(point.at)", metric: score.set.rawValue,
          value: score.accuracy, count: Int64(score.items),
          interval: MetricInterval(
            lower: interval.lower, upper: interval.upper, confidence: interval.confidence,
            method: interval.method.rawValue))
      }
    }
  }
}
