internal import Synchronization

/// What folding does to one scalar, and what kind of character it is, in 32 bits.
struct FoldEntry {
  let bits: UInt32

  /// May combine with what precedes it; the segment is composed as a whole.
  static let combines: UInt32 = 1 << 31
  /// Becomes other bytes, or none.
  static let mapped: UInt32 = 1 << 30
  /// White_Space: a run becomes one U+0020.
  static let space: UInt32 = 1 << 29
  /// A word character of a script that separates words: it has a boundary on either side.
  static let joins: UInt32 = 1 << 28
  /// A letter, digit, mark or ideograph of a script without spaces.
  static let unspaced: UInt32 = 1 << 27
  /// A letter (general category L).
  static let letter: UInt32 = 1 << 26
  /// A number (general category N).
  static let number: UInt32 = 1 << 25

  /// None of what needs work: the bytes are copied.
  @inline(__always) var isPlain: Bool {
    bits & (FoldEntry.combines | FoldEntry.mapped | FoldEntry.space) == 0
  }
  @inline(__always) func has(_ flag: UInt32) -> Bool { bits & flag != 0 }
  /// Where the mapping's bytes begin, from the page's start.
  @inline(__always) var offset: Int { Int(bits & 0xFFFF) }
  /// How many bytes the mapping has.
  @inline(__always) var length: Int { Int(bits >> 16 & 0x7F) }
}

/// The entries of 256 scalars, followed by the bytes of their mappings. Immutable and never freed:
/// there are at most 4,352, each is built when a text first needs it, and sessions share them.
struct FoldPage: @unchecked Sendable {
  let base: UnsafePointer<UInt32>

  static let count = 0x110000 >> 8

  @inline(__always) subscript(index: Int) -> FoldEntry { FoldEntry(bits: base[index]) }

  @inline(__always) func bytes(of entry: FoldEntry) -> UnsafePointer<UInt8> {
    UnsafeRawPointer(base).advanced(by: entry.offset).assumingMemoryBound(to: UInt8.self)
  }

  /// The page with this number, built once in the life of the process.
  static func shared(_ number: Int) -> FoldPage {
    built.withLock { pages in
      if let page = pages[number] { return page }
      let page = FoldPage(building: number)
      pages[number] = page
      return page
    }
  }

  private static let built = Mutex<[Int: FoldPage]>([:])

  private init(building number: Int) {
    var entries: [UInt32] = []
    var pool: [UInt8] = []
    for value in UInt32(number) << 8..<UInt32(number + 1) << 8 {
      guard let scalar = Unicode.Scalar(value) else {
        entries.append(0)  // a surrogate: never in valid UTF-8
        continue
      }
      var bits = WordCharacters.flags(of: scalar)
      let mapping = CaseFolding.mapping(of: scalar)
      if let first = mapping.map({ $0.unicodeScalars.first }) ?? scalar {
        if CaseFolding.combines(first) { bits |= FoldEntry.combines }
      }
      if scalar.properties.isWhitespace {
        bits |= FoldEntry.space
      } else if let mapping {
        let bytes = Array(mapping.utf8)
        precondition(bytes.count < 128, "no NFKC_Casefold mapping has 128 bytes")
        bits |= FoldEntry.mapped | UInt32(256 * 4 + pool.count) | UInt32(bytes.count) << 16
        pool += bytes
      }
      entries.append(bits)
    }
    precondition(256 * 4 + pool.count <= 0x10000, "a page's mappings have 16-bit offsets")
    let memory = UnsafeMutableRawPointer.allocate(byteCount: 256 * 4 + pool.count, alignment: 64)
    memory.copyMemory(from: entries, byteCount: 256 * 4)
    (memory + 256 * 4).copyMemory(from: pool, byteCount: pool.count)
    base = UnsafePointer(memory.assumingMemoryBound(to: UInt32.self))
  }
}
