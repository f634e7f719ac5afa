internal import Corpus
package import Streams

/// Reads the items of files: JSON lines `{"text"}`, `{"prompt","response"}` or
/// `{"question","answer"}`, and text files, each one text. What unlearning and attacks learn from.
package struct ItemReader {
  /// An item as its record has it.
  package enum Record {
    case text([UInt8])
    case response(prompt: [UInt8], response: [UInt8])
    case answer(question: [UInt8], answer: [UInt8])

    /// The item as one text: as the model reads it.
    package var whole: [UInt8] {
      switch self {
      case .text(let text): text
      case .response(let prompt, let response): prompt + response
      case .answer(let question, let answer): question + [UInt8(ascii: " ")] + answer
      }
    }
  }

  /// A reader.
  package init() {}

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
  /// - Throws: ``ItemError``, `InputError`, `StreamsError`.
  package func forEachItem(
    of paths: [String], _ body: (ItemPlace, Digest256, Record) throws -> Void
  ) throws {
    for shard in try ShardList(inputs: paths).shards {
      let reader = try BatchReader(shard, pool: BlockPool(limit: 4), hashing: false)
      var place = ItemPlace(file: shard.path, row: 0)
      while let batch = try reader.next() {
        if Interruption.isRequested { throw InterruptedError() }
        try RecordCutter.forEachRecord(in: batch, format: shard.format) { span in
          if let issue = span.issue {
            throw ItemError(
              place, why: "cannot be read: \(issue.rawValue); mend the record, or leave it out")
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
        throw ItemError(
          place, why: "cannot be read: \(error.issue.rawValue); mend it, or leave it out")
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
    throw ItemError(
      place,
      why: "is no item: it needs `text`, or `prompt` and `response`, or `question` and "
        + "`answer`, each a text")
  }
}
