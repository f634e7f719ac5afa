internal import Foundation
internal import Language
internal import Streams
internal import Tensors
internal import Training

/// What `cordon train --dry-run` prints: the memory that a plan needs, and the time to expect.
struct TrainingForecast {
  private let plan: TrainingPlan
  private let layout: ParameterLayout
  private let memory: TrainingMemory
  private let steps: Int?
  private let peak: Double
  private let trained: Int

  /// The share of the peak of sgemm that steps reach, about: see `cordon-bench train`.
  private static let share = 0.65

  init(_ plan: TrainingPlan, threads: Int) throws {
    self.plan = plan
    try plan.checkInputs()
    let model = try plan.forecastShape()
    layout = ParameterLayout(model)
    trained = try plan.trainedParameters(of: layout, shape: model)
    memory = TrainingMemory(
      model, trained: trained, adapter: plan.lora == nil ? 0 : trained,
      sequences: (plan.batch + plan.slices - 1) / plan.slices, length: plan.sequence,
      slices: plan.slices, recompute: plan.recompute, threads: threads)
    steps = if case .steps(let steps) = plan.length { steps } else { nil }
    peak = try TrainingProgress.peak(on: Workers(count: threads))
    if let limit = plan.memory, memory.total > limit {
      throw plan.refusal(of: memory, limit: limit)
    }
  }

  private var secondsPerStep: Double {
    let factor = plan.recompute ? 4.0 / 3 : 1
    let rows = Double(plan.batch * plan.sequence)
    return rows * TrainingProgress.operations(perRowOf: layout) * factor
      / (peak * TrainingForecast.share)
  }

  func print(json: Bool) throws {
    let parts: [(String, Int)] = [
      ("weights", memory.weights), ("gradients", memory.gradients), ("moments", memory.moments),
      ("activations", memory.activations), ("scratch", memory.scratch),
      ("program", memory.program),
    ]
    if json {
      var text = JSONText()
      text.object { text in
        text.member("plan", plan.name)
        text.member("parameters", layout.elements)
        text.member("trained", trained)
        text.member("memory", memory.total)
        text.object("memoryParts") { text in for (name, bytes) in parts { text.member(name, bytes) }
        }
        text.member("steps", steps)
        text.member("secondsPerStep", secondsPerStep)
        text.member("seconds", steps.map { Double($0) * secondsPerStep })
      }
      return try Console.result(text.text)
    }
    try Console.result(
      "plan \(plan.name)@\(plan.version): \(layout.elements) parameters, \(trained) of them trained"
    )
    try Console.result("memory \(Size.text(Int64(memory.total)))")
    for (name, bytes) in parts {
      try Console.result("  \(name): \(Size.text(Int64(bytes)))")
    }
    let each = String(format: "%.2f s a step, about", secondsPerStep)
    if let steps {
      let whole = TrainingProgress.time(Double(steps) * secondsPerStep)
      try Console.result("\(each): \(whole) for \(steps) steps")
    } else {
      try Console.result("\(each); how many steps an epoch has shows when the data is packed")
    }
    try Console.result("nothing was written")
  }
}
