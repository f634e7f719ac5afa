public import Streams

/// Why a record cannot be judged: the reasons for which it is quarantined.
///
/// The raw value is the reason in ledger and quarantine.
public enum RecordIssue: String, Sendable, CaseIterable {
  /// Not UTF-8 (RFC 3629).
  case invalidUTF8 = "invalid-utf8"
  /// Not JSON (RFC 8259), or nested deeper than 1,023 levels.
  case invalidJSON = "invalid-json"
  /// A key on the way to the text or the id occurs twice: parsers disagree on which one counts.
  case repeatedKey = "repeated-key"
  /// A `\u` escape of half a surrogate pair: it stands for no character.
  case loneSurrogate = "lone-surrogate"
  /// No text where the plan says that it is.
  case missingText = "missing-text"
  /// Something other than a string where the text should be.
  case textNotString = "text-not-a-string"
  /// Longer than 64 MiB.
  case tooLong = "record-too-long"
  /// The rest of a stream that ends too early.
  case truncatedStream = "truncated-stream"
  /// The rest of a stream that cannot be decoded further, and the records before it whose frame has
  /// no right checksum: a flipped bit may have changed them into other valid records.
  case corruptStream = "corrupt-stream"
  /// A screen could not judge the text.
  case unscored = "unscored"

  /// The issue that a damaged stream's rest has.
  public init(_ damage: StreamDamage) {
    switch damage {
    case .truncated: self = .truncatedStream
    case .corrupt: self = .corruptStream
    }
  }

  /// Whether it is damage of the stream, not of a record.
  public var isStreamDamage: Bool { self == .truncatedStream || self == .corruptStream }
}
