internal import Foundation
internal import Language
internal import Streams
internal import Tensors
internal import Training

/// The boundary of a run: what measures it, where its dual variables stand, and the weights that
/// were kept last, on disk.
final class BoundaryControl {
  let rule: BoundaryRule
  private(set) var boundary: Boundary
  let meter: BoundaryMeter
  /// The checkpoints of measurements that were kept, apart from those that a run resumes from.
  private let kept: CheckpointStore

  /// Measures the model, which still is the start model.
  ///
  /// - Throws: `EvaluationError` where the model computes no numbers, `StreamsError`.
  init(_ rule: BoundaryRule, _ session: UnlearningSession, meter: BoundaryMeter) throws {
    (self.rule, self.meter) = (rule, meter)
    kept = try CheckpointStore(output: session.options.output + "/.work")
    boundary = Boundary(
      constraints: rule.constraints, settings: rule.settings,
      terms: session.plan.terms.map { Boundary.Term(name: $0.name, weight: $0.weight) },
      verdictItems: meter.counts(.verdict), base: try meter.measure(session.model, .dual))
  }

  /// Whether the run stopped before its last step.
  var hasStopped: Bool { boundary.trace.last?.decision == .stop }

  /// Measures the dual items behind a step, and does what the boundary decides.
  ///
  /// - Returns: what it decided.
  func update(_ session: UnlearningSession, _ report: StepReport) throws -> Boundary.Decision {
    let decision = boundary.update(
      step: report.step, try meter.measure(session.model, .dual))
    switch decision {
    case .goOn, .stop: break
    case .best: try keep(session, report)
    case .rollBack: try rollBack(session)
    }
    return decision
  }

  // MARK: - What was kept

  private func folder(_ step: Int) -> String {
    "\(kept.folder)/\(CheckpointStore.name(ofStep: step))"
  }

  /// Keeps weights and moments. Those that the newest checkpoint's boundary has kept stay: a run
  /// that resumes from it may go back to them.
  private func keep(_ session: UnlearningSession, _ report: StepReport) throws {
    // A run that was killed behind it writes it once more.
    try Folder.remove(folder(report.step))
    let needed = [report.step, try session.newest.flatMap { try BoundaryControl.best(in: $0) }]
    for step in try CheckpointStore.steps(in: kept.folder) where !needed.contains(step) {
      try Folder.remove(folder(step))
    }
    let state = CheckpointState(
      run: session.identity, step: report.step, plan: session.plan.digest, data: session.data,
      log: try session.log.seal(), loss: report.loss, validation: nil, code: session.options.code)
    try kept.save(state, moments: session.trainer.moments) { try session.write(to: $0) }
  }

  /// Takes back what was kept last; the start model where nothing was.
  private func rollBack(_ session: UnlearningSession) throws {
    if let best = boundary.best {
      try session.trainer.take(try keptCheckpoint(best.step))
    } else {
      try session.takeStart()
    }
    session.trainer.rateScale = boundary.rateFactor
  }

  /// - Throws: `CheckpointStoreError` (kept) where it is not there or not what was written.
  private func keptCheckpoint(_ step: Int) throws -> SavedCheckpoint {
    do {
      let saved = try kept.checkpoint(step: step)
      try saved.verify()
      return saved
    } catch let error as CheckpointStoreError {
      throw error.ofKept
    }
  }

  /// Takes the weights that the verdict is about: those that were kept last, else the last ones.
  ///
  /// - Returns: their step.
  func choose(_ session: UnlearningSession) throws -> Int {
    guard let best = boundary.best else { return session.trainer.step }
    try session.trainer.take(try keptCheckpoint(best.step))
    return best.step
  }

  // MARK: - The verdict

  /// The verdict on the model, measured once, on items used for nothing else.
  func verdict(_ session: UnlearningSession) throws -> Verdict {
    let now = try meter.measure(session.model, .verdict)
    let base = try session.withStart { try meter.measure(session.model, .verdict) }
    return Verdict(
      base: base, now: now, constraints: rule.constraints, confidence: rule.settings.confidence)
  }

  /// A verdict on the dual items: what chooses among the scales of a task vector.
  func rehearsal(_ session: UnlearningSession) throws -> Verdict {
    Verdict(
      base: boundary.base, now: try meter.measure(session.model, .dual),
      constraints: rule.constraints, confidence: rule.settings.confidence)
  }

  // MARK: - Files

  static let stateName = "training/boundary.json"

  /// Writes where the boundary stands into a checkpoint's folder.
  func write(to folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try Folder.make("\(folder)/training")
    try BoundaryControl.write(
      Array(try encoder.encode(boundary)), to: "\(folder)/\(BoundaryControl.stateName)")
  }

  private static func state(in saved: SavedCheckpoint) throws -> Boundary {
    let bytes = try FileSource.contents(of: "\(saved.folder)/\(stateName)", limit: 1 << 30)
    guard let boundary = try? JSONDecoder().decode(Boundary.self, from: Data(bytes)) else {
      throw CheckpointStoreError(
        .damaged, path: saved.folder, detail: "\(stateName) is not what was written")
    }
    return boundary
  }

  /// The step that was kept last when a checkpoint was written.
  private static func best(in saved: SavedCheckpoint) throws -> Int? {
    try state(in: saved).best?.step
  }

  /// Goes on from a checkpoint.
  ///
  /// - Throws: `CheckpointStoreError` where its boundary, or what that kept, is damaged: the run
  ///   may end with what was kept, and would learn only then that it is not there.
  func restore(_ saved: SavedCheckpoint, _ session: UnlearningSession) throws {
    boundary = try BoundaryControl.state(in: saved)
    if let best = boundary.best { _ = try keptCheckpoint(best.step) }
    session.trainer.rateScale = boundary.rateFactor
  }

  /// `duals.jsonl`: a line for each constraint and measurement; nothing where duals never moved.
  func writeTrace(to output: String) throws {
    guard !boundary.trace.isEmpty else { return }
    var bytes: [UInt8] = []
    for row in boundary.trace {
      var json = JSONText()
      row.write(to: &json)
      bytes += json.bytes + [UInt8(ascii: "\n")]
    }
    try BoundaryControl.write(bytes, to: "\(output)/duals.jsonl")
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    let file = try OutputFile(temporaryPath: path + ".partial")
    try file.write(bytes)
    try file.publish(as: path)
  }
}
