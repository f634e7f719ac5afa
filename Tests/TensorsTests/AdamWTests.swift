import Foundation
import TestSupport
import Testing

@testable import Tensors

@Suite("AdamW and the norm of gradients") struct AdamWTests {
  /// What a mutant has wrong.
  enum Mutant: CaseIterable { case noCorrection, coupledDecay, epsilonInside }

  /// One parameter in Double, by the paper and PyTorch's documentation.
  private func reference(
    _ start: Double, _ gradients: [Double], rate: Double, decay: Double, mutant: Mutant? = nil
  ) -> Double {
    var (p, m, v) = (start, 0.0, 0.0)
    for (index, gradient) in gradients.enumerated() {
      let t = Double(index + 1)
      let g = mutant == .coupledDecay ? gradient + decay * p : gradient
      if mutant != .coupledDecay { p -= rate * decay * p }
      m = 0.9 * m + 0.1 * g
      v = 0.999 * v + 0.001 * g * g
      let correct = mutant != .noCorrection
      let first = correct ? m / (1 - pow(0.9, t)) : m
      let second = correct ? v / (1 - pow(0.999, t)) : v
      let root =
        mutant == .epsilonInside ? (second + 1e-2).squareRoot() : second.squareRoot() + 1e-8
      p -= rate * first / root
    }
    return p
  }

  private func tables(_ count: Int) -> (start: Table, gradients: [Table]) {
    var generator = SeededGenerator(seed: UInt64(count))
    return (
      Table(1, count, from: &generator), (0..<5).map { _ in Table(1, count, from: &generator) }
    )
  }

  private func block(_ table: Table) throws -> FloatBlock {
    let block = try FloatBlock(count: table.columns)
    for (index, value) in table.values.enumerated() { block.base[index] = Float(value) }
    return block
  }

  private func steps(
    _ start: Table, _ gradients: [Table], ranges: [Range<Int>]? = nil, scale: Float = 1,
    _ workers: Workers
  ) throws -> FloatBlock {
    let parameters = try block(start)
    let (m, v) = try (FloatBlock(count: start.columns), FloatBlock(count: start.columns))
    for (index, gradient) in gradients.enumerated() {
      AdamW().step(
        .init(number: index + 1, rate: 1e-2, decay: 0.1, gradientScale: scale),
        parameters: parameters, gradients: try block(gradient), firstMoments: m,
        secondMoments: v, ranges: ranges, on: workers)
    }
    return parameters
  }

  private func table(_ block: FloatBlock) -> Table {
    Table(1, block.count, block.floats.map(Double.init))
  }

  private func truth(_ start: Table, _ gradients: [Table], _ mutant: Mutant? = nil) -> Table {
    Table(
      1, start.columns,
      start.values.indices.map { index in
        reference(
          start.values[index], gradients.map { $0.values[index] }, rate: 1e-2, decay: 0.1,
          mutant: mutant)
      })
  }

  @Test("five steps", arguments: [1, 9, 1_001, 70_001]) func fiveSteps(count: Int) throws {
    let (start, gradients) = tables(count)
    let ours = table(try steps(start, gradients, Workers(count: 2)))
    let right = truth(start, gradients)
    #expect(deviation(ours, from: right) < 1e-6)
    // The update itself, beside which the parameter is large.
    var (moved, should) = (ours, right)
    for index in start.values.indices {
      moved.values[index] -= start.values[index]
      should.values[index] -= start.values[index]
    }
    #expect(deviation(moved, from: should) < 1e-5)
    if count > 1 {
      for mutant in Mutant.allCases {
        #expect(deviation(ours, from: truth(start, gradients, mutant)) > 1e-4)
      }
    }
  }

  @Test("ranges leave the rest alone") func ranges() throws {
    let (start, gradients) = tables(1_001)
    let ranges = [3..<100, 500..<501, 900..<1_001]
    let ours = table(try steps(start, gradients, ranges: ranges, Workers(count: 3)))
    let right = truth(start, gradients)
    for index in 0..<1_001 {
      let inside = ranges.contains { $0.contains(index) }
      let value = inside ? right.values[index] : start.values[index]
      #expect(abs(ours.values[index] - value) < 1e-6)
    }
  }

  @Test("clipping scales the gradients") func clipping() throws {
    let (start, gradients) = tables(2_001)
    let workers = Workers(count: 2)
    let norm = GradientNorm.of(try block(gradients[0]), on: workers)
    let right = gradients[0].values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(norm / right - 1) < 1e-6)
    let scale = GradientNorm.clipping(norm, to: 1)
    #expect(abs(Double(scale) * right - 1) < 1e-5)
    #expect(GradientNorm.clipping(0.5, to: 1) == 1)
    #expect(GradientNorm.clipping(.nan, to: 1).isNaN)
    #expect(GradientNorm.clipping(.infinity, to: 1).isNaN)
    var clipped = gradients
    for index in clipped.indices {
      clipped[index].values = clipped[index].values.map { $0 * Double(scale) }
    }
    let ours = table(try steps(start, gradients, scale: scale, workers))
    #expect(deviation(ours, from: truth(start, clipped)) < 1e-6)
  }

  @Test("the norm of some ranges, and of numbers far apart") func norms() throws {
    var values = Table(1, 100_003)
    values.values[0] = 1e10
    values.values[50_000] = 3
    values.values[50_001] = 4
    let block = try block(values)
    let workers = Workers(count: 2)
    #expect(GradientNorm.of(block, ranges: [1..<60_000, 70_000..<100_003], on: workers) == 5)
    #expect(abs(GradientNorm.of(block, on: workers) / 1e10 - 1) < 1e-6)
  }

  @Test("the same bits for 1 to 4 workers") func bits() throws {
    let (start, gradients) = tables(100_001)
    let same = try sameBits { workers in
      let parameters = try steps(start, gradients, workers)
      let norm = GradientNorm.of(parameters, on: workers).bitPattern
      return parameters.floats.map(\.bitPattern) + [UInt32(truncatingIfNeeded: norm)]
    }
    #expect(same)
  }
}
