import Language
import Tensors
import TestSupport
import Testing

@testable import Attacks

@Suite("Rounding of weights") struct RoundingTests {
  /// The nearest of all values that a row may have, by looking at each.
  private static func nearest(_ value: Float, largest: Float, bits: Int) -> Float {
    let steps = (1 << (bits - 1)) - 1
    let size = largest / Float(steps)
    let values = (-steps...steps).map { Float($0) * size }
    return values.min { abs($0 - value) < abs($1 - value) } ?? 0
  }

  @Test("each weight becomes the nearest value of its row", arguments: [2, 3, 4, 8])
  func nearest(bits: Int) {
    var generator = SeededGenerator(seed: UInt64(bits))
    var row = (0..<257).map { _ in Float.random(in: -3...3, using: &generator) }
    let exact = row
    let largest = exact.map(abs).max() ?? 0
    row.withUnsafeMutableBufferPointer { row in
      guard let base = row.baseAddress else { return }
      Rounding.round(base, count: row.count, bits: bits)
    }
    for (rounded, value) in zip(row, exact) {
      let expected = RoundingTests.nearest(value, largest: largest, bits: bits)
      #expect(abs(rounded - expected) <= 1e-6 * largest, "\(value)")
    }
    #expect(Set(row).count <= (1 << bits) - 1)
    // The largest stays what it is, and what is rounded already does not move.
    #expect(abs((row.map(abs).max() ?? 0) - largest) <= 1e-6 * largest)
    let once = row
    row.withUnsafeMutableBufferPointer { row in
      guard let base = row.baseAddress else { return }
      Rounding.round(base, count: row.count, bits: bits)
    }
    for (again, before) in zip(row, once) { #expect(abs(again - before) <= 1e-6 * largest) }
  }

  @Test("a row of zeros stays") func zeros() {
    var row = [Float](repeating: 0, count: 8)
    row.withUnsafeMutableBufferPointer { row in
      guard let base = row.baseAddress else { return }
      Rounding.round(base, count: row.count, bits: 4)
    }
    #expect(row.allSatisfy { $0 == 0 })
  }

  @Test("matrices are rounded, norms are not") func model() throws {
    let model = try TinyModel.model()
    let exact = Array(model.weights.floats)
    Rounding.round(model, bits: 4)
    for parameter in model.layout.parameters {
      let range = parameter.place.range
      let isSame = Array(model.weights.floats[range]) == Array(exact[range])
      #expect(isSame == (parameter.shape.count == 1), "\(parameter.name)")
    }
  }
}
