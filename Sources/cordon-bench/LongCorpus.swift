import Foundation
import Streams

/// Documents of a kind that can be drawn by the million: one after the other, none kept.
protocol LongKind {
  /// Draws the text of the next document; `index` counts from 0.
  mutating func draw(_ index: Int, into text: inout DocumentText) -> Kinship
}

/// What a drawn document is to the ones before it. Near is a Jaccard similarity of at least 0.7
/// between the sets of five-word shingles.
enum Kinship {
  /// Near to none before it.
  case original
  /// As `original`; its text names two of the invented toxins of ``Hazard``.
  case hazard
  /// Has the text of an earlier one.
  case exactCopy
  /// Has a text of its own that is near to an earlier original.
  case nearCopy
}

/// A corpus of any length: JSON lines with an id and a text, written as they are drawn.
struct LongCorpus {
  /// What was written, and so what a right search finds.
  struct Counts {
    var documents = 0
    var exactCopies = 0
    var nearCopies = 0
    var hazards = 0
  }

  let folder: String
  let documents: Int
  let shards: Int

  /// Writes the shards. The documents do not depend on how many shards they are cut into.
  func write(_ kind: any LongKind) throws -> Counts {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    var kind = kind
    var counts = Counts()
    var text = DocumentText()
    var line = DocumentLine()
    for shard in 0..<shards {
      let name = "shard-\(padded(shard, 5)).jsonl"
      // Under its own name at once: a generator that is stopped is started again in a new folder.
      let file = try OutputFile(temporaryPath: "\(folder)/\(name)", buffer: 1 << 20)
      let end = documents * (shard + 1) / shards
      while counts.documents < end {
        text.removeAll()
        switch kind.draw(counts.documents, into: &text) {
        case .original: break
        case .hazard: counts.hazards += 1
        case .exactCopy: counts.exactCopies += 1
        case .nearCopy: counts.nearCopies += 1
        }
        line.set(id: counts.documents, text: text.content)
        try file.write(line.content)
        counts.documents += 1
      }
      try file.close(durably: false)
    }
    return counts
  }

  private func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}

/// One record with its line end: an id of nine digits and a text.
private struct DocumentLine: ~Copyable {
  private static let head = Array(#"{"id":""#.utf8)
  private static let middle = Array(#"","text":""#.utf8)
  private static let tail = Array("\"}\n".utf8)
  private static let digits = 9

  private let bytes: UnsafeMutableRawBufferPointer
  private var count = 0

  init() {
    bytes = .allocate(byteCount: DocumentText.capacity + 64, alignment: 8)
    bytes.copyBytes(from: DocumentLine.head)
    let middle = DocumentLine.head.count + DocumentLine.digits
    UnsafeMutableRawBufferPointer(rebasing: bytes[middle...]).copyBytes(from: DocumentLine.middle)
  }

  deinit { bytes.deallocate() }

  var content: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[..<count]) }

  mutating func set(id: Int, text: UnsafeRawBufferPointer) {
    var rest = id
    for place in (0..<DocumentLine.digits).reversed() {
      bytes[DocumentLine.head.count + place] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    count = DocumentLine.head.count + DocumentLine.digits + DocumentLine.middle.count
    UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyMemory(from: text)
    count += text.count
    UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyBytes(from: DocumentLine.tail)
    count += DocumentLine.tail.count
  }
}
