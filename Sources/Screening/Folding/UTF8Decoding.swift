/// The scalar at `position` of valid UTF-8, and its length in bytes.
///
/// What is cut off at the end reads as one byte of U+FFFD: memory is safe whatever the bytes are.
@inline(__always)
func decodeScalar(
  _ bytes: UnsafePointer<UInt8>, at position: Int, end: Int
) -> (value: UInt32, length: Int) {
  let first = UInt32(bytes[position])
  if first < 0x80 { return (first, 1) }
  let left = end - position
  if first < 0xE0 {
    guard left >= 2 else { return (0xFFFD, 1) }
    return ((first & 0x1F) << 6 | UInt32(bytes[position + 1] & 0x3F), 2)
  }
  if first < 0xF0 {
    guard left >= 3 else { return (0xFFFD, 1) }
    let middle = UInt32(bytes[position + 1] & 0x3F) << 6
    return ((first & 0x0F) << 12 | middle | UInt32(bytes[position + 2] & 0x3F), 3)
  }
  guard left >= 4 else { return (0xFFFD, 1) }
  let high = (first & 0x07) << 18 | UInt32(bytes[position + 1] & 0x3F) << 12
  let low = UInt32(bytes[position + 2] & 0x3F) << 6 | UInt32(bytes[position + 3] & 0x3F)
  // Five bits more than Unicode has cannot come from valid UTF-8; they must not index a page.
  return (min(high | low, 0x10FFFF), 4)
}

/// The scalar that ends right before `position` of valid UTF-8; `position` is above zero.
@inline(__always)
func decodeScalarBefore(_ bytes: UnsafePointer<UInt8>, _ position: Int) -> UInt32 {
  var start = position - 1
  while start > 0, position - start < 4, bytes[start] & 0xC0 == 0x80 { start -= 1 }
  return decodeScalar(bytes, at: start, end: position).value
}

/// ASCII white space as White_Space has it: U+0009 to U+000D and U+0020.
@inline(__always)
func isASCIISpace(_ byte: UInt8) -> Bool {
  byte == 0x20 || byte &- 9 < 5
}
