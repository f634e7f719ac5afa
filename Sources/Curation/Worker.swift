internal import Corpus
internal import Deduplication
internal import Screening
internal import Streams

/// What one worker keeps from batch to batch: a parser, a screening session, and its blocks.
final class Worker {
  let parser: RecordParser
  let session: ScreenSession
  var judgement = Judgement()
  let rows = ByteBlock(capacity: 1 << 16)
  let ids = ByteBlock(capacity: 1 << 14)
  let encoder = PartEncoder()
  /// Signs texts for near duplicates; nil where the plan does not look for them.
  let signer: DocumentSigner?
  /// The signatures of the batch.
  let signatures: SignatureBatch?
  /// Texts of the batch that are not hashed yet, and the rows that they belong to.
  private var texts = ByteBlock(capacity: 1 << 16)
  private var textRanges: [Range<Int>] = []
  private var textRows: [Int] = []

  init(_ plan: CurationPlan) throws {
    parser = RecordParser(plan.fields)
    session = try plan.screens.makeSession()
    signer = plan.duplicates.near.map { DocumentSigner($0) }
    signatures = plan.duplicates.near.map { SignatureBatch(bands: $0.bands) }
  }

  /// A text above this is hashed at once: copying it would cost more than hashing two together
  /// saves.
  private static let copiedTextLimit = 256 << 10

  func beginBatch() {
    rows.truncate(to: 0)
    ids.truncate(to: 0)
    signatures?.begin()
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

  /// Signs the text of the row that is appended next.
  func sign(_ text: UnsafeRawBufferPointer, into row: inout JudgedRow) {
    guard let signer, let signatures else { return }
    signer.sign(text)
    row.hasWords = !signer.words.isEmpty
    if row.hasWords {
      signatures.append(words: signer.words, keys: signer.keys)
    } else {
      signatures.appendNone()
    }
  }

  /// Hashes the noted texts, two at a time, into their rows.
  func hashTexts() {
    let target = UnsafeMutableRawBufferPointer(start: rows.base, count: rows.count)
    Digest256.forEach(of: textRanges, in: texts) { index, digest in
      digest.copy(to: UnsafeMutableRawBufferPointer(rebasing: target[textRows[index]...]))
    }
  }
}
