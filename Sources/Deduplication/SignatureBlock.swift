internal import Streams

/// Where the parts of a signature block stand.
///
/// A block holds the signatures of one batch, little-endian: a header of 48 bytes (the seal's tag
/// over all that follows it, magic, rows, bands, zero, batch, words), the starts of the rows in the
/// words (UInt32, one more than rows; a row that starts where the next one does takes no part), the
/// keys column by column (UInt64, a column a band), the words (UInt32). Each part and the block end
/// at a multiple of 8 bytes. So one band of one block is one contiguous read, and so are the words
/// of one document: 8 bytes a band, 4 a word and 4 more for each document.
struct SignatureBlock: Sendable {
  static let headerByteCount = 48
  static let magic: UInt32 = 0x3142_5343  // "CSB1"

  /// Where the block begins in its file.
  let offset: Int64
  // 24 bytes together: a corpus of terabytes has millions of blocks.
  private let rows: UInt32
  private let bands: UInt32
  private let words: UInt32

  /// A block of this shape.
  ///
  /// - Precondition: each number is below 2^32.
  init(offset: Int64, rowCount: Int, bandCount: Int, wordCount: Int) {
    self.offset = offset
    rows = UInt32(rowCount)
    bands = UInt32(bandCount)
    words = UInt32(wordCount)
  }

  var rowCount: Int { Int(rows) }
  var bandCount: Int { Int(bands) }
  var wordCount: Int { Int(words) }

  /// Bytes of the starts, with what pads them.
  private var startsByteCount: Int { (rowCount + 1) * 4 + (rowCount + 1) % 2 * 4 }
  private var keysByteCount: Int { rowCount * bandCount * 8 }
  private var wordsByteCount: Int { wordCount * 4 + wordCount % 2 * 4 }

  /// Bytes of the whole block.
  var byteCount: Int {
    SignatureBlock.headerByteCount + startsByteCount + keysByteCount + wordsByteCount
  }

  /// Where the start of a row's words stands in the file.
  func start(ofRow row: Int) -> Int64 {
    offset + Int64(SignatureBlock.headerByteCount + row * 4)
  }

  /// Where the key of a row stands in the file.
  func key(ofRow row: Int, band: Int) -> Int64 {
    offset
      + Int64(SignatureBlock.headerByteCount + startsByteCount + (band * rowCount + row) * 8)
  }

  /// Where the word of a number within the block stands in the file.
  func word(_ number: Int) -> Int64 {
    offset + Int64(SignatureBlock.headerByteCount + startsByteCount + keysByteCount + number * 4)
  }

  /// The shard number under which a block is sealed: no input batch has it.
  static func sealedShard(_ shard: Int) -> Int { shard + 1 << 30 }
}

extension SignatureBlock {
  /// The block whose header this is; nil where it makes no sense.
  ///
  /// - Parameters:
  ///   - header: 48 bytes.
  ///   - offset: where they stand in the file.
  ///   - batch: the number that the block must have.
  ///   - limit: bytes from `offset` to the end of the file.
  init?(header: UnsafeRawBufferPointer, offset: Int64, batch: Int, limit: Int64) {
    guard header.loadUnaligned(fromByteOffset: 16, as: UInt32.self) == SignatureBlock.magic,
      header.loadUnaligned(fromByteOffset: 28, as: UInt32.self) == 0,
      header.loadUnaligned(fromByteOffset: 32, as: UInt64.self) == UInt64(batch)
    else { return nil }
    let rows = Int64(header.loadUnaligned(fromByteOffset: 20, as: UInt32.self))
    let bands = Int64(header.loadUnaligned(fromByteOffset: 24, as: UInt32.self))
    let words = header.loadUnaligned(fromByteOffset: 40, as: UInt64.self)
    // Each part alone fits, so their sum does not overflow.
    let keys = rows.multipliedReportingOverflow(by: bands)
    guard !keys.overflow, keys.partialValue <= limit / 8, rows <= limit / 4,
      words <= UInt64(limit) / 4, words <= UInt64(UInt32.max)
    else { return nil }
    self.init(
      offset: offset, rowCount: Int(rows), bandCount: Int(bands), wordCount: Int(words))
    guard Int64(byteCount) <= limit else { return nil }
  }

  /// Writes the header behind the tag.
  func writeHeader(to target: UnsafeMutableRawBufferPointer, batch: Int) {
    target.storeBytes(of: SignatureBlock.magic, toByteOffset: 16, as: UInt32.self)
    target.storeBytes(of: UInt32(rowCount), toByteOffset: 20, as: UInt32.self)
    target.storeBytes(of: UInt32(bandCount), toByteOffset: 24, as: UInt32.self)
    target.storeBytes(of: UInt32(0), toByteOffset: 28, as: UInt32.self)
    target.storeBytes(of: UInt64(batch), toByteOffset: 32, as: UInt64.self)
    target.storeBytes(of: UInt64(wordCount), toByteOffset: 40, as: UInt64.self)
  }

  /// Whether the tag is that of the bytes of a whole block, and its starts ascend within its words.
  static func isGenuine(
    _ bytes: UnsafeRawBufferPointer, rowCount: Int, wordCount: Int, shard: Int, batch: Int,
    seal: BatchSeal
  ) -> Bool {
    let tag = seal.tag(
      of: UnsafeRawBufferPointer(rebasing: bytes[BatchSeal.tagByteCount...]),
      shard: sealedShard(shard), batch: batch)
    guard bytes[..<BatchSeal.tagByteCount].elementsEqual(tag) else { return false }
    var last: UInt32 = 0
    for row in 0...rowCount {
      let start = bytes.loadUnaligned(
        fromByteOffset: SignatureBlock.headerByteCount + row * 4, as: UInt32.self)
      if start < last { return false }
      last = start
    }
    return Int(last) == wordCount
  }
}
