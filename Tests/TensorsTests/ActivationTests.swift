import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite("SwiGLU, GELU and the residual connection") struct ActivationTests {
  static let shapes = [(1, 1), (3, 7), (5, 40), (129, 131)]

  private func tables(_ shape: (Int, Int), _ count: Int, scale: Float = 4) -> [Table] {
    var generator = SeededGenerator(seed: UInt64(shape.0 * 100 + shape.1))
    return (0..<count).map { _ in Table(shape.0, shape.1, from: &generator, scale: scale) }
  }

  private func map(_ tables: [Table], _ function: ([Double]) -> Double) -> Table {
    var result = tables[0]
    for index in result.values.indices {
      result.values[index] = function(tables.map { $0.values[index] })
    }
    return result
  }

  private func sigma(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  // SwiGLU.

  private func gated(_ t: [Table]) -> Table { map(t) { $0[0] * sigma($0[0]) * $0[1] } }

  /// The gradient by the gate, of (g, u, dy). The mutant forgets g σ (1 − σ).
  private func gateGradient(_ t: [Table], mutant: Bool = false) -> Table {
    map(t) { v in
      let s = sigma(v[0])
      return v[2] * v[1] * (s + (mutant ? 0 : v[0] * s * (1 - s)))
    }
  }

  @Test("SwiGLU", arguments: shapes) func swiGLU(shape: (Int, Int)) throws {
    let t = tables(shape, 3)
    let held = try t.map { try Held($0) }
    let workers = Workers(count: 2)
    let (y, dGate, dUp) = try (Held(t[0]), Held(t[0]), Held(t[1]))
    SwiGLU.forward(gate: held[0].view, up: held[1].view, into: y.view, on: workers)
    #expect(deviation(y, from: gated(t)) < 1e-6)
    SwiGLU.backward(
      held[2].view, gate: held[0].view, up: held[1].view, dGate: dGate.view, dUp: dUp.view,
      on: workers)
    let upGradient = map(t) { $0[2] * $0[0] * sigma($0[0]) }
    #expect(deviation(dGate, from: gateGradient(t)) < 1e-6)
    #expect(deviation(dUp, from: upGradient) < 1e-6)
    if shape.0 > 1 { #expect(deviation(dGate, from: gateGradient(t, mutant: true)) > 1e-3) }
    // In place.
    let (gate, up) = try (Held(t[0]), Held(t[1]))
    SwiGLU.backward(
      held[2].view, gate: gate.view, up: up.view, dGate: gate.view, dUp: up.view, on: workers)
    #expect(gate.bits == dGate.bits && up.bits == dUp.bits)
  }

  @Test("SwiGLU's reference is the derivative") func swiGLUReference() {
    let t = tables((3, 5), 3)
    let byGate = differences(t[0]) { gated([$0, t[1]]).weighed(by: t[2]) }
    #expect(deviation(byGate, from: gateGradient(t)) < 1e-8)
    let byUp = differences(t[1]) { gated([t[0], $0]).weighed(by: t[2]) }
    #expect(deviation(byUp, from: map(t) { $0[2] * $0[0] * sigma($0[0]) }) < 1e-8)
  }

  // GELU.

  private func gelu(_ kind: GELU, _ x: Double) -> Double {
    switch kind {
    case .erf: 0.5 * x * erfc(-x / 2.0.squareRoot())
    case .tanh: 0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }

  /// The slope; the mutant leaves x Φ' out.
  private func slope(_ kind: GELU, _ x: Double, mutant: Bool = false) -> Double {
    let root = (2 / Double.pi).squareRoot()
    switch kind {
    case .erf:
      return 0.5 * erfc(-x / 2.0.squareRoot())
        + (mutant ? 0 : x * exp(-x * x / 2) / (2 * Double.pi).squareRoot())
    case .tanh:
      let t = tanh(root * (x + 0.044715 * x * x * x))
      return 0.5 * (1 + t)
        + (mutant ? 0 : 0.5 * x * (1 - t * t) * root * (1 + 3 * 0.044715 * x * x))
    }
  }

  @Test("GELU", arguments: shapes, [GELU.erf, .tanh]) func gelu(
    shape: (Int, Int), kind: GELU
  ) throws {
    let t = tables(shape, 2)
    let (x, dy) = try (Held(t[0]), Held(t[1]))
    let (y, dx) = try (Held(t[1]), Held(t[1]))
    let workers = Workers(count: 2)
    kind.forward(x.view, into: y.view, on: workers)
    #expect(deviation(y, from: map(t) { gelu(kind, $0[0]) }) < 1e-6)
    kind.backward(dy.view, x: x.view, dx: dx.view, on: workers)
    #expect(deviation(dx, from: map(t) { $0[1] * slope(kind, $0[0]) }) < 1e-6)
    if shape.0 > 1 {
      let wrong = map(t) { $0[1] * slope(kind, $0[0], mutant: true) }
      #expect(deviation(dx, from: wrong) > 1e-3)
      let other = kind == .erf ? GELU.tanh : .erf
      #expect(deviation(y, from: map(t) { gelu(other, $0[0]) }) > 1e-5)
    }
    kind.backward(dy.view, x: x.view, dx: dy.view, on: workers)
    #expect(dy.bits == dx.bits)
  }

  @Test("GELU's reference is the derivative", arguments: [GELU.erf, .tanh])
  func geluReference(kind: GELU) {
    let t = tables((3, 7), 2)
    let byX = differences(t[0]) { x in map([x]) { gelu(kind, $0[0]) }.weighed(by: t[1]) }
    #expect(deviation(byX, from: map(t) { $0[1] * slope(kind, $0[0]) }) < 1e-8)
  }

  // Residual.

  @Test("residual, sequential and parallel", arguments: shapes)
  func residual(shape: (Int, Int)) throws {
    let t = tables(shape, 3)
    let held = try t.map { try Held($0) }
    let workers = Workers(count: 2)
    let y = try Held(t[0])
    Residual.forward(held[0].view, held[1].view, into: y.view, on: workers)
    #expect(deviation(y, from: t[0] + t[1]) < 1e-6)
    Residual.forward(held[0].view, held[1].view, held[2].view, into: y.view, on: workers)
    #expect(deviation(y, from: t[0] + t[1] + t[2]) < 1e-6)
    #expect(deviation(y, from: t[0] + t[1] + t[1]) > 1e-3)
    // The gradient of a stream meets that of a branch: both are added.
    Residual.backward(held[2].view, addingTo: held[1].view, on: workers)
    #expect(deviation(held[1], from: t[1] + t[2]) < 1e-6)
  }

  @Test("the same bits for 1 to 4 workers") func bits() throws {
    let t = tables((129, 331), 3)
    let held = try t.map { try Held($0) }
    let same = try sameBits { workers in
      var bits: [UInt32] = []
      let (y, dGate, dUp) = try (Held(t[0]), Held(t[0]), Held(t[0]))
      SwiGLU.forward(gate: held[0].view, up: held[1].view, into: y.view, on: workers)
      SwiGLU.backward(
        held[2].view, gate: held[0].view, up: held[1].view, dGate: dGate.view, dUp: dUp.view,
        on: workers)
      bits += y.bits + dGate.bits + dUp.bits
      for kind in [GELU.erf, .tanh] {
        kind.forward(held[0].view, into: y.view, on: workers)
        kind.backward(held[1].view, x: held[0].view, dx: dUp.view, on: workers)
        bits += y.bits + dUp.bits
      }
      Residual.forward(held[0].view, held[1].view, held[2].view, into: y.view, on: workers)
      return bits + y.bits
    }
    #expect(same)
  }
}
