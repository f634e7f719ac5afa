internal import Foundation
public import Tensors

/// This build's arithmetic beside a reference's, on one checkpoint.
///
/// The reference is a safetensors file as `make_models.py` documents it: input_ids `[B, T]`, labels
/// `[B, T]`, logits `[B, T, V]`, loss, sequence_nll `[B]`, hidden.L `[B, T, D]`, grad.NAME,
/// adamw.NAME (three steps: rate 1e-3, decay 0.01, clipped to 1), greedy `[B, n]` behind the first
/// 8 tokens.
public struct ModelVerification: Sendable, Equatable {
  /// One comparison.
  public struct Finding: Sendable, Equatable {
    /// What was compared: a tensor of the reference.
    public let name: String
    /// The error; infinite where a number is missing or not finite.
    public let error: Double
    /// The error that is allowed.
    public let tolerance: Double
    /// Whether the error is allowed.
    public var isMet: Bool { error <= tolerance }

    /// A comparison; an error that is not finite counts as infinite.
    public init(name: String, error: Double, tolerance: Double) {
      self.name = name
      self.error = error.isFinite ? error : .infinity
      self.tolerance = tolerance
    }
  }

  /// The tolerances. In brackets what PyTorch's own float32 reaches on the same checkpoints.
  public enum Tolerance {
    /// Logits and hidden states: of the largest magnitude (1e-6).
    public static let values = 2e-5
    /// The loss and each sequence's: relative.
    public static let loss = 2e-6
    /// Each parameter's gradient: the 2-norm of the difference beside that of the gradient.
    public static let gradient = 3e-5
    /// Where the exact gradient is zero: of the whole gradient's norm.
    public static let zeroGradient = 1e-6
    /// The updates of three steps together: of their 2-norm (9e-4).
    public static let steps = 5e-3
  }

  /// All comparisons, in the order of the computation.
  public private(set) var findings: [Finding] = []

  /// Whether every error is allowed.
  public var isMet: Bool { !findings.isEmpty && findings.allSatisfy(\.isMet) }

  mutating func add(_ name: String, _ error: Double, _ tolerance: Double) {
    findings.append(Finding(name: name, error: error, tolerance: tolerance))
  }

  /// Compares a model with a reference; the model's weights are as before afterwards.
  ///
  /// - Parameters:
  ///   - model: the checkpoint that the reference was made of.
  ///   - path: the reference.
  /// - Throws: ``CheckpointError`` where the reference lacks a tensor, has another or does not fit,
  ///   ``ModelInputError`` for its tokens, `TensorsError` where memory is short.
  public init(_ model: LanguageModel, against path: String, on workers: Workers) throws {
    let reference = try VerificationReference(path: path, model: model)
    let pass = TrainingPass(model, on: workers)
    let gradients = try FloatBlock(count: model.layout.count)
    try pass.forward(reference.tokens, length: reference.length)
    try compareValues(pass, reference)
    let loss = pass.lossAndGradient(labels: reference.labels, into: gradients)
    let sums = try reference.floats("sequence_nll", [reference.sequences])
    let mean = Double(try reference.floats("loss", [])[0])
    add("loss", abs(loss.mean - mean) / abs(mean), Tolerance.loss)
    add("sequence_nll", deviation(loss.sequences, sums), Tolerance.loss)
    pass.backward(into: gradients)
    try compareGradients(gradients, reference)
    try compareSteps(model, reference, on: workers)
    try compareGreedy(model, reference, on: workers)
  }

  // MARK: - Values

  private mutating func compareValues(
    _ pass: TrainingPass, _ reference: VerificationReference
  ) throws {
    let shape = pass.model.shape
    for layer in 0..<shape.layers {
      let name = "hidden.\(layer)"
      let exact = try reference.floats(
        name, [reference.sequences, reference.length, shape.width])
      let own = pass.hidden(after: layer)
      add(name, deviation(elements(own), exact), Tolerance.values)
    }
    let exact = try reference.floats(
      "logits", [reference.sequences, reference.length, shape.vocabulary])
    let largest = exact.reduce(0) { max($0, abs(Double($1))) }
    var worst = 0.0
    pass.overLogits(rows: (0..<pass.rows).map { Int32($0) }) { places, logits in
      let first = places.lowerBound * shape.vocabulary
      for (index, own) in elements(logits).enumerated() {
        worst = max(worst, own.isFinite ? abs(own - Double(exact[first + index])) : .infinity)
      }
    }
    add("logits", worst / largest, Tolerance.values)
  }

