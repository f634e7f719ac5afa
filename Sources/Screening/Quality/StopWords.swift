/// The stop words of Gopher, found by one product and one comparison.
struct StopWords {
  /// Where a spelling stands if it is a stop word: the multiplier was searched for until the eight
  /// had places of their own.
  private static let multiplier: UInt64 = 0xA648_A7DD_0683_9EB9

  /// Spelling and bit of each place. A place without a word has the spelling 0, which no word has.
  private static let places: [(spelling: UInt64, bit: UInt32)] = {
    var places = [(spelling: UInt64, bit: UInt32)](repeating: (0, 0), count: 16)
    for (index, word) in GopherCounts.stopWordList.enumerated() {
      let spelling = word.utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
      precondition(places[place(of: spelling)].spelling == 0, "a place of its own")
      places[place(of: spelling)] = (spelling, 1 << UInt32(index))
    }
    return places
  }()

  /// Calls `body` with the words, looked up once.
  @inline(__always)
  static func with<Result>(_ body: (StopWords) -> Result) -> Result {
    places.withUnsafeBufferPointer { body(StopWords(places: $0)) }
  }

  private let places: UnsafeBufferPointer<(spelling: UInt64, bit: UInt32)>

  @inline(__always)
  private static func place(of spelling: UInt64) -> Int {
    Int(truncatingIfNeeded: (spelling &* multiplier) >> 60)
  }

  /// The bit of a stop word, none for any other spelling: lower-case letters, the first in the
  /// lowest byte, at most eight.
  @inline(__always)
  func bit(of spelling: UInt64) -> UInt32 {
    let place = places[StopWords.place(of: spelling)]
    return place.spelling == spelling ? place.bit : 0
  }
}
