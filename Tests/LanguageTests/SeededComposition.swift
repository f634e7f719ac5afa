import TestSupport

/// Texts of letters, marks, jamo and characters that composition replaces.
struct SeededComposition {
  private var generator = SeededGenerator(seed: 21)

  mutating func text() -> String {
    var scalars = String.UnicodeScalarView()
    let ranges: [ClosedRange<UInt32>] = [
      0x41...0x7A, 0xC0...0x17F, 0x300...0x345, 0x370...0x3CE, 0x900...0x963, 0x9A0...0x9DF,
      0x1100...0x1175, 0x11A8...0x11C2, 0xAC00...0xAC40, 0x1E00...0x1FFF, 0x2120...0x212B,
      0x3040...0x30FF, 0xF900...0xFA10, 0x1F600...0x1F610, 0x1D15E...0x1D164,
    ]
    for _ in 0..<Int.random(in: 1...12, using: &generator) {
      let range = ranges.randomElement(using: &generator) ?? 0x41...0x7A
      let value = UInt32.random(in: range, using: &generator)
      scalars.append(Unicode.Scalar(value) ?? "a")
    }
    return String(scalars)
  }
}
