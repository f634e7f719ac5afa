internal import Foundation
public import Language
internal import Streams
internal import Tensors

extension LanguageModel {
  /// Sets all weights to those of a model before training.
  ///
  /// Matrices are drawn from a normal distribution of deviation 0.02, those that end a branch
  /// (behind attention, and `down`) of 0.02 / √(2L) (Radford et al. 2019, 2.3); norms are 1, biases
  /// 0. Every parameter has a stream of its own, named by the seed and the parameter, so that a
  /// weight depends on nothing but these.
  public func initialise(seed: UInt64) {
    let depth = 1 / (2 * Double(shape.layers)).squareRoot()
    weights.clear()
    for (index, parameter) in layout.parameters.enumerated() {
      let floats = UnsafeMutableBufferPointer(rebasing: weights.floats[parameter.place.range])
      if parameter.shape.count == 1 {
        if layout.isNormWeight(index) { floats.update(repeating: 1) }
        continue
      }
      let deviation = layout.endsBranch(index) ? 0.02 * depth : 0.02
      let name = SplitMix64.hash(ofName: "initialisation/\(parameter.name)")
      var numbers = NormalNumbers(SplitMix64(seed: SplitMix64.mix(seed) ^ name))
      for index in floats.indices { floats[index] = Float(deviation * numbers.next()) }
    }
  }
}

extension LowRankAdapter {
  /// Sets A to draws from ±1/√in, as PEFT does (Kaiming uniform with a = √5), and B to zero: at
  /// first the adapter changes nothing.
  public func initialise(seed: UInt64) {
    weights.clear()
    for layer in layers {
      let bound = 1 / Double(layer.down.columns).squareRoot()
      let name = SplitMix64.hash(ofName: "adapter/\(layer.module)")
      var stream = SplitMix64(seed: SplitMix64.mix(seed) ^ name)
      for index in layer.down.range {
        let share = Double(stream.next() >> 11) * 0x1p-53
        weights.base[index] = Float(bound * (2 * share - 1))
      }
    }
  }
}

/// Numbers from the standard normal distribution (Box, Muller 1958), computed in Double.
struct NormalNumbers {
  private var stream: SplitMix64
  private var spare: Double?

  init(_ stream: SplitMix64) { self.stream = stream }

  mutating func next() -> Double {
    if let second = spare {
      spare = nil
      return second
    }
    // From (0, 1]: the logarithm of 0 never comes.
    let radius = (-2 * log(Double((stream.next() >> 11) + 1) * 0x1p-53)).squareRoot()
    let angle = 2 * Double.pi * Double(stream.next() >> 11) * 0x1p-53
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
