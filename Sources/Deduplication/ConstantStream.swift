/// The constants of hash functions: SplitMix64 (Steele, Lea, Flood 2014) from a name.
///
/// The same on every machine, and fixed for good: what is spilled or signed today is compared with
/// what another build signed.
struct ConstantStream {
  private var state: UInt64

  /// The stream of a name.
  init(_ name: StaticString) {
    state = 0xCBF2_9CE4_8422_2325  // FNV-1a
    name.withUTF8Buffer { bytes in
      for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
  }

  /// The next 64 bits.
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return ConstantStream.mix(state)
  }

  /// The next 32 bits.
  mutating func next32() -> UInt32 { UInt32(truncatingIfNeeded: next() >> 32) }

  /// A bijection of 64 bits in which each bit depends on all.
  @inline(__always)
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
