internal import Corpus
internal import Streams
internal import Training

/// Reads the items of files: JSON lines `{"text"}`, `{"prompt","response"}` or
/// `{"question","answer"}`, and text files, each one text.
struct ItemReader {
  /// An item as its record has it.
  enum Record {
    case text([UInt8])
    case response(prompt: [UInt8], response: [UInt8])
    case answer(question: [UInt8], answer: [UInt8])
  }

  private let text = RecordParser(DocumentFields(text: ["text"], id: nil))
  private let pairs = [("prompt", "response"), ("question", "answer")].map { first, second in
    (
      both: RecordParser(DocumentFields(text: [first, second], id: nil)),
      first: RecordParser(DocumentFields(text: [first], id: nil)),
      second: RecordParser(DocumentFields(text: [second], id: nil))
    )
  }

  /// Calls `body` with each item of the files, in the byte order of their names.
  ///
  /// The digest is that of the text, or of both texts joined by a line feed, as a curation that
  /// reads these fields has it.
  ///
  /// - Returns: the SHA-256 of each file's decoded content.
  /// - Throws: ``UnlearningError/record(_:why:)``, `InputError`, `StreamsError`.
  func forEachItem(
    of paths: [String], _ body: (ItemPlace, Digest256, Record) throws -> Void
  ) throws {
    for shard in try ShardList(inputs: paths).shards {
      let reader = try BatchReader(shard, pool: BlockPool(limit: 4), hashing: false)
      var place = ItemPlace(file: shard.path, row: 0)
      while let batch = try reader.next() {
        if Interruption.isRequested { throw InterruptedError() }
        try RecordCutter.forEachRecord(in: batch, format: shard.format) { span in
          if let issue = span.issue {
            throw UnlearningError.record(place, why: "cannot be read: \(issue.rawValue)")
          }
          let content = batch.block.bytes(span.start..<span.contentEnd)
          let (digest, record) = try item(content, shard.format, place)
          try body(place, digest, record)
          place.row += 1
        }
        reader.recycle(batch)
      }
    }
  }

  private func item(
    _ content: UnsafeRawBufferPointer, _ format: ShardFormat, _ place: ItemPlace
  ) throws -> (Digest256, Record) {
    switch text.parse(content, format: format) {
    case .success(let record):
      return (Digest256(hashing: record.text), .text(Array(record.text)))
    case .failure(let error):
      guard error.issue == .missingText, format == .jsonLines else {
        throw UnlearningError.record(place, why: "cannot be read: \(error.issue.rawValue)")
      }
    }
    for (index, pair) in pairs.enumerated() {
      guard case .success(let both) = pair.both.parse(content, format: format) else { continue }
      let digest = Digest256(hashing: both.text)
      guard case .success(let one) = pair.first.parse(content, format: format),
        case .success(let two) = pair.second.parse(content, format: format)
      else { continue }
      let (first, second) = (Array(one.text), Array(two.text))
      return (
        digest,
        index == 0
          ? .response(prompt: first, response: second) : .answer(question: first, answer: second)
      )
    }
    throw UnlearningError.record(
      place,
      why: "is no item: it needs `text`, or `prompt` and `response`, or `question` and "
        + "`answer`, each a text")
  }
}

/// What is to be said instead: a file of JSON lines `{"answer"}`, or a text with one a line.
enum AnswerFile {
  /// The answers of a file, in its order.
  ///
  /// - Throws: ``UnlearningError``, `InputError`, `StreamsError`.
  static func answers(of path: String) throws -> [[UInt8]] {
    guard ShardFormat.of(name: path) == .jsonLines else {
      let lines = try FileSource.contents(of: path).split(separator: UInt8(ascii: "\n"))
        .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
      guard !lines.isEmpty else { throw UnlearningError.answers(file: path) }
      return try lines.enumerated().map { row, line in
        guard String(validating: line, as: UTF8.self) != nil else {
          throw UnlearningError.record(ItemPlace(file: path, row: row), why: "is not UTF-8")
        }
        return Array(line)
      }
    }
    let parser = RecordParser(DocumentFields(text: ["answer"], id: nil))
    var answers: [[UInt8]] = []
    let shards = try ShardList(inputs: [path]).shards
    for shard in shards {
      let reader = try BatchReader(shard, pool: BlockPool(limit: 4), hashing: false)
      while let batch = try reader.next() {
        try RecordCutter.forEachRecord(in: batch, format: shard.format) { span in
          let content = batch.block.bytes(span.start..<span.contentEnd)
          guard span.issue == nil,
            case .success(let record) = parser.parse(content, format: shard.format),
            record.text.count > 0
          else {
            throw UnlearningError.record(
              ItemPlace(file: path, row: answers.count), why: "has no `answer`")
          }
          answers.append(Array(record.text))
        }
        reader.recycle(batch)
      }
    }
    guard !answers.isEmpty else { throw UnlearningError.answers(file: path) }
    return answers
  }
}
