internal import Streams

/// Hashes of the shingles of a document, from the hashes of its words.
///
/// The identity of a shingle is 64 bits: the sum of its words' hashes, each times a constant of its
/// position (the multilinear hash; Lemire and Kaser, "Strongly universal string hashing is fast",
/// 2014). The hashes of words being random, two different shingles are taken for one with a
/// probability below 2^-31: where they differ in one word, only if the hashes of these two words
/// are equal, which 32 bits make 2^-32. What is signed is a 32-bit mix of the identity.
///
/// A document of fewer words than a shingle has one shingle, of all its words.
package final class ShingleHasher {
  /// Words per shingle.
  package let length: Int

  private let constants: UnsafeMutablePointer<UInt32>

  /// A hasher of shingles of this many words.
  package init(length: Int) {
    precondition(NearDuplicateSettings.shingleRange.contains(length), "words per shingle")
    self.length = length
    constants = .allocate(capacity: length)
    var stream = SplitMix64(name: "cordon/shingle/1")
    for position in 0..<length { constants[position] = stream.next32() | 1 }
  }

  deinit { constants.deallocate() }

  /// Shingles of a document with this many words, repeated ones included.
  package func count(words: Int) -> Int {
    words < length ? min(words, 1) : words - length + 1
  }

  /// Writes the identities of the shingles in `range` of those of a document.
  package func identities(
    of words: UnsafeBufferPointer<UInt32>, _ range: Range<Int>,
    into target: UnsafeMutablePointer<UInt64>
  ) {
    guard let (start, whole) = window(words, range, target) else { return }
    var index = 0
    while index &+ 16 <= whole {
      let sums = sixteen(start + index)
      let to = UnsafeMutableRawPointer(target + index)
      to.storeBytes(of: sums.0, as: SIMD4<UInt64>.self)
      to.storeBytes(of: sums.1, toByteOffset: 32, as: SIMD4<UInt64>.self)
      to.storeBytes(of: sums.2, toByteOffset: 64, as: SIMD4<UInt64>.self)
      to.storeBytes(of: sums.3, toByteOffset: 96, as: SIMD4<UInt64>.self)
      index &+= 16
    }
    while index < whole {
      target[index] = one(start + index)
      index &+= 1
    }
  }

  /// Writes 32-bit mixes of the identities of the shingles in `range` of those of a document.
  package func sketches(
    of words: UnsafeBufferPointer<UInt32>, _ range: Range<Int>,
    into target: UnsafeMutablePointer<UInt32>
  ) {
    var short: UInt64 = 0
    guard let (start, whole) = window(words, range, &short) else {
      if !range.isEmpty { target[0] = ShingleHasher.mix(SIMD4(repeating: short))[0] }
      return
    }
    var index = 0
    while index &+ 16 <= whole {
      let sums = sixteen(start + index)
      let to = UnsafeMutableRawPointer(target + index)
      to.storeBytes(of: ShingleHasher.mix(sums.0), as: SIMD4<UInt32>.self)
      to.storeBytes(of: ShingleHasher.mix(sums.1), toByteOffset: 16, as: SIMD4<UInt32>.self)
      to.storeBytes(of: ShingleHasher.mix(sums.2), toByteOffset: 32, as: SIMD4<UInt32>.self)
      to.storeBytes(of: ShingleHasher.mix(sums.3), toByteOffset: 48, as: SIMD4<UInt32>.self)
      index &+= 16
    }
    while index < whole {
      target[index] = ShingleHasher.mix(SIMD4(repeating: one(start + index)))[0]
      index &+= 1
    }
  }

  /// The first word of the range and its shingles; nil where there are none of full length, with
  /// `short` set where the document is shorter than a shingle.
  private func window(
    _ words: UnsafeBufferPointer<UInt32>, _ range: Range<Int>,
    _ short: UnsafeMutablePointer<UInt64>
  ) -> (UnsafePointer<UInt32>, Int)? {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count(words: words.count), "shingles that are")
    guard let base = words.baseAddress, !range.isEmpty else { return nil }
    if words.count >= length { return (base + range.lowerBound, range.count) }
    // The number of words keeps a short document apart from a shingle that begins like it.
    var sum = UInt64(words.count) &* 0x9E37_79B9_7F4A_7C15
    for position in 0..<words.count {
      sum &+= UInt64(constants[position]) &* UInt64(words[position])
    }
    short.pointee = sum
    return nil
  }

  @inline(__always)
  private func one(_ words: UnsafePointer<UInt32>) -> UInt64 {
    var sum: UInt64 = 0
    for position in 0..<length {
      sum &+= UInt64(constants[position]) &* UInt64(words[position])
    }
    return sum
  }

  private typealias Sixteen = (SIMD4<UInt64>, SIMD4<UInt64>, SIMD4<UInt64>, SIMD4<UInt64>)

  /// The identities of sixteen shingles in a row.
  @inline(__always)
  private func sixteen(_ words: UnsafePointer<UInt32>) -> Sixteen {
    var sums: Sixteen = (.zero, .zero, .zero, .zero)
    for position in 0..<length {
      // Both factors are seen to have 32 bits: this is vpmuludq.
      let constant = SIMD4(repeating: UInt64(constants[position]))
      let from = UnsafeRawPointer(words + position)
      sums.0 &+= constant &* ShingleHasher.widen(from)
      sums.1 &+= constant &* ShingleHasher.widen(from + 16)
      sums.2 &+= constant &* ShingleHasher.widen(from + 32)
      sums.3 &+= constant &* ShingleHasher.widen(from + 48)
    }
    return sums
  }

  @inline(__always)
  private static func widen(_ words: UnsafeRawPointer) -> SIMD4<UInt64> {
    SIMD4<UInt64>(truncatingIfNeeded: words.loadUnaligned(as: SIMD4<UInt32>.self))
  }

  /// 32 bits that depend on all 64.
  @inline(__always)
  private static func mix(_ identity: SIMD4<UInt64>) -> SIMD4<UInt32> {
    let half = SIMD4<UInt64>(repeating: 32)
    let low = identity & SIMD4(repeating: 0xFFFF_FFFF)
    let sum =
      low &* SIMD4(repeating: 0x9E37_79B1) &+ (identity &>> half) &* SIMD4(repeating: 0x85EB_CA77)
    var mixed = SIMD4<UInt32>(truncatingIfNeeded: sum ^ sum &>> half)
    mixed ^= mixed &>> SIMD4(repeating: 16)
    mixed &*= SIMD4(repeating: 0x7FEB_352D)
    mixed ^= mixed &>> SIMD4(repeating: 15)
    return mixed
  }
}
