internal import Corpus
internal import Foundation
internal import Streams

/// The records of a file that a task reads, as curation reads them; but one that cannot be read
/// ends the evaluation.
enum RecordFile {
  /// Calls `body` with each record of a file, plain or compressed.
  ///
  /// - Parameter format: nil for what the name says; a name that says nothing is one text.
  /// - Throws: ``EvaluationError`` where a record cannot be cut, `StreamsError` for the file.
  static func forEachRecord(
    of input: NamedFile, format: ShardFormat? = nil,
    _ body: (_ row: Int, _ content: UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let source = try FileSource(path: input.path)
    let format = format ?? ShardFormat.of(name: input.path) ?? .text
    let shard = Shard(
      path: input.path, name: input.name, format: format, size: source.size,
      modified: source.modified)
    let reader = try BatchReader(shard, pool: BlockPool(limit: 4), hashing: false)
    var row = 0
    while let batch = try reader.next() {
      if Interruption.isRequested { throw InterruptedError(resumes: false) }
      try RecordCutter.forEachRecord(in: batch, format: format) { span in
        if let issue = span.issue {
          throw EvaluationError.record(file: input.name, row: row, reason: issue.rawValue)
        }
        try body(row, batch.block.bytes(span.start..<span.contentEnd))
        row += 1
      }
      reader.recycle(batch)
    }
  }

  /// Decodes every line of a file of JSON lines.
  ///
  /// - Parameters:
  ///   - text: a key that every line has; one that stands twice is an error, for parsers disagree
  ///     on which one counts.
  ///   - answer: another such key.
  ///   - expected: what a line is, for the error about one that is not.
  /// - Throws: ``EvaluationError`` with file and row, `StreamsError` for the file.
  static func lines<Line: Decodable>(
    of input: NamedFile, text: String, answer: String, expected: String
  ) throws -> [Line] {
    let parser = RecordParser(DocumentFields(text: [text], id: answer))
    let decoder = JSONDecoder()
    var lines: [Line] = []
    try forEachRecord(of: input, format: .jsonLines) { row, content in
      func mistake(_ why: String) -> EvaluationError {
        .item(file: input.name, row: row, why: why)
      }
      if case .failure(let error) = parser.parse(content, format: .jsonLines) {
        let what = error.issue == .missingText ? "`\(text)` is missing" : error.issue.rawValue
        throw mistake("\(what); mend the row, or leave it out")
      }
      guard let line = try? decoder.decode(Line.self, from: Data(content)) else {
        throw mistake("expected \(expected); mend the row, or leave it out")
      }
      lines.append(line)
    }
    return lines
  }

  /// Every text of a text file or corpus.
  ///
  /// - Parameter field: the dotted path of the text in a JSON line.
  /// - Throws: ``EvaluationError`` where a record has no text, `StreamsError` for the file.
  static func texts(of input: NamedFile, field: String) throws -> [[UInt8]] {
    let format = ShardFormat.of(name: input.path) ?? .text
    let parser = RecordParser(DocumentFields(text: [field], id: nil))
    var texts: [[UInt8]] = []
    try forEachRecord(of: input, format: format) { row, content in
      switch parser.parse(content, format: format) {
      case .success(let record): texts.append(Array(record.text))
      case .failure(let error):
        throw EvaluationError.record(
          file: input.name, row: row, reason: error.issue.rawValue)
      }
    }
    guard !texts.isEmpty else { throw EvaluationError.empty(file: input.name) }
    return texts
  }
}
