import TestSupport
import Testing

@testable import Tensors

@Suite("Linear layer") struct LinearTests {
  struct Case: CustomTestStringConvertible {
    let rows, inputs, outputs: Int
    var testDescription: String { "[\(rows), \(inputs)] -> \(outputs)" }
    var x, w, b, dy: Table

    init(_ rows: Int, _ inputs: Int, _ outputs: Int) {
      (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
      var generator = SeededGenerator(seed: UInt64(rows + inputs + outputs))
      x = Table(rows, inputs, from: &generator)
      w = Table(outputs, inputs, from: &generator)
      b = Table(1, outputs, from: &generator)
      dy = Table(rows, outputs, from: &generator)
    }

    /// y = x Wᵀ + b.
    static func forward(_ x: Table, _ w: Table, _ b: Table) -> Table {
      var y = x.times(w.transposed)
      for row in 0..<y.rows { for column in 0..<y.columns { y[row, column] += b[0, column] } }
      return y
    }

    /// dx, dW, db. The mutant forgets to transpose.
    func gradient(mutant: Bool = false) -> (dx: Table, dw: Table, db: Table) {
      var db = Table(1, outputs)
      for row in 0..<rows { for column in 0..<outputs { db[0, column] += dy[row, column] } }
      let dw = dy.transposed.times(x)
      return (dy.times(mutant ? w.transposed : w), mutant ? dw.transposed : dw, db)
    }
  }

  static let cases = [Case(1, 7, 5), Case(3, 65, 37), Case(19, 9, 70), Case(131, 33, 17)]

  @Test("forward in both layouts, with and without a bias", arguments: cases)
  func forward(c: Case) throws {
    let workers = Workers(count: 2)
    let truth = Case.forward(c.x, c.w, c.b)
    let bare = Case.forward(c.x, c.w, Table(1, c.outputs))
    for layout in [Linear.Layout.outIn, .inOut] {
      let weight = try Held(layout == .outIn ? c.w : c.w.transposed).view
      let x = try Held(c.x).view
      let y = try Held(c.dy)
      Linear.forward(
        x, weight: weight, bias: try Held(c.b).view, layout: layout, into: y.view, on: workers)
      #expect(deviation(y, from: truth) < 2e-6)
      Linear.forward(x, weight: weight, layout: layout, into: y.view, on: workers)
      #expect(deviation(y, from: bare) < 2e-6)
      let sum = try Held(c.dy)
      Linear.forward(
        x, weight: weight, bias: try Held(c.b).view, layout: layout, into: sum.view,
        plus: sum.view, on: workers)
      #expect(deviation(sum, from: truth + c.dy) < 2e-6)
      let stream = try Held(c.x.rows, c.outputs)
      Linear.forward(
        x, weight: weight, bias: try Held(c.b).view, layout: layout, into: stream.view,
        plus: try Held(c.dy).view, on: workers)
      #expect(deviation(stream, from: truth + c.dy) < 2e-6)
    }
  }

  @Test("backward in both layouts adds to parameters", arguments: cases)
  func backward(c: Case) throws {
    let workers = Workers(count: 3)
    let (dx, dw, db) = c.gradient()
    for layout in [Linear.Layout.outIn, .inOut] {
      func laid(_ table: Table) -> Table { layout == .outIn ? table : table.transposed }
      let ours = try (Held(c.x), Held(laid(c.w)), Held(c.b))
      for addingToInput in [false, true] {
        let dWeight = try Held(laid(c.w))
        let dBias = try Held(c.b)
        let dInput = try Held(c.x)
        Linear.backward(
          try Held(c.dy).view, x: ours.0.view, weight: ours.1.view, layout: layout,
          dx: dInput.view, addingToInput: addingToInput, dWeight: dWeight.view,
          dBias: dBias.view, on: workers)
        #expect(deviation(dInput, from: addingToInput ? dx + c.x : dx) < 3e-6)
        #expect(deviation(dWeight, from: laid(dw + c.w)) < 3e-6)
        #expect(deviation(dBias, from: db + c.b) < 3e-6)
      }
    }
  }

  @Test("the reference is the derivative, its mutant is not")
  func reference() throws {
    let c = Case(5, 6, 6)
    let (dx, dw, db) = c.gradient()
    #expect(
      deviation(differences(c.x) { Case.forward($0, c.w, c.b).weighed(by: c.dy) }, from: dx) < 1e-9)
    #expect(
      deviation(differences(c.w) { Case.forward(c.x, $0, c.b).weighed(by: c.dy) }, from: dw) < 1e-9)
    #expect(
      deviation(differences(c.b) { Case.forward(c.x, c.w, $0).weighed(by: c.dy) }, from: db) < 1e-9)
    let wrong = c.gradient(mutant: true)
    let dInput = try Held(c.x)
    let dWeight = try Held(Table(6, 6))
    Linear.backward(
      try Held(c.dy).view, x: try Held(c.x).view, weight: try Held(c.w).view, dx: dInput.view,
      dWeight: dWeight.view, on: Workers(count: 1))
    #expect(deviation(dInput, from: wrong.dx) > 1e-3 && deviation(dWeight, from: wrong.dw) > 1e-3)
  }

  @Test("the same bits for 1 to 4 workers", arguments: cases) func bits(c: Case) throws {
    let same = try sameBits { workers in
      let (y, dx, dw, db) = try (Held(c.dy), Held(c.x), Held(c.w), Held(c.b))
      let (x, weight, bias) = try (Held(c.x).view, Held(c.w).view, Held(c.b).view)
      Linear.forward(x, weight: weight, bias: bias, into: y.view, on: workers)
      Linear.backward(
        y.view, x: x, weight: weight, dx: dx.view, dWeight: dw.view, dBias: db.view, on: workers)
      return y.bits + dx.bits + dw.bits + db.bits
    }
    #expect(same)
  }
}
