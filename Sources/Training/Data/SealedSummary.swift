internal import Foundation
internal import Streams

/// A summary as it is written, beside its own SHA-256: one that was changed by hand is noticed.
struct SealedSummary: Codable {
  /// What was made.
  let data: DataSummary
  /// The SHA-256 of its canonical form, hexadecimal.
  let sha256: String

  init(_ data: DataSummary) throws {
    self.data = data
    sha256 = Digest256(hashing: try SealedSummary.bytes(of: data)).hex
  }

  /// A value as JSON with sorted keys: the same for the same.
  static func bytes(of value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return Array(try encoder.encode(value))
  }
}