  // MARK: - Gradients

  private mutating func compareGradients(
    _ gradients: FloatBlock, _ reference: VerificationReference
  ) throws {
    let parameters = gradients.parameters(of: reference.model)
    var squares = 0.0
    var rows: [(name: String, difference: Double, norm: Double)] = []
    for (parameter, own) in parameters {
      let exact = try reference.floats("grad", of: parameter)
      let norm = zip(own, exact).reduce(into: (difference: 0.0, exact: 0.0)) {
        $0.difference += (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
        $0.exact += Double($1.1) * Double($1.1)
      }
      squares += norm.exact
      rows.append((parameter.name, norm.difference.squareRoot(), norm.exact.squareRoot()))
    }
    let whole = squares.squareRoot()
    for row in rows {
      // In float64 what is exactly zero comes out as rounding.
      if row.norm <= 1e-12 * whole {
        add("grad.\(row.name)", row.difference / whole, Tolerance.zeroGradient)
      } else {
        add("grad.\(row.name)", row.difference / row.norm, Tolerance.gradient)
      }
    }
  }

  // MARK: - Steps

  private mutating func compareSteps(
    _ model: LanguageModel, _ reference: VerificationReference, on workers: Workers
  ) throws {
    // A copy: the model itself stays as it is.
    let trained = try LanguageModel(model.shape)
    trained.weights.base.update(from: model.weights.base, count: model.weights.count)
    let count = model.layout.count
    let (gradients, first, second) = try (
      FloatBlock(count: count), FloatBlock(count: count), FloatBlock(count: count)
    )
    let pass = TrainingPass(trained, on: workers)
    for step in 1...3 {
      gradients.clear()
      try pass.forward(reference.tokens, length: reference.length)
      _ = pass.lossAndGradient(labels: reference.labels, into: gradients)
      pass.backward(into: gradients)
      let scale = GradientNorm.clipping(GradientNorm.of(gradients, on: workers), to: 1)
      AdamW().step(
        AdamW.Step(number: step, rate: 1e-3, decay: 0.01, gradientScale: scale),
        parameters: trained.weights, gradients: gradients, firstMoments: first,
        secondMoments: second, on: workers)
    }
    var (difference, update) = (0.0, 0.0)
    for (parameter, own) in trained.weights.parameters(of: trained) {
      let exact = try reference.floats("adamw", of: parameter)
      let start = model.weights.base + parameter.place.offset
      for index in own.indices {
        let moved = Double(exact[index]) - Double(start[index])
        let error = Double(own[index]) - Double(exact[index])
        difference += error * error
        update += moved * moved
      }
    }
    add("adamw", (difference / update).squareRoot(), Tolerance.steps)
  }
}

/// The largest difference beside the largest magnitude; infinite where something is not finite.
private func deviation(_ own: [Double], _ exact: [Float]) -> Double {
  var (worst, largest) = (0.0, 0.0)
  for (a, b) in zip(own, exact) {
    guard a.isFinite else { return .infinity }
    worst = max(worst, abs(a - Double(b)))
    largest = max(largest, abs(Double(b)))
  }
  return worst == 0 ? 0 : worst / largest
}

/// The elements of a matrix without gaps, row after row.
private func elements(_ matrix: MatrixView) -> [Double] {
  precondition(matrix.isContiguous, "a matrix without gaps")
  return (0..<(matrix.rows * matrix.columns)).map { Double(matrix.base[$0]) }
}

extension FloatBlock {
  /// Each parameter of a model with its floats in this block.
  fileprivate func parameters(
    of model: LanguageModel
  ) -> [(ParameterLayout.Parameter, UnsafeMutableBufferPointer<Float>)] {
    precondition(count == model.layout.count, "a block of the model's layout")
    return model.layout.parameters.map { parameter in
      let range = parameter.place.range
      return (
        parameter,
        UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
      )
    }
  }
}
