internal import Corpus
internal import Foundation
internal import Streams

/// What is wrong with a record, without its place.
struct RecordMistake: Error, Equatable {
  let why: String
}

/// A record as training reads it; its texts are valid until the reader's next record.
struct TrainingRecord {
  /// The SHA-256 of its text as a curation's decisions have it.
  var digest: Digest256
  /// The fields of the plan, in its order.
  var texts: [UnsafeRawBufferPointer]
  /// The bytes of the text that are not scored.
  var masked: [Range<Int>]
}

/// Finds in a record what a plan reads. One for each worker.
final class RecordReader {
  private let identity: RecordParser
  /// One for each field; the text of a plan that names what the identity is needs none.
  private let parsers: [RecordParser]
  private let isText: Bool
  private let mask: String?
  /// Looks for a mask that stands twice, of which the decoder would take one.
  private let maskParser: RecordParser?
  private let decoder = JSONDecoder()

  /// A reader.
  ///
  /// - Parameters:
  ///   - identity: the fields whose text's SHA-256 names a document.
  ///   - data: what the plan reads.
  init(identity: DocumentFields, _ data: TrainingPlan.DataSettings) {
    self.identity = RecordParser(DocumentFields(text: identity.text, id: nil))
    let paths = data.fields.paths
    parsers =
      paths == identity.text && paths.count == 1
      ? [] : paths.map { RecordParser(DocumentFields(text: [$0], id: nil)) }
    isText = paths.count == 1
    mask = data.mask
    maskParser = data.mask.map { RecordParser(DocumentFields(text: [$0], id: nil)) }
    if let mask { decoder.userInfo[MaskSpans.key] = mask.split(separator: ".").map(String.init) }
  }

  /// Reads a record, which has readable slack behind it.
  ///
  /// - Throws: ``RecordMistake``.
  func read(
    _ content: UnsafeRawBufferPointer, _ format: ShardFormat
  ) throws(RecordMistake) -> TrainingRecord {
    guard format == .jsonLines || isText && mask == nil else {
      throw RecordMistake(why: "is a text file, which has no fields; the plan asks for some")
    }
    let text = try parse(identity, content, format)
    var record = TrainingRecord(digest: Digest256(hashing: text), texts: [text], masked: [])
    if !parsers.isEmpty {
      record.texts = []
      for parser in parsers { record.texts.append(try parse(parser, content, format)) }
    }
    if let mask {
      if case .failure(let error) = maskParser?.parse(content, format: format),
        error.issue == .repeatedKey
      {
        throw RecordMistake(why: "cannot be read: \(error.issue.rawValue) (`\(mask)`)")
      }
      record.masked = try spans(mask, content, record.texts[0].count)
    }
    return record
  }

  private func parse(
    _ parser: RecordParser, _ content: UnsafeRawBufferPointer, _ format: ShardFormat
  ) throws(RecordMistake) -> UnsafeRawBufferPointer {
    switch parser.parse(content, format: format) {
    case .success(let record): return record.text
    case .failure(let error): throw RecordMistake(why: "cannot be read: \(error.issue.rawValue)")
    }
  }

  private func spans(
    _ mask: String, _ content: UnsafeRawBufferPointer, _ length: Int
  ) throws(RecordMistake) -> [Range<Int>] {
    guard let found = try? decoder.decode(MaskSpans.self, from: Data(content)) else {
      throw RecordMistake(
        why: "has no `\(mask)` that is a list of [start, end); write [] where nothing is masked")
    }
    var ranges: [Range<Int>] = []
    for span in found.spans {
      guard span.count == 2, 0 <= span[0], span[0] <= span[1], span[1] <= length else {
        throw RecordMistake(
          why: "masks with `\(mask)` what is not in its text of \(length) bytes")
      }
      ranges.append(span[0]..<span[1])
    }
    return ranges
  }
}

/// The list of spans at a dotted path of a record.
private struct MaskSpans: Decodable {
  // Foundation's rule: the raw value is never nil for a text.
  static let key = CodingUserInfoKey(rawValue: "path").unsafelyUnwrapped

  let spans: [[Int]]

  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let path = decoder.userInfo[MaskSpans.key] as? [String] ?? []
    var container = try decoder.container(keyedBy: Key.self)
    for name in path.dropLast() {
      container = try container.nestedContainer(
        keyedBy: Key.self, forKey: Key(stringValue: name))
    }
    spans = try container.decode([[Int]].self, forKey: Key(stringValue: path.last ?? ""))
  }
}
