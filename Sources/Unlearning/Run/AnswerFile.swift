internal import Corpus
internal import Streams
internal import Training

/// What is to be said instead: a file of JSON lines `{"answer"}`, or a text with one a line.
enum AnswerFile {
  /// The answers of a file, in its order.
  ///
  /// - Throws: ``UnlearningError``, `ItemError`, `InputError`, `StreamsError`.
  static func answers(of path: String) throws -> [[UInt8]] {
    guard ShardFormat.of(name: path) == .jsonLines else {
      let lines = try FileSource.contents(of: path).split(separator: UInt8(ascii: "\n"))
        .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }.filter { !$0.isEmpty }
      guard !lines.isEmpty else { throw UnlearningError.answers(file: path) }
      return try lines.enumerated().map { row, line in
        guard String(validating: line, as: UTF8.self) != nil else {
          throw ItemError(ItemPlace(file: path, row: row), why: "is not UTF-8")
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
            throw ItemError(
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
