internal import Foundation
internal import Language
internal import Tensors
internal import Training

extension UnlearningSession {
  /// How many times their own norm the weights may change where nobody measured what is left.
  private static let largestShare = 10.0

  /// Why a model that no boundary measured must not be kept: it computes no numbers, or it says of
  /// what is to be retained less than guessing would; nil for no reason.
  ///
  /// The start model's weights are read where a loss asks for them.
  func flaw() throws -> String? {
    for term in terms {
      let loss = try loss(of: term)
      guard loss.isFinite else {
        return "the model computes no numbers for the items of \(term.term.name): its weights "
          + "exploded, and no model was left. \(UnlearningSession.advice)"
      }
      guard term.term.role == .retain, loss > trainer.lossLimit else { continue }
      // What the start model did not know either, nothing took away.
      let before = try withStart { try self.loss(of: term) }
      guard loss > before else { continue }
      return
        "the loss of \(term.term.name), which is retained, is \(text(loss)) nats a token, above "
        + "\(text(trainer.lossLimit)), twice that of guessing: the run exploded, and no model was "
        + "left. \(UnlearningSession.advice)"
    }
    return nil
  }

  /// Why weights must not be kept that changed by so much, or not at all; nil for no reason.
  ///
  /// - Parameter isMeasured: whether a boundary's verdict says what the weights are worth.
  func flaw(_ audit: LayerAudit, isMeasured: Bool) -> String? {
    if audit.isUnchanged { return unchanged }
    guard !isMeasured, !(audit.share <= UnlearningSession.largestShare) else { return nil }
    return
      "the weights changed by \(text(audit.share)) times their own norm: the run exploded, and "
      + "no model was left. \(UnlearningSession.advice)"
  }

  /// What is said of a run that changed no weight.
  private var unchanged: String {
    let names = terms.filter(\.isActive).map { type(of: $0.objective).name }
    let reason =
      log.lines.allSatisfy { $0.gradientNorm == 0 }
      ? "the gradient of every step was zero (\(names.joined(separator: ", ")) have no slope where "
        + "the model is the one that it was)"
      : control.map { $0.boundary.rollbacks > 0 } ?? false
        ? "the run went back to the model that it began with"
        : "every update was too small for the weights"
    return "no weight was changed: \(reason). The model knows what it knew, and none was left; "
      + "change objectives, weights or rate, or keep the start model"
  }

  /// The mean loss of the items of a term's first step, in nats a scored token.
  private func loss(of term: RunningTerm) throws -> Double {
    let pass = TrainingPass(model, on: run.workers)
    var (sum, scored) = (0.0, 0)
    for items in term.slices(ofStep: 1, count: plan.slices) {
      let batch = ItemBatch(items)
      try pass.forward(batch.tokens, length: batch.length, for: .values)
      let loss = pass.loss(labels: batch.labels)
      sum = loss.sequences.reduce(sum, +)
      scored += loss.scored.reduce(0, +)
    }
    return sum / Double(max(scored, 1))
  }

  private func text(_ number: Double) -> String { String(format: "%.3g", number) }

  private static let advice =
    "Lower the rate or the weights of what is forgotten, or retain more; state a boundary, which "
    + "goes back in time"
}
