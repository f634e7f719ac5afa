import Foundation
import TestSupport
import Testing

@testable import Language

@Suite("Sampling") struct SamplingTests {
  private static let logits: [Float] = [0.5, 2, -1, 2, 0, 1.5, -3, 0.25]

  /// The probabilities after temperature, k and p, by their definition.
  private static func exact(_ sampling: Sampling, _ logits: [Float]) -> [Double] {
    var weights = logits.map { exp(Double($0) / sampling.temperature) }
    let order = weights.indices.sorted {
      weights[$0] != weights[$1] ? weights[$0] > weights[$1] : $0 < $1
    }
    if let k = sampling.topK { for index in order.dropFirst(k) { weights[index] = 0 } }
    if let p = sampling.topP {
      let total = weights.reduce(0, +)
      var sum = 0.0
      for index in order {
        if sum >= p * total { weights[index] = 0 }
        sum += weights[index]
      }
    }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
  }

  @Test(
    "tokens come as often as they should",
    arguments: [
      Sampling(), Sampling(temperature: 0.5), Sampling(temperature: 2, topK: 3),
      Sampling(topP: 0.8), Sampling(temperature: 1.5, topK: 6, topP: 0.7), Sampling(topK: 1),
      Sampling(topP: 1e-9), Sampling(topP: 1),
    ])
  func frequencies(sampling: Sampling) {
    let exact = SamplingTests.exact(sampling, SamplingTests.logits)
    let rounds = 20_000
    var counts = Array(repeating: 0, count: exact.count)
    // Evenly spread numbers: the frequencies are exact to one round for each token.
    for round in 0..<rounds {
      let token = SamplingTests.logits.withUnsafeBufferPointer {
        sampling.choose($0, random: (Double(round) + 0.5) / Double(rounds))
      }
      counts[Int(token)] += 1
    }
    for (count, probability) in zip(counts, exact) {
      #expect(abs(Double(count) - probability * Double(rounds)) <= 1.5)
    }
  }

  @Test("a large vocabulary is narrowed as its definition says") func large() {
    var generator = SeededGenerator(seed: 5)
    let logits = (0..<3_000).map { _ in Float.random(in: -9...9, using: &generator) }
    for sampling in [Sampling(topP: 0.9), Sampling(topP: 0.3), Sampling(topK: 50, topP: 0.5)] {
      let allowed = SamplingTests.exact(sampling, logits)
      for round in 0..<300 {
        let token = logits.withUnsafeBufferPointer {
          sampling.choose($0, random: Double(round) / 300)
        }
        #expect(allowed[Int(token)] > 0)
      }
    }
  }

  @Test("greedy choice: the first of equals, never what is no number") func greedy() {
    func best(_ logits: [Float]) -> Int32 {
      logits.withUnsafeBufferPointer { Sampling.greedy.choose($0, random: 0) }
    }
    #expect(best(SamplingTests.logits) == 1)
    #expect(best([.nan, -5, .nan, -4]) == 3)
    #expect(best([.nan, .nan]) == 0)
    #expect(best([-.infinity, -.infinity, -1]) == 2)
    #expect(best([.nan, -.infinity, .nan] + Array(repeating: -.infinity, count: 9)) == 1)
  }

  @Test("greedy choice is the first of the largest, wherever they stand") func greedyPlaces() {
    var generator = SeededGenerator(seed: 8)
    for round in 0..<2_000 {
      // Few values, so that most of them stand many times, and lengths beside and on eights.
      let values = Float(1 + round % 7)
      let logits = (0..<(1 + round % 41)).map { _ -> Float in
        let value = Float.random(in: 0...values, using: &generator).rounded(.down)
        return value == 0 ? .nan : value == 1 ? -.infinity : value
      }
      let largest = logits.filter { !$0.isNaN }.max()
      let first = largest.flatMap { logits.firstIndex(of: $0) } ?? 0
      #expect(logits.withUnsafeBufferPointer { Sampling.largest($0) } == first)
    }
  }

  @Test("random numbers are those of SplitMix64") func random() {
    // The first output for seed 0 is published with the algorithm: e220a8397b1dcdaf.
    var source = SampleSource(seed: 0)
    #expect(source.next() == Double(0xE220_A839_7B1D_CDAF >> 11 as UInt64) * 0x1p-53)
    var numbers = SampleSource(seed: 42)
    let mean = (0..<10_000).reduce(0.0) { sum, _ in sum + numbers.next() } / 10_000
    #expect(abs(mean - 0.5) < 0.02)
  }
}
