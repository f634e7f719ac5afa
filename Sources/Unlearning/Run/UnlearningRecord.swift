internal import Ledger
internal import Streams
internal import Training

extension UnlearningSession {
  /// Records the finished run in the ledger. The same again changes nothing.
  ///
  /// - Parameters:
  ///   - verdict: nil where the plan states no boundary.
  ///   - result: where the model stands by now; nil where none is left.
  ///   - scale: how often a task vector was subtracted; nil for none.
  /// - Throws: `LedgerError`, `StreamsError`.
  func record(_ verdict: Verdict?, result: String?, scale: Double?) throws {
    let own = run.ledger
    var row = try row(result: result, scale: scale)
    if let verdict { row.take(verdict, trace: control?.boundary.trace ?? []) }
    // One process at a time writes a ledger.
    let lock = try FileLock(path: own.lockPath, waiting: true)
    defer { withExtendedLifetime(lock) {} }
    let ledger = try Ledger(creating: own.path)
    try ledger.record(row, on: options.machine)
    try ledger.close()
    if options.ledger != nil { try LedgerPointer.write(own.path, in: options.output) }
  }

  private func row(result: String?, scale: Double?) throws -> UnlearningRow {
    var settings = JSONText()
    settings.object { settings in
      settings.member("arithmetic", "float32")
      settings.member("steps", plan.steps)
      settings.member("slices", plan.slices)
      settings.member("reference", plan.referenceMemory)
      // Absent, not null: other runs say what they always said.
      if let scale { settings.member("scale", scale) }
      if material.data.cut.cut > 0 {
        settings.member("cut", material.data.cut.cut)
        settings.member("lostTokens", material.data.cut.lostTokens)
      }
      settings.array("objectives") { settings in
        for term in plan.terms { settings.value(term.objective.kind.name) }
      }
    }
    func documents(_ role: ObjectiveRole) -> [UnlearningRow.Document] {
      material.data.documents.filter { $0.role == role }.map {
        UnlearningRow.Document(term: $0.term, digest: $0.digest)
      }
    }
    return UnlearningRow(
      id: identity, plan: plan.bytes, settings: settings.text,
      seeds: plan.seeds.named.map { NamedSeed($0.name, $0.seed) }, base: material.base,
      result: try result.map { try SavedCheckpoint.row(ofModel: $0) }, steps: Int64(trainer.step),
      files: material.files.files.map { file in
        guard let use = UnlearningRow.File.Use(rawValue: file.use) else {
          preconditionFailure("a use that the ledger knows")
        }
        return UnlearningRow.File(use: use, term: file.owner, file: file.file)
      },
      documents: documents(.forget), retained: documents(.retain),
      verdict: nil, neededItems: nil, confidence: nil, constraints: [], duals: [],
      code: options.code)
  }
}
