import TestSupport
import Testing

@testable import Tensors

/// One norm on one input: RMSNorm where `centred` is false.
struct NormCase: CustomTestStringConvertible, Sendable {
  let centred: Bool
  let epsilon = 1e-3
  var x, w, b, dy: Table
  var testDescription: String { "\(centred ? "layer" : "rms") [\(x.rows), \(x.columns)]" }

  init(centred: Bool, _ rows: Int, _ columns: Int) {
    self.centred = centred
    var generator = SeededGenerator(seed: UInt64(rows * 1_000 + columns))
    x = Table(rows, columns, from: &generator, scale: 2)
    for index in x.values.indices { x.values[index] += 0.5 }
    w = Table(1, columns, from: &generator)
    b = Table(1, columns, from: &generator)
    dy = Table(rows, columns, from: &generator)
  }

  /// Mean (0 if it is not taken off) and one over the root of each row.
  func statistics(_ x: Table, _ row: Int) -> (mean: Double, scale: Double) {
    let values = (0..<x.columns).map { x[row, $0] }
    let mean = centred ? values.reduce(0, +) / Double(x.columns) : 0
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.columns)
    return (mean, 1 / (squares + Double(Float(epsilon))).squareRoot())
  }

  func forward(_ x: Table, _ w: Table, _ b: Table) -> Table {
    var y = Table(x.rows, x.columns)
    for row in 0..<x.rows {
      let (mean, scale) = statistics(x, row)
      for column in 0..<x.columns {
        y[row, column] =
          (x[row, column] - mean) * scale * w[0, column] + (centred ? b[0, column] : 0)
      }
    }
    return y
  }

  /// dx, dw, db. The mutant takes the normalising scale for a constant.
  func gradient(mutant: Bool = false) -> (dx: Table, dw: Table, db: Table) {
    var (dx, dw, db) = (Table(x.rows, x.columns), Table(1, x.columns), Table(1, x.columns))
    let count = Double(x.columns)
    for row in 0..<x.rows {
      let (mean, scale) = statistics(x, row)
      var (sum, product) = (0.0, 0.0)
      for column in 0..<x.columns {
        let normal = (x[row, column] - mean) * scale
        sum += centred ? dy[row, column] * w[0, column] : 0
        product += mutant ? 0 : dy[row, column] * w[0, column] * normal
        dw[0, column] += dy[row, column] * normal
        db[0, column] += dy[row, column]
      }
      for column in 0..<x.columns {
        let normal = (x[row, column] - mean) * scale
        dx[row, column] =
          scale * (dy[row, column] * w[0, column] - sum / count - normal * product / count)
      }
    }
    return (dx, dw, db)
  }

  /// Forward and backward of ours.
  func ours(_ workers: Workers, addingToInput: Bool = false) throws -> (
    y: Held, dx: Held, dw: Held, db: Held
  ) {
    let (y, dx, dw, db) = try (Held(dy), Held(x), Held(w), Held(b))
    let (xs, ws, bs, dys) = try (Held(x).view, Held(w).view, Held(b).view, Held(dy).view)
    let kept = try Held(x.rows, centred ? 2 : 1).view
    if centred {
      let norm = LayerNorm(epsilon: Float(epsilon))
      norm.forward(xs, weight: ws, bias: bs, into: y.view, statistics: kept, on: workers)
      norm.backward(
        dys, x: xs, weight: ws, statistics: kept, dx: dx.view, addingToInput: addingToInput,
        dWeight: dw.view, dBias: db.view, on: workers)
    } else {
      let norm = RMSNorm(epsilon: Float(epsilon))
      norm.forward(xs, weight: ws, into: y.view, scales: kept, on: workers)
      norm.backward(
        dys, x: xs, weight: ws, scales: kept, dx: dx.view, addingToInput: addingToInput,
        dWeight: dw.view, on: workers)
    }
    return (y, dx, dw, db)
  }
}

@Suite("RMSNorm and LayerNorm") struct NormTests {
  static let cases = [true, false].flatMap { centred in
    [(1, 5), (3, 16), (7, 33), (37, 129), (1_100, 11)].map {
      NormCase(centred: centred, $0.0, $0.1)
    }
  }

  @Test("forward, backward and accumulation", arguments: cases) func passes(c: NormCase) throws {
    let workers = Workers(count: 3)
    let (dx, dw, db) = c.gradient()
    for adding in [false, true] {
      let ours = try c.ours(workers, addingToInput: adding)
      #expect(deviation(ours.y, from: c.forward(c.x, c.w, c.b)) < 1e-6)
      #expect(deviation(ours.dx, from: adding ? dx + c.x : dx) < 3e-6)
      #expect(deviation(ours.dw, from: dw + c.w) < 3e-6)
      if c.centred { #expect(deviation(ours.db, from: db + c.b) < 3e-6) }
    }
  }

  @Test("the reference is the derivative, its mutant is not", arguments: [true, false])
  func reference(centred: Bool) throws {
    let c = NormCase(centred: centred, 3, 7)
    let (dx, dw, db) = c.gradient()
    func objective(_ x: Table, _ w: Table, _ b: Table) -> Double {
      c.forward(x, w, b).weighed(by: c.dy)
    }
    #expect(deviation(differences(c.x) { objective($0, c.w, c.b) }, from: dx) < 1e-7)
    #expect(deviation(differences(c.w) { objective(c.x, $0, c.b) }, from: dw) < 1e-7)
    if centred {
      #expect(deviation(differences(c.b) { objective(c.x, c.w, $0) }, from: db) < 1e-7)
    }
    let wrong = c.gradient(mutant: true)
    #expect(deviation(try c.ours(Workers(count: 1)).dx, from: wrong.dx) > 1e-3)
  }

  @Test("frozen weights leave the gradient of the input as it is") func frozen() throws {
    let c = NormCase(centred: false, 5, 19)
    let dx = try Held(c.x)
    let scales = try Held(5, 1).view
    let norm = RMSNorm(epsilon: Float(c.epsilon))
    let (x, w) = try (Held(c.x).view, Held(c.w).view)
    let workers = Workers(count: 2)
    norm.forward(x, weight: w, into: try Held(5, 19).view, scales: scales, on: workers)
    norm.backward(
      try Held(c.dy).view, x: x, weight: w, scales: scales, dx: dx.view, dWeight: nil, on: workers)
    #expect(dx.bits == (try c.ours(workers).dx.bits))
  }

  @Test("the same bits for 1 to 4 workers", arguments: cases) func bits(c: NormCase) throws {
    let same = try sameBits { workers in
      let ours = try c.ours(workers)
      return ours.y.bits + ours.dx.bits + ours.dw.bits + ours.db.bits
    }
    #expect(same)
  }
}
