public import Streams

/// A text without what two copies of it differ in by accident: capitals, white space, and how the
/// sentence ends.
///
/// Items that measure a model must not be among the texts that it learns from, and what is
/// forgotten must not be retained: both are compared in this form. Another phrasing of a fact is
/// another text.
public enum FoldedText {
  /// The SHA-256 of the folded text; bytes that are no UTF-8 count as U+FFFD.
  public static func digest(_ text: some Collection<UInt8>) -> Digest256 {
    Digest256(hashing: bytes(text))
  }

  /// The text in lower case, each run of white space as one space, none at its ends, and without
  /// the full stops, exclamation and question marks that it ends with.
  static func bytes(_ text: some Collection<UInt8>) -> [UInt8] {
    var folded: [UInt8] = []
    folded.reserveCapacity(text.count)
    var isApart = false
    func take(_ bytes: some Sequence<UInt8>) {
      if isApart, !folded.isEmpty { folded.append(UInt8(ascii: " ")) }
      isApart = false
      folded += bytes
    }
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if scalar.properties.isWhitespace {
        isApart = true
      } else if scalar.isASCII {
        let byte = UInt8(truncatingIfNeeded: scalar.value)
        let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        take(CollectionOfOne(isCapital ? byte | 0x20 : byte))
      } else {
        take(scalar.properties.lowercaseMapping.utf8)
      }
    }
    let ends: [UInt8] = [
      UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: " "),
    ]
    while let last = folded.last, ends.contains(last) { folded.removeLast() }
    return folded
  }
}
