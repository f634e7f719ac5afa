/// A stream of numbers that a seed decides, or a name: the same on every machine and Swift version.
///
/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).
/// Fixed for good: what is signed, drawn or generated today is compared with what another build
/// made.
public struct SplitMix64: Sendable {
  /// The golden ratio as a fraction of 2^64, odd: the step of the stream.
  @usableFromInline static let step: UInt64 = 0x9E37_79B9_7F4A_7C15

  @usableFromInline var state: UInt64

  /// The stream of a seed.
  public init(seed: UInt64) {
    state = seed
  }

  /// The stream of a name: its seed is ``hash(ofName:)``.
  public init(name: String) {
    self.init(seed: SplitMix64.hash(ofName: name))
  }

  /// FNV-1a of 64 bits over the UTF-8 of a name.
  public static func hash(ofName name: String) -> UInt64 {
    name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
  }

  /// The next 64 bits.
  @inlinable
  public mutating func next() -> UInt64 {
    state &+= SplitMix64.step
    return SplitMix64.mix(state)
  }

  /// The upper half of the next 64 bits.
  @inlinable
  public mutating func next32() -> UInt32 { UInt32(truncatingIfNeeded: next() >> 32) }

  /// A bijection of 64 bits in which each bit depends on all.
  @inlinable
  @inline(__always)
  public static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
