internal import Streams

/// How documents stand in a shard.
///
/// The ordered list of formats is this enumeration: a format is one case here, one way to cut in
/// ``RecordCutter`` and one line in ``ShardFormat/of(name:)``.
public enum ShardFormat: String, Sendable, CaseIterable {
  /// One JSON object a line (RFC 8259; lines end in LF or CRLF).
  case jsonLines = "jsonl"
  /// One document a file, UTF-8.
  case text

  /// The name endings that belong to the format, without the dot.
  public var nameEndings: [String] {
    switch self {
    case .jsonLines: ["jsonl", "ndjson", "json"]
    case .text: ["txt"]
    }
  }

  /// The format that a file's name shows, after an ending that only says the compression; a name
  /// that says nothing but the compression is JSON lines. Nil for any other name.
  public static func of(name: String) -> ShardFormat? {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map {
      $0.lowercased()
    }
    var isCompressed = false
    if let last = parts.last, parts.count > 1, Compression.nameEndings.contains(last) {
      parts.removeLast()
      isCompressed = true
    }
    guard parts.count > 1, let ending = parts.last else { return isCompressed ? .jsonLines : nil }
    return allCases.first { $0.nameEndings.contains(ending) }
  }
}
