import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite("Chunked cross-entropy") struct CrossEntropyTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var h, w, b: Table
    var labels: [Int32] = []
    var weights: [Float] = []
    var testDescription: String { "[\(h.rows), \(h.columns)] of \(w.rows)" }

    init(_ rows: Int, _ width: Int, _ vocabulary: Int, scale: Float = 1) {
      var generator = SeededGenerator(seed: UInt64(rows + vocabulary))
      h = Table(rows, width, from: &generator, scale: scale)
      w = Table(vocabulary, width, from: &generator)
      b = Table(1, vocabulary, from: &generator)
      for row in 0..<rows {
        let label = Int32.random(in: 0..<Int32(vocabulary), using: &generator)
        labels.append(row % 3 == 1 ? CrossEntropy.ignored : label)
        weights.append(Float.random(in: -1...1, using: &generator))
      }
    }

    /// nll of each row, and softmax of the logits.
    func forward(_ h: Table, _ w: Table, _ b: Table) -> (losses: [Double], p: Table) {
      var z = h.times(w.transposed)
      var losses: [Double] = []
      for row in 0..<z.rows {
        for v in 0..<z.columns { z[row, v] += b[0, v] }
        let sum = (0..<z.columns).reduce(0.0) { $0 + exp(z[row, $1]) }
        let label = Int(labels[row])
        losses.append(label < 0 ? 0 : log(sum) - z[row, label])
        for v in 0..<z.columns { z[row, v] = exp(z[row, v]) / sum }
      }
      return (losses, z)
    }

    func objective(_ h: Table, _ w: Table, _ b: Table) -> Double {
      zip(forward(h, w, b).losses, weights).reduce(0) { $0 + $1.0 * Double($1.1) }
    }

    /// dh, dW, db. The mutant reads the label of the row behind.
    func gradient(mutant: Bool = false) -> (dh: Table, dw: Table, db: Table) {
      var dz = forward(h, w, b).p
      for row in 0..<dz.rows {
        let label = Int(labels[mutant ? (row + 1) % labels.count : row])
        let weight = label < 0 ? 0 : Double(weights[row])
        for v in 0..<dz.columns { dz[row, v] = weight * (dz[row, v] - (v == label ? 1 : 0)) }
      }
      var db = Table(1, dz.columns)
      for row in 0..<dz.rows { for v in 0..<dz.columns { db[0, v] += dz[row, v] } }
      return (dz.times(w), dz.transposed.times(h), db)
    }
  }

  static let cases = [Case(1, 5, 3), Case(7, 9, 17), Case(70, 8, 131), Case(40, 6, 5_003)]

  private func ours(_ c: Case, _ workers: Workers) throws -> (
    losses: [Double], dh: Held, dw: Held, db: Held
  ) {
    let (h, w, b) = try (Held(c.h), Held(c.w), Held(c.b))
    let (dh, dw, db) = try (Held(c.h), Held(c.w), Held(c.b))
    let head = OutputHead(weight: w.view, bias: b.view)
    let losses = CrossEntropy.backward(
      hidden: h.view, head: head, labels: c.labels, weights: c.weights,
      gradients: .init(hidden: dh.view, weight: dw.view, bias: db.view), on: workers)
    #expect(
      losses == CrossEntropy.forward(hidden: h.view, head: head, labels: c.labels, on: workers))
    return (losses, dh, dw, db)
  }

  @Test("losses, gradients, accumulation", arguments: cases) func passes(c: Case) throws {
    let ours = try ours(c, Workers(count: 2))
    let truth = c.forward(c.h, c.w, c.b).losses
    #expect(
      deviation(Table(1, truth.count, ours.losses), from: Table(1, truth.count, truth)) < 1e-6)
    #expect(abs(CrossEntropy.sum(ours.losses) / truth.reduce(0, +) - 1) < 1e-6)
    let (dh, dw, db) = c.gradient()
    #expect(deviation(ours.dh, from: dh + c.h) < 2e-6)
    #expect(deviation(ours.dw, from: dw + c.w) < 2e-6)
    #expect(deviation(ours.db, from: db + c.b) < 2e-6)
  }

  @Test("the reference is the derivative, its mutant is not") func reference() throws {
    let c = Case(7, 5, 11)
    let (dh, dw, db) = c.gradient()
    #expect(deviation(differences(c.h) { c.objective($0, c.w, c.b) }, from: dh) < 1e-8)
    #expect(deviation(differences(c.w) { c.objective(c.h, $0, c.b) }, from: dw) < 1e-8)
    #expect(deviation(differences(c.b) { c.objective(c.h, c.w, $0) }, from: db) < 1e-8)
    let ours = try ours(c, Workers(count: 1))
    #expect(deviation(ours.dw, from: c.gradient(mutant: true).dw + c.w) > 1e-3)
    #expect(deviation(ours.dh, from: c.gradient(mutant: true).dh + c.h) > 1e-3)
  }

  @Test("several chunks give what one gives", arguments: [1, 2, 19, 46, 47])
  func chunks(rows: Int) throws {
    let c = Case(70, 8, 131)  // 46 or 47 rows are scored
    let (h, w, b) = try (Held(c.h), Held(c.w), Held(c.b))
    let (dh, dw, db) = try (Held(c.h), Held(c.w), Held(c.b))
    let losses = CrossEntropy.backward(
      hidden: h.view, head: OutputHead(weight: w.view, bias: b.view, chunk: rows),
      labels: c.labels, weights: c.weights,
      gradients: .init(hidden: dh.view, weight: dw.view, bias: db.view), on: Workers(count: 2))
    let truth = c.forward(c.h, c.w, c.b).losses
    #expect(deviation(Table(1, 70, losses), from: Table(1, 70, truth)) < 1e-6)
    let (dhTruth, dwTruth, dbTruth) = c.gradient()
    #expect(deviation(dh, from: dhTruth + c.h) < 2e-6)
    #expect(deviation(dw, from: dwTruth + c.w) < 2e-6)
    #expect(deviation(db, from: dbTruth + c.b) < 2e-6)
  }

  @Test("a row with several labels gives each the bits that it gives it alone", arguments: cases)
  func alternatives(c: Case) throws {
    var generator = SeededGenerator(seed: 6)
    let vocabulary = Int32(c.w.rows)
    let (h, w, b) = try (Held(c.h), Held(c.w), Held(c.b))
    let head = OutputHead(weight: w.view, bias: b.view)
    // Every row in every turn, so that its logits are made beside the same others.
    let turns = (0..<3).map { _ in
      c.labels.map { _ in Int32.random(in: 0..<vocabulary, using: &generator) }
    }
    let alone = turns.map {
      CrossEntropy.forward(hidden: h.view, head: head, labels: $0, on: Workers(count: 1))
    }
    let rows = c.labels.indices.flatMap { Array(repeating: Int32($0), count: 3) }
    let labels = c.labels.indices.flatMap { row in turns.map { $0[row] } }
    for count in 1...4 {
      let together = CrossEntropy.forward(
        hidden: h.view, head: head, rows: rows, labels: labels, on: Workers(count: count))
      #expect(together == c.labels.indices.flatMap { row in alone.map { $0[row] } })
    }
    #expect(
      CrossEntropy.forward(
        hidden: h.view, head: head, rows: [], labels: [], on: Workers(count: 1)) == [])
  }

  @Test("a chunk of logits is bounded") func bounded() throws {
    for (vocabulary, rows) in [(100, 512), (65_536, 512), (152_064, 192), (5_000_000, 6)] {
      let place = UnsafeMutablePointer<Float>.allocate(capacity: 1)
      defer { place.deallocate() }
      #expect(OutputHead(weight: MatrixView(place, rows: vocabulary, columns: 1)).chunk == rows)
    }
  }

  @Test("large logits neither overflow nor vanish") func large() throws {
    let c = Case(20, 40, 33, scale: 60)
    let ours = try ours(c, Workers(count: 1)).losses
    let truth = c.forward(c.h, c.w, c.b).losses
    #expect(deviation(Table(1, 20, ours), from: Table(1, 20, truth)) < 1e-6)
  }

  @Test("what is no number stays so") func notANumber() throws {
    var c = Case(2, 5, 9)
    c.labels = [1, 2]
    let h = try Held(c.h)
    h.view[1, 3] = .nan
    let losses = CrossEntropy.forward(
      hidden: h.view, head: OutputHead(weight: try Held(c.w).view), labels: c.labels,
      on: Workers(count: 1))
    #expect(losses[0].isFinite && losses[1].isNaN)
  }

  @Test("nothing is scored: no loss, no gradient") func nothing() throws {
    var c = Case(5, 4, 9)
    c.labels = Array(repeating: CrossEntropy.ignored, count: 5)
    let ours = try ours(c, Workers(count: 2))
    #expect(ours.losses == [0, 0, 0, 0, 0])
    #expect(deviation(ours.dh, from: c.h) == 0 && deviation(ours.dw, from: c.w) == 0)
  }

  @Test("logits of chosen rows are what a product gives") func logits() throws {
    let c = Case(70, 8, 131)
    let head = OutputHead(weight: try Held(c.w).view)
    let truth = c.h.times(c.w.transposed)
    let rows: [Int32] = [0, 3, 69]
    var seen = Table(3, 131)
    head.overChunks(hidden: try Held(c.h).view, rows: rows, on: Workers(count: 2)) {
      places, logits in
      for (row, place) in places.enumerated() {
        for v in 0..<131 { seen[place, v] = Double(logits[row, v]) }
      }
    }
    for (place, row) in rows.enumerated() {
      for v in 0..<131 { #expect(abs(seen[place, v] - truth[Int(row), v]) < 1e-5) }
    }
  }

  @Test("the same bits for 1 to 4 workers", arguments: cases) func bits(c: Case) throws {
    let same = try sameBits { workers in
      let ours = try ours(c, workers)
      let losses = ours.losses.flatMap {
        [UInt32(truncatingIfNeeded: $0.bitPattern), UInt32($0.bitPattern >> 32)]
      }
      return losses + ours.dh.bits + ours.dw.bits + ours.db.bits
    }
    #expect(same)
  }
}
