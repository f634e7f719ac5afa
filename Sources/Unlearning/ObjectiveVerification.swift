internal import Foundation
public import Language
public import Tensors

/// This build's objectives beside a reference's, on one checkpoint.
///
/// The reference is a safetensors file as `make_objectives.py` documents it: batches (forget,
/// retain, preferred: ids and labels `[B, T]`), direction `[D]`, reference.delta.P `[P]`, which
/// the trained model differs by from the checkpoint, and for each objective NAME.loss,
/// NAME.grad_norm and NAME.grad.P. Its settings are fixed there: β 0.1 (npo, dpo), 2.5 with δ 0.1
/// (simnpo), 3 (undial), 0.7 (wga), 5 and 1 (satimp), c 6.5 (rmu), behind block 1.
public struct ObjectiveVerification: Sendable, Equatable {
  /// The tolerances.
  public enum Tolerance {
    /// Each loss: relative.
    public static let loss = 3e-6
    /// The 2-norm of the whole gradient: relative.
    public static let norm = 3e-5
    /// Each parameter's gradient: the 2-norm of the difference beside that of the gradient.
    public static let gradient = 3e-5
    /// Where the exact gradient is zero: of the whole gradient's norm.
    public static let zeroGradient = 1e-6
  }

  /// All comparisons, in the order of ``Objectives/all``.
  public private(set) var findings: [ModelVerification.Finding] = []

  /// Whether every error is allowed.
  public var isMet: Bool { !findings.isEmpty && findings.allSatisfy(\.isMet) }

  /// Compares the objectives on a model with a reference; the model's weights stay as they are.
  ///
  /// - Parameters:
  ///   - model: the checkpoint that the reference was made of.
  ///   - path: the reference.
  /// - Throws: `CheckpointError` where the reference lacks a tensor, has one that no objective here
  ///   answers to, or does not fit the model, `ModelInputError` for its tokens,
  ///   ``ObjectiveError`` for its labels, `TensorsError` where memory is short.
  public init(_ model: LanguageModel, against path: String, on workers: Workers) throws {
    let reference = try ObjectiveReference(path: path, model: model)
    let trained = try reference.trained()
    let gradients = try FloatBlock(count: model.layout.count)
    for objective in reference.objectives {
      let kind = type(of: objective)
      let text = try reference.batch(of: kind)
      let values = try ReferenceValues(
        asking: TrainingPass(model, on: workers), tokens: text.tokens, labels: text.labels,
        length: text.length, kind.needs, layers: objective.layers)
      let batch = try ObjectiveBatch(
        labels: text.labels, length: text.length, reference: values)
      let pass = TrainingPass(trained, on: workers)
      try pass.forward(text.tokens, length: text.length)
      gradients.clear()
      let loss = try objective.lossAndGradient(
        of: batch, at: ObjectiveSite(pass, gradients: gradients, on: workers))
      pass.backward(into: gradients)
      try compare(kind.name, loss, gradients, reference, on: workers)
    }
    try reference.requireAllCompared(findings.map(\.name))
  }

  private mutating func compare(
    _ name: String, _ loss: Double, _ gradients: FloatBlock, _ reference: ObjectiveReference,
    on workers: Workers
  ) throws {
    let exact = Double(try reference.floats("\(name).loss", count: 1)[0])
    add("\(name).loss", abs(loss - exact) / abs(exact), Tolerance.loss)
    let whole = Double(try reference.floats("\(name).grad_norm", count: 1)[0])
    let norm = GradientNorm.of(gradients, on: workers)
    add("\(name).grad_norm", abs(norm - whole) / whole, Tolerance.norm)
    for (key, place) in try reference.gradients(of: name) {
      let exact = try reference.floats(key, count: place.range.count)
      let own = gradients.floats[place.range]
      let squares = zip(own, exact).reduce(into: (difference: 0.0, exact: 0.0)) {
        $0.difference += (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
        $0.exact += Double($1.1) * Double($1.1)
      }
      let difference = squares.difference.squareRoot()
      if squares.exact.squareRoot() <= 1e-12 * whole {
        add(key, difference / whole, Tolerance.zeroGradient)
      } else {
        add(key, difference / squares.exact.squareRoot(), Tolerance.gradient)
      }
    }
  }

  private mutating func add(_ name: String, _ error: Double, _ tolerance: Double) {
    findings.append(ModelVerification.Finding(name: name, error: error, tolerance: tolerance))
  }
}
