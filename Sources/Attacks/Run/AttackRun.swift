internal import Evaluation
internal import Foundation
internal import Language
internal import Ledger
internal import Streams
internal import Training

/// Attacks on models: trials, controls, records, from a plan.
///
/// What it writes is a function of the plan, the models, the items and the program: the number of
/// threads, and how often it was stopped and resumed, change no byte.
public final class AttackRun {
  let plan: AttackPlan
  let options: AttackOptions
  private let observer: AttackObserver

  /// A run; nothing is read or written yet.
  public init(
    plan: AttackPlan, options: AttackOptions, observer: AttackObserver = AttackObserver()
  ) {
    self.plan = plan
    self.options = options
    self.observer = observer
  }

  /// Says that an attack was here.
  static let mark = ".attack"

  static let ownNames = ["trials", "attacks.json", "report.html", "run.txt"]

  /// Does what is not done yet.
  ///
  /// - Throws: ``AttackError``, `TrainingRunError` where the output is not a run's own or a model
  ///   lies in it, `ItemError`, `EvaluationError`, `LedgerError`, `StreamsError`, `TensorsError`
  ///   and what reading models and tokenizers throws; `InterruptedError` when a stop was asked for.
  public func run() throws -> AttackOutcome {
    let output = RunOutput(options.output, names: AttackRun.ownNames, mark: AttackRun.mark)
    let read = options.models.map(\.folder) + plan.files.map(\.path)
    let lock = try output.take(apartFrom: read + (options.ledger.map { [$0] } ?? []))
    defer { withExtendedLifetime(lock) {} }
    let material = try AttackMaterial(plan, options)
    try checkItems()
    if options.fresh { try output.clear() }
    // Before anything else of ours: what stands here without it is somebody else's.
    try Folder.make("\(options.output)/\(AttackRun.mark)")
    try checkRun(material.identity)
    let trials = try carryOut(TrialStore(output: options.output, run: material.identity))
    // What was read is what the record says: a model that changed meanwhile is no subject.
    guard try AttackMaterial(plan, options).identity == material.identity else {
      throw AttackError.changed(output: options.output)
    }
    let controls = AttackControls(trials, of: options.models, plan: plan)
    let evaluations = try record(trials, material, findings: controls.findings)
    let outcome = AttackOutcome(
      run: material.identity,
      models: zip(options.models, zip(material.models, evaluations)).map {
        AttackOutcome.Model(
          role: $0.role, folder: $0.folder, sha256: ($1.0.weights ?? $1.0.digest).hex,
          evaluation: $1.1.hex)
      }, trials: trials, controls: controls)
    try AttackReport(outcome, plan: plan).write(to: options.output)
    return outcome
  }

  /// The results of all trials; those that are kept are not done again.
  private func carryOut(_ store: TrialStore) throws -> [TrialResult] {
    let jobs = TrialLane.jobs(of: plan, models: options.models)
    var kept: [String: TrialResult] = [:]
    for job in jobs {
      if let result = try store.read(job) {
        kept[store.path(job)] = result
      } else if store.has(job) {
        observer.note("\(store.path(job)): is damaged; its trial is done again")
      }
    }
    let lane = TrialLane(
      plan, models: options.models, store: store, threads: options.threads,
      done: Set(kept.keys),
      told: observer.trial)
    let pipeline = Pipeline<TrialLane>(
      threads: options.threads, window: 2 * options.threads, lanesAtOnce: 1)
    try pipeline.run { $0 == 0 ? lane : nil }
    return try jobs.map { job in
      guard let result = try kept[store.path(job)] ?? store.read(job) else {
        throw AttackError.trial(file: store.path(job))
      }
      return result
    }
  }

  /// `run.txt` says whose trials stand here.
  private func checkRun(_ identity: String) throws {
    let path = options.output + "/run.txt"
    if Folder.exists(path) {
      guard try FileSource.contents(of: path) == Array(identity.utf8) + [0x0A] else {
        throw AttackError.changed(output: options.output)
      }
      return
    }
    let file = try OutputFile(temporaryPath: path + ".partial")
    try file.write(Array(identity.utf8) + [0x0A])
    try file.publish(as: path)
  }
}
