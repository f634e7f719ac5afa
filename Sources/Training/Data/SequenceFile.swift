public import Ledger
public import Streams
internal import Tensors

/// Packed tokens on disk, mapped into memory: what a run reads its batches from.
///
/// The file has 64 bytes of header, then for each sequence T+1 ``SequenceWord``s of four bytes.
/// All numbers are little-endian.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 8 | `CORDONSQ` |
/// | 8 | 4 | 1, the version of the layout |
/// | 12 | 4 | T, rows of a sequence |
/// | 16 | 4 | V, tokens of the vocabulary |
/// | 20 | 44 | zero |
///
/// Row r of a sequence reads word r and predicts word r+1, where both belong to one document and
/// that word is scored. A file of another length than these give is not one.
public final class SequenceFile: Sendable {
  /// The file.
  public let path: String
  /// T, rows of a sequence.
  public let length: Int
  /// V, tokens of the vocabulary: every token is below it.
  public let vocabulary: Int
  /// How many sequences there are.
  public let count: Int
  private let file: MappedFile

  static let headerByteCount = 64
  static let magic = Array("CORDONSQ".utf8)
  static let version: UInt32 = 1
  /// The longest sequence.
  public static let lengthLimit = 1 << 20

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: where it is.
  ///   - expected: the file as it was written: its length and SHA-256 are compared, which reads
  ///     all of it once. Nil for a file that this process wrote itself.
  /// - Throws: `StreamsError` where it cannot be read, ``TrainingDataError`` where it is no such
  ///   file or not the expected one.
  public init(path: String, expected: Artefact? = nil) throws {
    let file = try MappedFile(path: path)
    let size = file.bytes.count
    func refuse(_ why: String) -> TrainingDataError {
      TrainingDataError(
        .altered, path, "is not the packed data of this run (\(why)); run again with --fresh")
    }
    guard size >= SequenceFile.headerByteCount else { throw refuse("it is too short") }
    self.path = path
    self.file = file
    let header = UnsafeRawBufferPointer(
      rebasing: file.bytes[..<SequenceFile.headerByteCount])
    func number(_ offset: Int) -> Int {
      Int(UInt32(littleEndian: header.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }
    length = number(12)
    vocabulary = number(16)
    let bytes = (length + 1) * 4
    count = (size - SequenceFile.headerByteCount) / bytes
    guard header.starts(with: SequenceFile.magic), number(8) == Int(SequenceFile.version),
      (1...SequenceFile.lengthLimit).contains(length),
      (1...SequenceWord.tokenLimit).contains(vocabulary), header[20...].allSatisfy({ $0 == 0 })
    else { throw refuse("its header is not one") }
    guard (size - SequenceFile.headerByteCount) % bytes == 0 else {
      throw refuse("it ends within a sequence")
    }
    if let expected {
      guard expected.bytes == Int64(size) else { throw refuse("its length differs") }
      guard expected.sha256 == digest() else { throw refuse("its SHA-256 differs") }
    }
  }

  /// The SHA-256 of the whole file.
  public func digest() -> Digest256 { Digest256(hashing: file.bytes) }

  /// The T+1 words of a sequence.
  ///
  /// - Precondition: there is such a sequence.
  public func words(of sequence: Int) -> [SequenceWord] {
    let bits = bits(of: sequence)
    return bits.map { SequenceWord(bits: UInt32(littleEndian: $0)) }
  }

  private func bits(of sequence: Int) -> UnsafeBufferPointer<UInt32> {
    precondition(sequence >= 0 && sequence < count, "a sequence of the file")
    let offset = SequenceFile.headerByteCount + sequence * (length + 1) * 4
    let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[offset..<offset + (length + 1) * 4])
    return bytes.assumingMemoryBound(to: UInt32.self)
  }

  /// Some sequences as a batch, in the order given; one may stand in it twice.
  ///
  /// The batch is a function of the file and the numbers. Rows of padding are a segment of their
  /// own, which is not scored.
  ///
  /// - Precondition: there is at least one, and each is a sequence of the file.
  public func batch(sequences: [Int]) -> TrainingBatch {
    precondition(!sequences.isEmpty, "a batch of something")
    var tokens = [Int32](repeating: 0, count: sequences.count * length)
    var targets = [Int32](repeating: CrossEntropy.ignored, count: sequences.count * length)
    var pieces: [Int] = []
    tokens.withUnsafeMutableBufferPointer { tokens in
      targets.withUnsafeMutableBufferPointer { targets in
        for (place, sequence) in sequences.enumerated() {
          let bits = bits(of: sequence)
          let row = place * length
          var start = 0
          var previous = SequenceWord(bits: UInt32(littleEndian: bits[0]))
          for index in 0..<length {
            let next = SequenceWord(bits: UInt32(littleEndian: bits[index + 1]))
            tokens[row + index] = previous.token
            if next.isTarget { targets[row + index] = next.token }
            if index + 1 < length,
              next.beginsDocument || next.isPadding && !previous.isPadding
            {
              pieces.append(index + 1 - start)
              start = index + 1
            }
            previous = next
          }
          pieces.append(length - start)
        }
      }
    }
    return TrainingBatch(
      length: length, tokens: tokens, targets: targets, segments: Segments(lengths: pieces))
  }

  /// Checks every word: tokens below V, bits that mean something, padding only at the end.
  ///
  /// - Throws: ``TrainingDataError`` that names the sequence.
  public func check() throws(TrainingDataError) {
    for sequence in 0..<count {
      var padded = false
      for value in bits(of: sequence) {
        let word = SequenceWord(bits: UInt32(littleEndian: value))
        guard word.isValid, Int(word.token) < vocabulary, !padded || word.isPadding else {
          throw TrainingDataError(
            .altered, path,
            "sequence \(sequence) holds a word that was not written; run again with --fresh")
        }
        padded = word.isPadding
      }
    }
  }
}
