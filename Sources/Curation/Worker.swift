internal import Corpus
internal import Screening
internal import Streams

/// What one worker keeps from batch to batch: a parser, a screening session, and its blocks.
final class Worker {
  let parser: RecordParser
  let session: ScreenSession
  var judgement = Judgement()
  let rows = ByteBlock(capacity: 1 << 16)
  let ids = ByteBlock(capacity: 1 << 14)
  let gathered = ByteBlock(capacity: 1 << 16)
  /// Texts of the batch that are not hashed yet, and the rows that they belong to.
  private var texts = ByteBlock(capacity: 1 << 16)
  private var textRanges: [Range<Int>] = []
  private var textRows: [Int] = []
  private var encoders: [Compression: FrameEncoder] = [:]

  init(_ plan: CurationPlan) throws {
    parser = RecordParser(plan.fields)
    session = try plan.screens.makeSession()
  }

  /// A text above this is hashed at once: copying it would cost more than hashing two together
  /// saves.
  private static let copiedTextLimit = 256 << 10

  func beginBatch() {
    rows.truncate(to: 0)
    ids.truncate(to: 0)
    texts.truncate(to: 0)
    textRanges.removeAll(keepingCapacity: true)
    textRows.removeAll(keepingCapacity: true)
  }

  /// Notes the text of the row that is appended next; its digest is there after `hashTexts`.
  func hash(_ text: UnsafeRawBufferPointer, into row: inout JudgedRow) {
    guard text.count <= Worker.copiedTextLimit else {
      row.digest = Digest256(hashing: text)
      return
    }
    textRanges.append(texts.count..<texts.count + text.count)
    textRows.append(rows.count)
    texts.append(text)
  }

  /// Hashes the noted texts, two at a time, into their rows.
  func hashTexts() {
    let target = UnsafeMutableRawBufferPointer(start: rows.base, count: rows.count)
    Digest256.forEach(of: textRanges, in: texts) { index, digest in
      digest.copy(to: UnsafeMutableRawBufferPointer(rebasing: target[textRows[index]...]))
    }
  }

  func encoder(for compression: Compression) -> FrameEncoder {
    if let encoder = encoders[compression] { return encoder }
    let encoder = FrameEncoder(compression)
    encoders[compression] = encoder
    return encoder
  }
}

/// The reasons of a run, in the order in which the ledger numbers them.
struct ReasonTable: Sendable {
  let names: [String]
  private let screensStart: Int

  init(_ screens: ScreenSet) {
    let issues = RecordIssue.allCases.map(\.rawValue)
    screensStart = issues.count
    names = issues + screens.reasons + ["exact-duplicate"]
  }

  /// The 1-based number of a reader's reason.
  func number(_ issue: RecordIssue) -> UInt16 {
    UInt16((RecordIssue.allCases.firstIndex(of: issue) ?? 0) + 1)
  }

  /// The 1-based number of a screen's reason.
  func number(screenReason: Int) -> UInt16 { UInt16(screensStart + screenReason + 1) }

  /// The 1-based number of `exact-duplicate`.
  var exactDuplicate: UInt16 { UInt16(names.count) }

  /// Whether a reason says that a record could not be read or scored.
  func isUnreadable(_ index: Int) -> Bool { index < screensStart }
}
