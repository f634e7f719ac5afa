import Streams

/// Words that mean nothing, ready to be written by the hundred million: each in a cell of eight
/// bytes, padded with spaces, so that a word is appended by one store.
struct InventedWords {
  /// How many there are.
  static let count = 4096

  private let cells: [UInt64]
  /// Bytes of each word with one space behind it.
  private let lengths: [UInt8]

  private static let onsets = [
    "b", "br", "c", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "pl", "r", "s", "t", "tr",
    "v", "w",
  ]
  private static let vowels = ["a", "e", "i", "o", "u", "y"]
  private static let codas = ["", "n", "l", "r", "m", "s", "t"]

  /// Words of three to seven letters, all different; none begins with a z (``DocumentText``'s
  /// own words do).
  init(seed: UInt64) {
    var random = SplitMix64(seed: seed, name: "invented words")
    var taken: Set<String> = []  // asked only for membership: its order reaches no output
    var cells: [UInt64] = []
    var lengths: [UInt8] = []
    while cells.count < InventedWords.count {
      let word =
        random.pick(InventedWords.onsets) + random.pick(InventedWords.vowels)
        + random.pick(InventedWords.onsets) + random.pick(InventedWords.vowels)
        + random.pick(InventedWords.codas)
      guard word.utf8.count <= 7, taken.insert(word).inserted else { continue }
      var cell: UInt64 = 0x2020_2020_2020_2020
      for (place, byte) in word.utf8.enumerated() {
        cell = cell & ~(0xFF << (8 * place)) | UInt64(byte) << (8 * place)
      }
      cells.append(cell)
      lengths.append(UInt8(word.utf8.count + 1))
    }
    self.cells = cells
    self.lengths = lengths
  }

  /// Appends this many drawn words, each with a space behind it.
  func append(_ count: Int, to text: inout DocumentText, _ random: inout SplitMix64) {
    for _ in 0..<count { append(at: random.below(InventedWords.count), to: &text) }
  }

  /// Appends one word with a space behind it.
  func append(at index: Int, to text: inout DocumentText) {
    text.append(cell: cells[index], count: Int(lengths[index]))
  }
}
