internal import Evaluation
internal import Foundation
internal import Language
internal import Streams
internal import Synchronization
internal import Tensors

/// The trials of a run, carried out side by side: each has a model of its own and one worker, which
/// on small models is faster than many workers on one trial. No bit depends on it.
final class TrialLane: PipelineLane {
  /// A trial on a model.
  struct Job: Sendable {
    var subject: Int
    var attack: Int
    var trial: AttackTrial
  }

  static let stages: [StageKind] = [.parallel, .serial]
  static func weight(of item: Job) -> Int { 1 }

  private let plan: AttackPlan
  private let models: [AttackedModel]
  private let store: TrialStore
  private let jobs: [Job]
  private let workersOfTrial: Int
  private let kept: Set<String>
  private let told: (_ done: Int, _ total: Int, _ name: String) -> Void
  private var begun = 0
  private var done = 0

  /// A lane.
  ///
  /// - Parameter done: the files of trials whose results are kept.
  init(
    _ plan: AttackPlan, models: [AttackedModel], store: TrialStore, threads: Int,
    done kept: Set<String>, told: @escaping (Int, Int, String) -> Void
  ) {
    self.kept = kept
    self.plan = plan
    self.models = models
    self.store = store
    self.told = told
    jobs = TrialLane.jobs(of: plan, models: models)
    let missing = jobs.count { !kept.contains(store.path($0)) }
    workersOfTrial = max(1, threads / max(1, missing))
  }

  /// Every trial of every attack on every model, in the order of results.
  static func jobs(of plan: AttackPlan, models: [AttackedModel]) -> [Job] {
    plan.attacks.indices.flatMap { attack in
      plan.attacks[attack].trials.flatMap { trial in
        models.indices.map { Job(subject: $0, attack: attack, trial: trial) }
      }
    }
  }

  func next(worker: Int) throws -> Job? {
    if Interruption.isRequested { throw InterruptedError() }
    guard begun < jobs.count else { return nil }
    begun += 1
    return jobs[begun - 1]
  }

  func run(stage: Int, item job: Job, worker: Int) throws {
    guard stage == 0 else {
      done += 1
      told(done, jobs.count, "\(plan.attacks[job.attack].name)/\(job.trial.label)")
      return
    }
    guard !kept.contains(store.path(job)) else { return }
    let subject = try AttackSubject(
      folder: models[job.subject].folder, sets: plan.sets, workers: Workers(count: workersOfTrial))
    let attack = plan.attacks[job.attack]
    let curve = try attack.run(job.trial, on: subject)
    precondition(!curve.points.isEmpty, "a curve has a point")
    try store.write(
      TrialResult(
        attack: attack.name, kind: type(of: attack).kind, subject: job.subject,
        trial: job.trial.label, group: job.trial.group, teaches: attack.teaches, curve: curve),
      job)
  }

  func finish(worker: Int) throws {}
}
