/// Composes segments (a character and its marks) and remembers the short ones: a language has few,
/// and asking Foundation costs a microsecond each.
struct SegmentComposer {
  /// A remembered segment: its source in at most 16 bytes, what it becomes in at most 24.
  private struct Slot {
    var source: (UInt64, UInt64) = (0, 0)
    var result: (UInt64, UInt64, UInt64) = (0, 0, 0)
    var sourceCount: UInt32 = 0
    var resultCount: UInt32 = 0
  }

  private static let slotCount = 1024
  private var slots = [Slot](repeating: Slot(), count: slotCount)

  /// Folds the scalars one by one, composes them (NFC) and hands the bytes to `body`.
  mutating func compose(
    _ bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Int
  ) -> Int {
    guard bytes.count <= 16 else {
      return SegmentComposer.composed(bytes).withUnsafeBufferPointer(body)
    }
    var source: (UInt64, UInt64) = (0, 0)
    withUnsafeMutableBytes(of: &source) { $0.copyBytes(from: bytes) }
    let hash = (source.0 &* 0x9E37_79B9_7F4A_7C15) ^ (source.1 &* 0xC2B2_AE3D_27D4_EB4F)
    let mixed = (hash ^ UInt64(bytes.count)) &* 0x9E37_79B9_7F4A_7C15
    let index = Int(mixed >> 54)
    if slots[index].source != source || slots[index].sourceCount != bytes.count {
      let composed = SegmentComposer.composed(bytes)
      guard composed.count <= 24 else { return composed.withUnsafeBufferPointer(body) }
      slots[index].source = source
      slots[index].sourceCount = UInt32(bytes.count)
      slots[index].resultCount = UInt32(composed.count)
      withUnsafeMutableBytes(of: &slots[index].result) { $0.copyBytes(from: composed) }
    }
    let count = Int(slots[index].resultCount)
    return withUnsafeBytes(of: &slots[index].result) { result in
      body(UnsafeBufferPointer(rebasing: result.bindMemory(to: UInt8.self)[..<count]))
    }
  }

  private static func composed(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var scalars = String.UnicodeScalarView()
    for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
      if let mapping = CaseFolding.mapping(of: scalar) {
        scalars.append(contentsOf: mapping.unicodeScalars)
      } else {
        scalars.append(scalar)
      }
    }
    return Array(CaseFolding.composed(scalars).utf8)
  }
}
