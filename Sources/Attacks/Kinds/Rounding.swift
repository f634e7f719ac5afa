internal import Language
internal import Settings
internal import Tensors

/// Rounding of the weights to few bits, as a model is compressed for use: what unlearning only
/// buried under small changes of the weights comes back (Zhang et al., "Catastrophic Failure of LLM
/// Unlearning via Quantization", arXiv 2410.16454).
///
/// | key | meaning |
/// |---|---|
/// | `bits` | bits of a weight, 2 to 8; a point for each |
///
/// Every matrix, embeddings too, is rounded row by row to the nearest of the 2^b - 1 values
/// -(2^(b-1) - 1)…2^(b-1) - 1 times the row's largest magnitude over 2^(b-1) - 1 (symmetric,
/// absmax). Norms and biases stay as they are.
struct Rounding: Attack {
  static let kind = "rounding"
  static let keys = ["bits"]

  let name: String
  let trials = [AttackTrial.once]
  private let bits: [Int]

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try settings.required("name").string()
    bits = try settings.required("bits").sequence().map { try $0.int(in: 2...8) }
    guard !bits.isEmpty, Set(bits).count == bits.count else {
      throw try settings.required("bits").mistake("expected numbers of bits, each once")
    }
  }

  func run(_ trial: AttackTrial, on subject: AttackSubject) throws -> AttackCurve {
    let exact = try FloatBlock(count: subject.model.weights.count)
    exact.base.update(from: subject.model.weights.base, count: exact.count)
    var curve = AttackCurve(.bits, [AttackCurve.Point(at: 32, try subject.scores())])
    for bits in bits {
      subject.model.weights.base.update(from: exact.base, count: exact.count)
      Rounding.round(subject.model, bits: bits)
      curve.points.append(AttackCurve.Point(at: bits, try subject.scores()))
    }
    return curve
  }

  /// Rounds every matrix of a model.
  static func round(_ model: LanguageModel, bits: Int) {
    for parameter in model.layout.parameters where parameter.shape.count == 2 {
      let matrix = model.weights.matrix(parameter.place)
      for row in 0..<matrix.rows { round(matrix.row(row), count: matrix.columns, bits: bits) }
    }
  }

  /// Rounds a row to the nearest of its 2^bits - 1 values, halves away from zero.
  static func round(_ row: UnsafeMutablePointer<Float>, count: Int, bits: Int) {
    precondition((2...8).contains(bits), "bits of a weight")
    var largest: Float = 0
    for index in 0..<count { largest = max(largest, abs(row[index])) }
    guard largest > 0 else { return }
    let steps = Float((1 << (bits - 1)) - 1)
    let size = largest / steps
    for index in 0..<count { row[index] = (row[index] / size).rounded() * size }
  }
}
