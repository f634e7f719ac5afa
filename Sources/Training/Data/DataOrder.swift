internal import Streams

/// Which sequence stands at which position of a run: each epoch a permutation of its own, in
/// constant memory, so that what a step reads is a function of the seed and the step alone.
///
/// Position p belongs to epoch e = p / n, where n is the number of sequences, and reads the
/// sequence that the permutation of e has at p mod n. A permutation is a Feistel network (Luby,
/// Rackoff: "How to construct pseudorandom permutations", 1988) of ``rounds`` rounds over the
/// smallest 2^2h not below n, where h is at least 4 (on smaller ones some orders come more often
/// than others), walked along its cycle until a number below n is met (Black, Rogaway: "Ciphers
/// with arbitrary finite domains", CT-RSA 2002). One round makes (l, r) to
/// (r, l ⊕ (mix(key ⊕ r) mod 2^h)), where mix is that of ``SplitMix64``; the keys are the first
/// numbers of the SplitMix64 stream whose seed is mix(seed) ⊕ mix(¬e).
///
/// Fixed for good: a run that resumes reads what it would have read.
public struct DataOrder: Sendable, Equatable {
  /// n, the number of sequences.
  public let count: Int
  /// What decides the order.
  public let seed: UInt64
  /// h, the bits of half a number.
  private let halfBits: UInt64

  /// The rounds of the network. Four are enough for secrets in large domains; small ones need more
  /// to look random.
  private static let rounds = 8

  /// The order of `count` sequences.
  ///
  /// - Precondition: there is one, and there are at most 2^48.
  public init(count: Int, seed: UInt64) {
    precondition(count > 0 && count <= 1 << 48, "an order of something")
    self.count = count
    self.seed = seed
    let bits = UInt64.bitWidth - UInt64(count - 1).leadingZeroBitCount
    halfBits = max(4, UInt64(bits + 1) / 2)
  }

  /// The sequence at a position of the run.
  ///
  /// - Precondition: the position is not negative.
  public subscript(position: Int) -> Int {
    precondition(position >= 0, "a position of the run")
    let keys = keys(epoch: position / count)
    var number = UInt64(position % count)
    repeat { number = forward(number, keys) } while number >= UInt64(count)
    return Int(number)
  }

  /// The position at which a sequence is read in an epoch.
  ///
  /// - Precondition: there is such a sequence, and the epoch is not negative.
  public func position(of sequence: Int, epoch: Int) -> Int {
    precondition(sequence >= 0 && sequence < count && epoch >= 0, "a sequence of this order")
    let keys = keys(epoch: epoch)
    var number = UInt64(sequence)
    repeat { number = backward(number, keys) } while number >= UInt64(count)
    return epoch * count + Int(number)
  }

  /// The sequences of a step.
  ///
  /// - Parameters:
  ///   - step: the step, counted from 1.
  ///   - batch: sequences of each step.
  /// - Precondition: both are at least 1.
  public func sequences(ofStep step: Int, batch: Int) -> [Int] {
    precondition(step > 0 && batch > 0, "a step of the run")
    return ((step - 1) * batch..<step * batch).map { self[$0] }
  }

  /// The steps that read any of these sequences, in order, each once.
  ///
  /// - Parameters:
  ///   - sequences: sequences of this order.
  ///   - batch: sequences of each step.
  ///   - last: the last step that is asked about, counted from 1; 0 for none.
  public func steps(of sequences: Range<Int>, batch: Int, through last: Int) -> [Int] {
    precondition(batch > 0 && last >= 0, "steps of a batch")
    let positions = last * batch
    var steps: [Int] = []
    var epoch = 0
    while epoch * count < positions {
      for sequence in sequences {
        let position = position(of: sequence, epoch: epoch)
        if position < positions { steps.append(position / batch + 1) }
      }
      epoch += 1
    }
    steps.sort()
    var distinct: [Int] = []
    for step in steps where step != distinct.last { distinct.append(step) }
    return distinct
  }

  private typealias Keys = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  private func keys(epoch: Int) -> Keys {
    var stream = SplitMix64(seed: SplitMix64.mix(seed) ^ SplitMix64.mix(~UInt64(epoch)))
    return (
      stream.next(), stream.next(), stream.next(), stream.next(), stream.next(), stream.next(),
      stream.next(), stream.next()
    )
  }

  private func forward(_ number: UInt64, _ keys: Keys) -> UInt64 {
    let mask = UInt64(1) << halfBits - 1
    var (left, right) = (number >> halfBits, number & mask)
    withUnsafeBytes(of: keys) { bytes in
      let keys = bytes.bindMemory(to: UInt64.self)
      for round in 0..<DataOrder.rounds {
        (left, right) = (right, left ^ (SplitMix64.mix(keys[round] ^ right) & mask))
      }
    }
    return left << halfBits | right
  }

  private func backward(_ number: UInt64, _ keys: Keys) -> UInt64 {
    let mask = UInt64(1) << halfBits - 1
    var (left, right) = (number >> halfBits, number & mask)
    withUnsafeBytes(of: keys) { bytes in
      let keys = bytes.bindMemory(to: UInt64.self)
      for round in (0..<DataOrder.rounds).reversed() {
        (left, right) = (right ^ (SplitMix64.mix(keys[round] ^ left) & mask), left)
      }
    }
    return left << halfBits | right
  }
}
