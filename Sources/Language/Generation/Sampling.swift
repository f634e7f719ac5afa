internal import Streams
internal import Foundation

/// How the next token is chosen from logits.
public struct Sampling: Sendable, Equatable {
  /// What logits are divided by; 0 takes the most likely token.
  public var temperature: Double
  /// Only the k most likely tokens may come; nil for all.
  public var topK: Int?
  /// Only the most likely tokens may come whose probabilities first add up to p; nil for all.
  public var topP: Double?

  /// The most likely token, the smaller one of two that are equal.
  public static let greedy = Sampling(temperature: 0)

  /// A choice by chance: temperature first, then k, then p, as `transformers` has it.
  ///
  /// - Precondition: the temperature is finite and not negative, k positive, p in 0...1.
  public init(temperature: Double = 1, topK: Int? = nil, topP: Double? = nil) {
    precondition(temperature >= 0 && temperature.isFinite, "a temperature")
    precondition(topK.map { $0 > 0 } ?? true, "k is positive")
    precondition(topP.map { $0 > 0 && $0 <= 1 } ?? true, "p is in 0...1")
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
  }

  /// The next token.
  ///
  /// - Parameter random: a number in 0..<1, not used by greedy choice.
  func choose(_ logits: UnsafeBufferPointer<Float>, random: Double) -> Int32 {
    let best = Sampling.largest(logits)
    guard temperature > 0 else { return Int32(best) }
    let scale = 1 / temperature
    let top = Double(logits[best])
    var candidates: [(token: Int32, weight: Double)] = []
    candidates.reserveCapacity(logits.count)
    var total = 0.0
    for (token, logit) in logits.enumerated() where logit.isFinite {
      let weight = exp((Double(logit) - top) * scale)
      total += weight
      candidates.append((Int32(token), weight))
    }
    guard !candidates.isEmpty else { return Int32(best) }
    if topK != nil || topP != nil { narrow(&candidates, total) }
    total = candidates.reduce(0) { $0 + $1.weight }
    var left = random * total
    for candidate in candidates {
      left -= candidate.weight
      if left < 0 { return candidate.token }
    }
    return candidates.last { $0.weight > 0 }?.token ?? Int32(best)
  }

  /// Leaves the candidates that k and p allow, the most likely first.
  private func narrow(_ candidates: inout [(token: Int32, weight: Double)], _ total: Double) {
    if let topP, topK == nil {
      // Those below (1 - p) / V of the whole add up to less than 1 - p: none of them is needed.
      let least = (1 - topP) / Double(candidates.count) * total
      candidates.removeAll { $0.weight < least }
    }
    candidates.sort { $0.weight != $1.weight ? $0.weight > $1.weight : $0.token < $1.token }
    if let topK, candidates.count > topK { candidates.removeLast(candidates.count - topK) }
    guard let topP else { return }
    let whole = topK == nil ? total : candidates.reduce(0) { $0 + $1.weight }
    var sum = 0.0
    var kept = 0
    while kept < candidates.count && sum < topP * whole {
      sum += candidates[kept].weight
      kept += 1
    }
    candidates.removeLast(candidates.count - max(kept, 1))
  }

  /// Whether every logit is a number, and none infinite.
  ///
  /// Eight at a time, without a branch: x - x is zero for a number, and NaN for the others.
  static func areFinite(_ logits: UnsafeBufferPointer<Float>) -> Bool {
    let bytes = UnsafeRawBufferPointer(logits)
    let whole = logits.count / 8 * 8
    var sums = SIMD8<Float>(repeating: 0)
    var index = 0
    while index < whole {
      let eight = bytes.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD8<Float>.self)
      sums += eight - eight
      index &+= 8
    }
    var sum = sums.sum()
    while index < logits.count {
      sum += logits[index] - logits[index]
      index &+= 1
    }
    return sum == 0
  }

  /// The place of the largest logit, the first of equals; what is no number is passed over.
  ///
  /// Eight at a time and in one pass, which keeps the first place of the largest in each lane: it
  /// is done for every token of a large vocabulary, while no worker has anything to do.
  static func largest(_ logits: UnsafeBufferPointer<Float>) -> Int {
    let bytes = UnsafeRawBufferPointer(logits)
    let whole = logits.count / 8 * 8
    var most = SIMD8<Float>(repeating: -.infinity)
    var places = SIMD8<Int32>(repeating: .max)
    var here = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7)
    var index = 0
    while index < whole {
      let eight = bytes.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD8<Float>.self)
      let isMore = eight .> most
      most.replace(with: eight, where: isMore)
      places.replace(with: here, where: isMore)
      here &+= 8
      index &+= 8
    }
    var value = -Float.infinity
    var place = Int32.max
    for lane in 0..<8 {
      if most[lane] > value {
        (value, place) = (most[lane], places[lane])
      } else if most[lane] == value {
        place = min(place, places[lane])
      }
    }
    while index < logits.count {
      if logits[index] > value { (value, place) = (logits[index], Int32(index)) }
      index &+= 1
    }
    // Nothing is above minus infinity.
    return place == .max ? logits.firstIndex(of: -.infinity) ?? 0 : Int(place)
  }
}

/// What chances are drawn from: the same seed gives the same numbers on every machine.
struct SampleSource {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  /// A number in 0..<1 with 53 bits.
  mutating func next() -> Double { Double(random.next() >> 11) * 0x1p-53 }
}
