internal import CSimdjson
internal import Foundation
internal import Streams

/// Where a plan says that a document's text and id are.
public struct DocumentFields: Sendable, Equatable {
  /// Dotted paths of the text; several are joined by a line feed and must all be there.
  public var text: [String]
  /// Dotted path of the id, a string or an integer; nil for documents without one.
  public var id: String?

  /// The fields `text` and `id`.
  public static let standard = DocumentFields(text: ["text"], id: "id")

  /// Fields.
  ///
  /// - Precondition: there is at least one path of text, and none is empty.
  public init(text: [String], id: String?) {
    precondition(!text.isEmpty && !text.contains(""), "a document has a text")
    self.text = text
    self.id = id
  }
}

/// What a record holds, valid until the parser's next record.
public struct ParsedRecord {
  /// The text, valid UTF-8.
  public var text: UnsafeRawBufferPointer
  /// The id, valid UTF-8; nil where the record has none that is a string or an integer.
  public var id: UnsafeRawBufferPointer?
}

/// Validates whole records and finds text and id in them. One for each worker.
public final class RecordParser {
  private let parser: OpaquePointer
  private let paths: PathTable
  private let fields: DocumentFields
  private let joined = ByteBlock(capacity: 1 << 16)
  private var found: [cordon_json_field]

  /// A parser for these fields.
  public init(_ fields: DocumentFields) {
    guard let parser = cordon_json_parser_new() else {
      preconditionFailure("a parser needs a few bytes of memory")
    }
    self.parser = parser
    self.fields = fields
    paths = PathTable(fields.text + (fields.id.map { [$0] } ?? []), integersFrom: fields.text.count)
    found = Array(repeating: cordon_json_field(), count: paths.count)
  }

  deinit {
    cordon_json_parser_free(parser)
  }

  /// Reads one record.
  ///
  /// - Parameters:
  ///   - content: the record, with ``ByteBlock/slack`` readable bytes behind it.
  ///   - format: how it stands in the shard.
  /// - Returns: text and id, or why the record cannot be judged.
  public func parse(_ content: UnsafeRawBufferPointer, format: ShardFormat)
    -> Result<ParsedRecord, RecordIssueError>
  {
    switch format {
    case .jsonLines: return parseJSON(content)
    case .text:
      let isValid = cordon_utf8_is_valid(
        content.baseAddress?.assumingMemoryBound(to: UInt8.self), content.count)
      guard isValid else { return .failure(RecordIssueError(.invalidUTF8)) }
      let mark = RecordCutter.byteOrderMark
      let text = content.starts(with: mark) ? content[mark.count...] : content[...]
      return .success(ParsedRecord(text: UnsafeRawBufferPointer(rebasing: text), id: nil))
    }
  }

  private func parseJSON(_ content: UnsafeRawBufferPointer)
    -> Result<ParsedRecord, RecordIssueError>
  {
    let status = found.withUnsafeMutableBufferPointer { target in
      cordon_json_parse(
        parser, content.baseAddress?.assumingMemoryBound(to: UInt8.self), content.count,
        paths.paths, paths.integers, target.baseAddress, target.count)
    }
    switch Int(status) {
    case CORDON_RECORD_OK: break
    case CORDON_RECORD_INVALID_UTF8: return .failure(RecordIssueError(.invalidUTF8))
    case CORDON_RECORD_LONE_SURROGATE: return .failure(RecordIssueError(.loneSurrogate))
    case CORDON_RECORD_OUT_OF_MEMORY: return .failure(RecordIssueError(.tooLong))
    default: return .failure(RecordIssueError(.invalidJSON))
    }
    for field in found where Int(field.status) == CORDON_FIELD_REPEATED {
      return .failure(RecordIssueError(.repeatedKey))
    }
    for field in found[..<fields.text.count] {
      switch Int(field.status) {
      case CORDON_FIELD_STRING: break
      case CORDON_FIELD_MISSING: return .failure(RecordIssueError(.missingText))
      default: return .failure(RecordIssueError(.textNotString))
      }
    }
    var record = ParsedRecord(text: text(), id: nil)
    if fields.id != nil, let id = found.last, Int(id.status) == CORDON_FIELD_STRING {
      record.id = UnsafeRawBufferPointer(start: id.bytes, count: id.length)
    }
    return .success(record)
  }

  private func text() -> UnsafeRawBufferPointer {
    let first = UnsafeRawBufferPointer(start: found[0].bytes, count: found[0].length)
    guard fields.text.count > 1 else { return first }
    joined.truncate(to: 0)
    for (index, field) in found[..<fields.text.count].enumerated() {
      if index > 0 { withUnsafeBytes(of: UInt8(0x0A)) { joined.append($0) } }
      joined.append(UnsafeRawBufferPointer(start: field.bytes, count: field.length))
    }
    return joined.bytes
  }
}

/// A ``RecordIssue`` as an error.
public struct RecordIssueError: Error {
  /// The issue.
  public let issue: RecordIssue

  init(_ issue: RecordIssue) {
    self.issue = issue
  }
}

/// Dotted paths in the form that the C interface reads, alive as long as the table.
private final class PathTable {
  let paths: UnsafeMutablePointer<cordon_json_path>
  let integers: UnsafeMutablePointer<Bool>
  let count: Int
  private var allocations: [UnsafeMutableRawPointer] = []

  init(_ dotted: [String], integersFrom firstInteger: Int) {
    count = dotted.count
    paths = .allocate(capacity: dotted.count)
    integers = .allocate(capacity: dotted.count)
    for (index, path) in dotted.enumerated() {
      let keys = path.split(separator: ".", omittingEmptySubsequences: false)
      let names = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: keys.count)
      let lengths = UnsafeMutablePointer<Int>.allocate(capacity: keys.count)
      for (level, key) in keys.enumerated() {
        let copy = strdup(String(key))
        names[level] = UnsafePointer(copy)
        lengths[level] = key.utf8.count
        if let copy { allocations.append(copy) }
      }
      allocations += [UnsafeMutableRawPointer(names), UnsafeMutableRawPointer(lengths)]
      paths[index] = cordon_json_path(keys: names, lengths: lengths, count: keys.count)
      integers[index] = index >= firstInteger
    }
  }

  deinit {
    for allocation in allocations { free(allocation) }
    paths.deallocate()
    integers.deallocate()
  }
}
