internal import Foundation
internal import Streams

/// One quarantined record as it stands in a quarantine file: a JSON line.
struct QuarantineEntry {
  /// Raw bytes of a record that are kept at most.
  static let byteLimit = 64 << 10

  var shard: String
  var row: UInt64
  /// Decoded bytes of the shard before the record.
  var offset: Int64
  var reason: String
  var sha256: Digest256

  /// The line, with the record's bytes in base64.
  func line(_ content: UnsafeRawBufferPointer) -> [UInt8] {
    let kept = UnsafeRawBufferPointer(rebasing: content.prefix(QuarantineEntry.byteLimit))
    var text = JSONText()
    text.object {
      $0.member("shard", shard)
      $0.member("row", row)
      $0.member("offset", offset)
      $0.member("reason", reason)
      $0.member("bytes", content.count)
      $0.member("cut", content.count > QuarantineEntry.byteLimit)
      $0.member("sha256", sha256.hex)
      $0.member("raw", Data(kept).base64EncodedString())
    }
    return text.bytes + [0x0A]
  }
}
