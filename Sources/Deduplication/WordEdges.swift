/// Where runs of word bytes begin and end: ASCII letters, digits, the underscore, and every byte
/// that is not ASCII, since what such a character is takes a table.
///
/// Eight bytes at a time in one word, which the compiler makes vectors of four words of (the
/// standard library's byte vectors become loops over lanes).
enum WordEdges {
  /// Offsets that `find` may write beyond those that count.
  static let slack = 32

  /// Writes a bit for each byte that may belong to a word; `count` is a multiple of 8.
  @inline(never)
  static func mark(
    _ bytes: UnsafeRawPointer, _ count: Int, into marks: UnsafeMutablePointer<UInt8>
  ) {
    for index in 0..<count / 8 {
      let word = WordHash.load(bytes + 8 &* index)
      marks[index] = UInt8(truncatingIfNeeded: gather(conditions(word)))
    }
  }

  /// Appends the edges of the runs in 64 bytes: beginnings and ends in turn.
  ///
  /// - Parameters:
  ///   - runs: a bit for each byte.
  ///   - base: the offset of the first.
  ///   - inside: 1 where the byte before is in a run, else 0; set for the next bytes.
  ///   - edges: where to write; room for 64 and ``slack`` more.
  /// - Returns: how many edges there are.
  @inline(__always)
  static func find(
    _ runs: UInt64, base: UInt32, inside: inout UInt64, into edges: UnsafeMutablePointer<UInt32>
  ) -> Int {
    var bits = runs ^ (runs << 1 | inside)
    inside = runs >> 63
    let count = bits.nonzeroBitCount
    // Many at a time without asking: a branch for each would be mispredicted at every end.
    for index in 0..<24 {
      edges[index] = base &+ UInt32(truncatingIfNeeded: bits.trailingZeroBitCount)
      bits &= bits &- 1
    }
    if count > 24 {
      var written = 24
      while written < count {
        edges[written] = base &+ UInt32(truncatingIfNeeded: bits.trailingZeroBitCount)
        bits &= bits &- 1
        written &+= 1
      }
    }
    return count
  }

  /// The bytes that may belong to a word, each by its highest bit.
  @inline(__always)
  private static func conditions(_ word: UInt64) -> UInt64 {
    let tops: UInt64 = 0x8080_8080_8080_8080
    // Seven bits and a constant below 0x80 do not carry into the next byte.
    let low = word & ~tops
    let lower = low | every(0x20)
    let letters = (lower &+ every(0x80 - 0x61)) & ~(lower &+ every(0x80 - 0x7B))
    let digits = (low &+ every(0x80 - 0x30)) & ~(low &+ every(0x80 - 0x3A))
    let lines = ~((low ^ every(0x5F)) &+ every(0x7F))
    return (letters | digits | lines | word) & tops
  }

  @inline(__always)
  private static func every(_ byte: UInt64) -> UInt64 { byte &* 0x0101_0101_0101_0101 }

  /// The highest bits of eight bytes, the first byte's in bit 0 of the lowest byte.
  @inline(__always)
  private static func gather(_ tops: UInt64) -> UInt64 {
    // Shifts, since vectors of words have no product.
    var bits = tops &>> 7
    bits |= bits &>> 7
    bits |= bits &>> 14
    bits |= bits &>> 28
    return bits
  }
}
