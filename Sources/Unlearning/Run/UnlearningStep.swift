internal import Language
package import Tensors
package import Training

/// What a step did to one of its terms.
public struct TermReport: Sendable, Equatable {
  /// The term.
  public var name: String
  /// What its loss was multiplied by.
  public var weight: Double
  /// Its loss before the step's update.
  public var loss: Double

  /// A report.
  public init(name: String, weight: Double, loss: Double) {
    (self.name, self.weight, self.loss) = (name, weight, loss)
  }
}

/// The gradient of all terms of a step.
package struct UnlearningStep {
  let terms: [RunningTerm]
  let start: StartValues
  let slices: Int
  let workers: Workers

  /// The step of some terms.
  package init(terms: [RunningTerm], start: StartValues, slices: Int, workers: Workers) {
    (self.terms, self.start, self.slices, self.workers) = (terms, start, slices, workers)
  }

  /// Adds the gradients of a step's batches.
  ///
  /// The terms come in the plan's order and the slices of each in theirs, all into one block: the
  /// bits do not depend on the number of workers.
  ///
  /// - Parameter weights: what each term's loss is multiplied by; one of weight 0 is passed over.
  /// - Returns: the loss, and what it consists of.
  package func compute(
    _ step: Int, _ weights: [Double], _ gradients: StepGradients
  ) throws -> (StepLoss, [TermReport]) {
    var whole = StepLoss(loss: 0, scored: 0, rows: 0)
    var reports: [TermReport] = []
    for (number, term) in terms.enumerated() where term.isActive && weights[number] != 0 {
      let part = try compute(number, term, step, weights[number], gradients)
      whole.loss += weights[number] * part.loss
      whole.scored += part.scored
      whole.rows += part.rows
      reports.append(
        TermReport(name: term.term.name, weight: weights[number], loss: part.loss))
    }
    return (whole, reports)
  }

  private func compute(
    _ number: Int, _ term: RunningTerm, _ step: Int, _ weight: Double, _ gradients: StepGradients
  ) throws -> StepLoss {
    let averaging = type(of: term.objective).averaging
    let numbers = term.numbers(ofStep: step, count: slices)
    var batches: [(ItemBatch, ObjectiveBatch)] = []
    for items in numbers {
      let batch = ItemBatch(items.map { term.items[$0] })
      batches.append((batch, try ObjectiveBatch(labels: batch.labels, length: batch.length)))
    }
    let count = batches.reduce(0) { $0 + $1.1.count(averaging) }
    var whole = StepLoss(loss: 0, scored: 0, rows: 0)
    for (slice, (items, batch)) in zip(numbers, batches).enumerated() {
      let share = Double(batch.1.count(averaging)) / Double(count)
      var measured = batch.1
      measured.reference = try start.values(
        term: number, step: step, slice: slice, items: items, length: batch.0.length)
      // An objective on streams needs nothing that lies behind them.
      try gradients.pass.forward(
        batch.0.tokens, length: batch.0.length, through: term.objective.layers.max())
      let site = ObjectiveSite(
        gradients.pass, gradients: gradients.ofModel, selection: gradients.selection,
        weight: weight * share, on: workers)
      whole.loss += share * (try term.objective.lossAndGradient(of: measured, at: site))
      gradients.backward()
      whole.scored += measured.count(.scoredTokens)
      whole.rows += batch.0.tokens.count
    }
    return whole
  }
}
