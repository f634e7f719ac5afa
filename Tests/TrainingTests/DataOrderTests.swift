import Streams
import TestSupport
import Testing
import Training

@Suite("The order of the data") struct DataOrderTests {
  /// Computed by another program (Python, whole numbers) from the text of ``DataOrder``.
  @Test("vectors that are fixed for good") func vectors() {
    let small = DataOrder(count: 10, seed: 2)
    #expect(
      (0..<20).map { small[$0] }
        == [4, 5, 3, 1, 8, 2, 9, 6, 7, 0, 4, 7, 0, 6, 1, 8, 5, 2, 3, 9])
    let zero = DataOrder(count: 1000, seed: 0)
    #expect((0..<5).map { zero[$0] } == [695, 816, 307, 509, 324])
    let most = DataOrder(count: 1000, seed: .max)
    #expect([999, 1000, 123_456].map { most[$0] } == [310, 167, 768])
    let large = DataOrder(count: 1_000_000_007, seed: 42)
    #expect(
      [0, 1, 1_000_000_006, 5_000_000_000].map { large[$0] }
        == [581_070_373, 233_883_730, 502_054_356, 335_773_286])
    let largest = DataOrder(count: 1 << 48, seed: 7)
    #expect([0, 1].map { largest[$0] } == [70_637_038_638_227, 49_576_287_575_162])
    #expect((0..<3).map { DataOrder(count: 1, seed: 9)[$0] } == [0, 0, 0])
  }

  @Test(
    "every epoch is a permutation, and the way back leads back", arguments: [1, 2, 3, 7, 64, 65])
  func permutations(count: Int) {
    let order = DataOrder(count: count, seed: 5)
    for epoch in 0..<4 {
      let positions = epoch * count..<(epoch + 1) * count
      #expect(positions.map { order[$0] }.sorted() == Array(0..<count))
      #expect(positions.allSatisfy { order.position(of: order[$0], epoch: epoch) == $0 })
    }
  }

  @Test("all orders of five come, about as often as each other") func evenness() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<12_000 {
      let order = DataOrder(count: 5, seed: UInt64(seed))
      counts[(0..<5).map { order[$0] }, default: 0] += 1
    }
    #expect(counts.count == 120)
    // Chi-square of 119 degrees of freedom: above 180 once in 4,000 fair draws, and below 70 too.
    let statistic = counts.values.reduce(0.0) { $0 + Double(($1 - 100) * ($1 - 100)) / 100 }
    #expect(statistic < 180 && statistic > 70)
  }

  @Test("the steps of sequences are those that read them") func steps() {
    let order = DataOrder(count: 11, seed: 3)
    for batch in [1, 4, 16] {
      for last in [0, 1, 9] {
        for first in 0..<11 {
          let sequences = first..<min(11, first + 3)
          let truth = (0..<last).map { $0 + 1 }.filter { step in
            order.sequences(ofStep: step, batch: batch).contains { sequences.contains($0) }
          }
          #expect(order.steps(of: sequences, batch: batch, through: last) == truth)
        }
      }
    }
  }
}
