import TestSupport
import Testing

@testable import Tensors

@Suite("Matrix products") struct ProductTests {
  static let shapes = [
    (1, 1, 1), (1, 7, 5), (1, 65, 33), (2, 130, 19), (3, 4, 257), (5, 101, 8), (8, 67, 100),
    (7, 300, 70), (16, 66, 67), (9, 1, 3), (12, 31, 513), (16, 56, 1_100), (15, 29, 16),
    (17, 33, 65), (63, 129, 31), (130, 65, 71), (200, 300, 9),
  ]

  private func inputs(_ m: Int, _ n: Int, _ k: Int) -> (x: Table, w: Table, old: Table) {
    var generator = SeededGenerator(seed: UInt64(m * 10_000 + n * 100 + k))
    return (
      Table(m, k, from: &generator), Table(n, k, from: &generator), Table(m, n, from: &generator)
    )
  }

  @Test("x · wᵀ, x · w and aᵀ · x, written and added", arguments: shapes)
  func products(m: Int, n: Int, k: Int) throws {
    let (x, w, old) = inputs(m, n, k)
    let truth = x.times(w.transposed)
    let workers = Workers(count: 2)
    for adding in [false, true] {
      let right = adding ? truth + old : truth
      let y = try Held(old)
      workers.multiply(
        try Held(x).view, byTransposed: try Held(w).view, into: y.view, adding: adding)
      #expect(deviation(y, from: right) < 2e-6)
      let plain = try Held(old)
      workers.multiply(
        try Held(x).view, by: try Held(w.transposed).view, into: plain.view, adding: adding)
      #expect(deviation(plain, from: right) < 2e-6)
      let turned = try Held(old)
      workers.multiply(
        transposed: try Held(x.transposed).view, by: try Held(w.transposed).view,
        into: turned.view, adding: adding)
      #expect(deviation(turned, from: right) < 2e-6)
    }
  }

  @Test("products of the same x have the bits of one after the other", arguments: [1, 4, 16, 40])
  func several(m: Int) throws {
    let (x, w, _) = inputs(m, 130, 37)
    let xs = try Held(x)
    let weights = try [w, inputs(m, 1, 37).w, inputs(m, 61, 37).w].map { try Held($0) }
    let same = try sameBits { workers in
      let results = try weights.map { try Held(m, $0.view.rows) }
      workers.multiply(xs.view, byTransposed: weights.map(\.view), into: results.map(\.view))
      return results.flatMap(\.bits)
    }
    #expect(same)
    let workers = Workers(count: 2)
    let results = try weights.map { try Held(m, $0.view.rows) }
    workers.multiply(xs.view, byTransposed: weights.map(\.view), into: results.map(\.view))
    for (weight, result) in zip(weights, results) {
      let alone = try Held(m, weight.view.rows)
      workers.multiply(xs.view, byTransposed: weight.view, into: alone.view)
      #expect(result.bits == alone.bits)
    }
  }

  @Test("a group has the bits of product after product", arguments: [5, 40, 300])
  func group(m: Int) throws {
    let (x, w, dy) = inputs(m, 130, 37)
    let (xs, ws, dys) = (try Held(x), try Held(w), try Held(dy))
    let other = try Held(inputs(m, 130, 37).w + w)
    func products(_ dx: Held, _ dw: Held) -> [MatrixProduct] {
      [
        MatrixProduct(.plain, [(dys.view, ws.view), (dys.view, other.view)], into: dx.view),
        MatrixProduct(.transposedBy, [(dys.view, xs.view)], into: dw.view, adding: true),
      ]
    }
    let same = try sameBits { workers in
      let (dx, dw) = (try Held(x), try Held(w))
      workers.multiply(products(dx, dw))
      return dx.bits + dw.bits
    }
    #expect(same)
    let (dx, dw, workers) = (try Held(x), try Held(w), Workers(count: 2))
    workers.multiply(products(dx, dw))
    #expect(deviation(dx, from: dy.times(w) + dy.times(w + w)) < 3e-6)
    let (alone, gradient) = (try Held(x), try Held(w))
    workers.multiply(dys.view, by: ws.view, into: alone.view)
    workers.multiply(dys.view, by: other.view, into: alone.view, adding: true)
    workers.multiply(transposed: dys.view, by: xs.view, into: gradient.view)
    #expect(dx.bits == alone.bits && dw.bits == gradient.bits)
  }

  @Test("tiles cover a result once, and each is finished", arguments: shapes + [(300, 700, 40)])
  func finished(m: Int, n: Int, k: Int) throws {
    let (x, w, old) = inputs(m, n, k)
    let y = try Held(old)
    let seen = try Held(m, n)
    Workers(count: 3).multiply([
      MatrixProduct(.byTransposed, [(try Held(x).view, try Held(w).view)], into: y.view) {
        for row in $0 { for column in $1 { seen.view[row, column] += y.view[row, column] } }
      }
    ])
    #expect(seen.bits == y.bits)
  }

  @Test(
    "the tiles of a large result are many and large",
    arguments: [
      (4_096, 384), (4_096, 128), (384, 1_024), (512, 8_192), (512, 50_257), (768, 768),
    ])
  func tiles(rows: Int, columns: Int) {
    let tiles = ProductTiles(rows: rows, columns: columns)
    #expect((8...24).contains(tiles.count))
    #expect(tiles.height * tiles.width >= 32_768)
    #expect((tiles.down - 1) * tiles.height < rows && tiles.down * tiles.height >= rows)
    #expect((tiles.across - 1) * tiles.width < columns && tiles.across * tiles.width >= columns)
  }

  @Test("the check can fail: one index exchanged") func mutant() throws {
    let (x, w, old) = inputs(19, 19, 19)
    let y = try Held(old)
    Workers(count: 1).multiply(try Held(x).view, byTransposed: try Held(w).view, into: y.view)
    #expect(deviation(y, from: x.times(w)) > 1e-3)
  }

  @Test("the same bits for 1 to 4 workers", arguments: shapes + [(300, 700, 40)])
  func bits(m: Int, n: Int, k: Int) throws {
    let (x, w, _) = inputs(m, n, k)
    let (xs, ws, wt) = (try Held(x), try Held(w), try Held(w.transposed))
    let same = try sameBits { workers in
      let y = try Held(m, n)
      workers.multiply(xs.view, byTransposed: ws.view, into: y.view)
      let plain = try Held(m, n)
      workers.multiply(xs.view, by: wt.view, into: plain.view)
      let gradient = try Held(n, k)
      workers.multiply(transposed: y.view, by: xs.view, into: gradient.view)
      return y.bits + plain.bits + gradient.bits
    }
    #expect(same)
  }
}
