/// Looks for texts that end an answer, in bytes that come piece by piece.
///
/// The stop that is complete first counts, of several that end at one byte the longest. So the
/// answer does not depend on how the bytes are cut into tokens. What may be the beginning of a stop
/// is held back.
struct StopFinder: Sendable {
  private let stops: [[UInt8]]
  /// The longest end of the text that a stop begins with, and is not whole.
  private var held: [UInt8] = []
  /// Whether one of them stood there.
  private(set) var isFound = false

  /// A finder of these texts; what is empty is not looked for.
  init(_ stops: [[UInt8]]) {
    self.stops = stops.filter { !$0.isEmpty }
  }

  /// Takes the next bytes.
  ///
  /// - Returns: those that stand before any stop for sure; none behind one.
  mutating func next(_ bytes: [UInt8]) -> [UInt8] {
    guard !isFound else { return [] }
    guard !stops.isEmpty else { return bytes }
    var certain: [UInt8] = []
    for byte in bytes {
      held.append(byte)
      let whole = stops.filter { ends(held, with: $0[...]) }.map(\.count).max()
      if let whole {
        isFound = true
        certain += held.dropLast(whole)
        held = []
        return certain
      }
      let kept = stops.map { beginning(of: $0) }.max() ?? 0
      certain += held.dropLast(kept)
      held.removeFirst(held.count - kept)
    }
    return certain
  }

  /// What is left at the end of the text: no stop came of it.
  mutating func finish() -> [UInt8] {
    defer { held = [] }
    return held
  }

  /// The length of the longest beginning of a stop, not whole, that the text ends with.
  private func beginning(of stop: [UInt8]) -> Int {
    let longest = min(stop.count - 1, held.count)
    return stride(from: longest, to: 0, by: -1).first { ends(held, with: stop[..<$0]) } ?? 0
  }

  private func ends(_ text: [UInt8], with end: ArraySlice<UInt8>) -> Bool {
    text.count >= end.count && text.suffix(end.count).elementsEqual(end)
  }
}
