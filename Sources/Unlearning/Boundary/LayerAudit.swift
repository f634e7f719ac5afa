internal import Foundation
public import Language
public import Streams
internal import Tensors

/// How much each layer and tensor of a model changed: an unlearning that leaves a layer as it was
/// leaves a way back (excluding a single layer broke resistance within 200 steps of an attack in
/// EleutherAI/unlearn, `unrestrained_SFT.md`).
public struct LayerAudit: Sendable, Equatable {
  /// The change of one tensor.
  public struct Tensor: Sendable, Equatable {
    /// Its name in a Hugging Face checkpoint.
    public var name: String
    /// The block that it belongs to, from 0; nil for embeddings, the last norm and the output.
    public var layer: Int?
    /// ‖Δ‖, the Euclidean norm of the change.
    public var change: Double
    /// ‖W‖, that of the weights before.
    public var norm: Double

    /// ‖Δ‖/‖W‖; of weights that were all zero the change itself.
    public var share: Double { norm > 0 ? change / norm : change }
  }

  /// Every tensor, in the order of the computation.
  public var tensors: [Tensor]
  /// How many blocks the model has.
  public var layers: Int

  /// Compares two models.
  ///
  /// - Precondition: they are of one shape.
  public init(before: LanguageModel, after: LanguageModel) {
    self.init(before: UnsafePointer(before.weights.base), after: after)
  }

  /// Compares a model with the weights that it had.
  ///
  /// - Parameter before: floats of the model's layout.
  public init(before: UnsafePointer<Float>, after: LanguageModel) {
    layers = after.shape.layers
    let now = UnsafePointer(after.weights.base)
    tensors = after.layout.parameters.map { parameter in
      var (change, norm) = (0.0, 0.0)
      for index in parameter.place.range {
        let old = Double(before[index])
        let difference = Double(now[index]) - old
        change += difference * difference
        norm += old * old
      }
      return Tensor(
        name: parameter.name, layer: parameter.layer, change: change.squareRoot(),
        norm: norm.squareRoot())
    }
  }

  /// The share by which the tensors of a block changed together.
  public func share(ofLayer layer: Int) -> Double {
    let own = tensors.filter { $0.layer == layer }
    let change = own.reduce(0) { $0 + $1.change * $1.change }
    let norm = own.reduce(0) { $0 + $1.norm * $1.norm }
    return norm > 0 ? (change / norm).squareRoot() : change.squareRoot()
  }

  /// ‖Δ‖/‖W‖ of the whole model.
  public var share: Double {
    let change = tensors.reduce(0) { $0 + $1.change * $1.change }
    let norm = tensors.reduce(0) { $0 + $1.norm * $1.norm }
    return norm > 0 ? (change / norm).squareRoot() : change.squareRoot()
  }

  /// Whether not one weight changed.
  public var isUnchanged: Bool { tensors.allSatisfy { $0.change == 0 } }

  /// The blocks of which not one weight changed.
  public var untouched: [Int] {
    (0..<layers).filter { layer in
      tensors.allSatisfy { $0.layer != layer || $0.change == 0 }
    }
  }

  /// What a person should be warned of; nil for nothing.
  public var warning: String? {
    guard !untouched.isEmpty else { return nil }
    let names = untouched.map(String.init).joined(separator: ", ")
    if untouched.count == layers {
      return "no layer was changed; the model knows what it knew"
    }
    return "\(untouched.count == 1 ? "layer" : "layers") \(names) of \(layers) (from 0) "
      + "\(untouched.count == 1 ? "was" : "were") left untouched; a model of which a layer still "
      + "knows is easily taught again. Take the whole model into `parameters`, or reckon with it"
  }

  /// Writes it as one JSON object; a number that is none, of weights that are none, is null.
  public func write(to json: inout JSONText) {
    func number(_ value: Double) -> Double? { value.isFinite ? value : nil }
    json.object { json in
      json.array("layers") { json in
        for layer in 0..<layers {
          json.object { json in
            json.member("layer", layer)
            json.member("change", number(share(ofLayer: layer)))
            json.member("untouched", untouched.contains(layer))
          }
        }
      }
      json.array("tensors") { json in
        for tensor in tensors {
          json.object { json in
            json.member("name", tensor.name)
            json.member("layer", tensor.layer)
            json.member("change", number(tensor.share))
            json.member("norm", number(tensor.norm))
          }
        }
      }
      json.member("warning", warning)
    }
  }

  /// The audit for a person: a line for each block, one for what stands beside them.
  public var lines: [String] {
    func text(_ share: Double) -> String { String(format: "%.3e", share) }
    var lines = (0..<layers).map { layer in
      let own = tensors.filter { $0.layer == layer }
      let most = own.max { $0.share < $1.share }
      let name = most.map { ", most in \($0.name) (\(text($0.share)))" } ?? ""
      return "layer \(layer): changed by \(text(share(ofLayer: layer))) of its norm"
        + (untouched.contains(layer) ? ": untouched" : name)
    }
    for tensor in tensors where tensor.layer == nil {
      lines.append("\(tensor.name): changed by \(text(tensor.share)) of its norm")
    }
    if let warning { lines.append("warning: \(warning).") }
    return lines
  }
}
