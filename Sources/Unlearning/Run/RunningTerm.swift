package import Language
internal import Streams
internal import Training

/// A term of a run: its objective for the model, its items and their order.
package struct RunningTerm {
  let term: UnlearningTerm
  let objective: any Objective
  let items: [UnlearningItem]
  let order: DataOrder
  /// Whether it takes part in the steps.
  let isActive: Bool

  /// What the objective asks the start model.
  var needs: ReferenceNeeds { type(of: objective).needs }

  /// The terms of a plan for a model, in the plan's order.
  ///
  /// - Throws: `SettingsError` with line and key for a layer that the model does not have.
  package static func terms(
    of plan: UnlearningPlan, _ data: UnlearningData, _ shape: DecoderShape
  ) throws -> [RunningTerm] {
    let beside = plan.forget.lazy.map { $0.objective.layers(of: shape) }.first { !$0.isEmpty }
    // What a task vector's steps learn is subtracted: what is retained must not be among it.
    let isVector = plan.forget[0].objective.kind == TaskVector.self
    var terms: [RunningTerm] = []
    for (term, items) in zip(plan.terms, data.items) {
      let name = SplitMix64.hash(ofName: "unlearning/" + term.name)
      let objective: any Objective
      do throws(ModelInputError) {
        objective = try term.objective.objective(
          shape, beside: beside, seed: SplitMix64.mix(plan.seeds.direction) ^ name)
      } catch {
        throw term.objective.mistake(error)
      }
      let counts = plan.boundary != nil || term.weight > 0
      terms.append(
        RunningTerm(
          term: term, objective: objective, items: items,
          order: DataOrder(count: items.count, seed: SplitMix64.mix(plan.seeds.order) ^ name),
          isActive: counts && !(isVector && term.role == .retain)))
    }
    return terms
  }

  /// The items of a step, cut into slices of about the same number.
  ///
  /// - Parameter step: counted from 1.
  func slices(ofStep step: Int, count: Int) -> [[UnlearningItem]] {
    let numbers = order.sequences(ofStep: step, batch: term.batch)
    return RunningTerm.ranges(of: numbers.count, count).map { $0.map { items[numbers[$0]] } }
  }

  /// The numbers of the items of a step, cut likewise.
  func numbers(ofStep step: Int, count: Int) -> [[Int]] {
    let numbers = order.sequences(ofStep: step, batch: term.batch)
    return RunningTerm.ranges(of: numbers.count, count).map { Array(numbers[$0]) }
  }

  private static func ranges(of whole: Int, _ count: Int) -> [Range<Int>] {
    let parts = min(whole, count)
    return (0..<parts).map { ($0 * whole / parts)..<(($0 + 1) * whole / parts) }
  }

  /// The most rows that a step's batch has, with what fills it up.
  var largestBatch: Int {
    let longest = items.lazy.flatMap(\.texts).map(\.tokens.count).max() ?? 0
    return term.batch * (items.first?.texts.count ?? 1) * longest
  }

  /// About how many rows a step computes, filled up: twice the mean where lengths differ much.
  var tokens: Int { items.reduce(0) { $0 + $1.texts.reduce(0) { $0 + $1.tokens.count } } }
}
