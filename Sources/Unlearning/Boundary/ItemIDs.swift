internal import Corpus
internal import Streams

/// The ids of a file's items: by them a fact is known again in other words.
enum ItemIDs {
  /// The `id` of each row of a file of JSON lines, a text or a whole number, as UTF-8; nil where a
  /// row has none, or an empty one. No other file has ids.
  ///
  /// - Parameters:
  ///   - path: a file whose rows were read already: a row that cannot be read has no id here.
  ///   - text: the key of each row's text.
  ///   - isLines: whether it was read as JSON lines, whatever its name.
  /// - Throws: `StreamsError` where the file cannot be read.
  static func ids(of path: String, text: String, isLines: Bool) throws -> [[UInt8]?] {
    guard isLines else { return [] }
    let source = try FileSource(path: path)
    let shard = Shard(
      path: path, name: path, format: .jsonLines, size: source.size, modified: source.modified)
    let reader = try BatchReader(shard, pool: BlockPool(limit: 4), hashing: false)
    let parser = RecordParser(DocumentFields(text: [text], id: "id"))
    var ids: [[UInt8]?] = []
    while let batch = try reader.next() {
      RecordCutter.forEachRecord(in: batch, format: .jsonLines) { span in
        let content = batch.block.bytes(span.start..<span.contentEnd)
        if span.issue == nil,
          case .success(let record) = parser.parse(content, format: .jsonLines)
        {
          ids.append(record.id.flatMap { $0.isEmpty ? nil : Array($0) })
        } else {
          ids.append(nil)
        }
      }
      reader.recycle(batch)
    }
    return ids
  }
}
