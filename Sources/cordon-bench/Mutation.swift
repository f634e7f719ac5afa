import Streams

/// Damage to a file: a few changes that a seed draws.
enum Mutation {
  /// What a reader of JSON and numbers may trip over.
  private static let pieces = [
    "-1", "0", "1", "4294967296", "18446744073709551615", "9223372036854775807", "1e308", "1e-400",
    "16777216", "1048576", "null", "true", "[]", "{}", "\"\"", "[[", "]", "}", ",", ":", "\"",
    "\\u0000", "\\ud800", "\u{0}", "../", "\"F16\"", "\"BF16\"", "\"I64\"", "\"F8_E4M3\"",
    "\u{2581}", "\u{FFFD}",
  ].map { Array($0.utf8) }

  /// Changes bytes below `end`, one to four times.
  static func apply(_ bytes: inout [UInt8], below end: Int, _ random: inout SplitMix64) {
    for _ in 0..<random.within(1...(random.percent(60) ? 1 : 4)) {
      let limit = min(end, bytes.count)
      guard limit > 0 else { return }
      change(&bytes, at: random.below(limit), limit, &random)
    }
  }

  private static func change(
    _ bytes: inout [UInt8], at place: Int, _ limit: Int, _ random: inout SplitMix64
  ) {
    let piece = random.pick(pieces)
    switch random.below(10) {
    case 0: bytes[place] ^= 1 << UInt8(random.below(8))
    case 1: bytes.insert(contentsOf: piece, at: place)
    case 2: bytes.replaceSubrange(place..<min(place + piece.count, bytes.count), with: piece)
    case 3: bytes.removeSubrange(place..<min(place + random.within(1...60), bytes.count))
    case 4: bytes.swapAt(place, random.below(limit))
    case 5: bytes.removeLast(min(bytes.count, random.below(400)))
    case 6:
      let other = random.below(limit)
      let slice = bytes[other..<min(other + random.within(1...60), bytes.count)]
      bytes.insert(contentsOf: Array(slice), at: place)
    case 7: bytes.insert(contentsOf: Array(repeating: random.pick(piece), count: 5_000), at: place)
    default: replaceNumber(&bytes, from: place, with: piece)
    }
  }

  /// Puts something else for the next run of digits: a size, an offset, an id.
  private static func replaceNumber(_ bytes: inout [UInt8], from place: Int, with piece: [UInt8]) {
    func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    guard let first = bytes[place...].firstIndex(where: isDigit) else { return }
    let end = bytes[first...].firstIndex { !isDigit($0) } ?? bytes.count
    bytes.replaceSubrange(first..<end, with: piece)
  }
}
