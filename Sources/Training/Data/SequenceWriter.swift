internal import Foundation
public import Ledger
public import Streams

/// Writes a ``SequenceFile``, sequence after sequence, in constant memory. The file appears when
/// it is whole.
public final class SequenceWriter {
  /// Where it will be.
  public let path: String
  /// T, rows of a sequence.
  public let length: Int
  /// V, tokens of the vocabulary.
  public let vocabulary: Int
  /// Sequences so far.
  public private(set) var count = 0
  private let file: OutputFile
  private let digest = DigestChain()

  /// Begins a file under a temporary name.
  ///
  /// - Throws: `StreamsError` where it cannot be written.
  /// - Precondition: T and V are within the limits of the layout.
  public init(path: String, length: Int, vocabulary: Int) throws(StreamsError) {
    precondition((1...SequenceFile.lengthLimit).contains(length), "rows of a sequence")
    precondition((1...SequenceWord.tokenLimit).contains(vocabulary), "tokens of 24 bits")
    self.path = path
    self.length = length
    self.vocabulary = vocabulary
    file = try OutputFile(temporaryPath: path + ".partial")
    var header = SequenceFile.magic
    for number in [SequenceFile.version, UInt32(length), UInt32(vocabulary)] {
      withUnsafeBytes(of: number.littleEndian) { header += $0 }
    }
    header += [UInt8](repeating: 0, count: SequenceFile.headerByteCount - header.count)
    try append(header)
  }

  /// Appends a sequence.
  ///
  /// - Parameter words: at most T+1 words; padding follows them.
  /// - Returns: its number.
  /// - Precondition: there is a word, and no token is V or above.
  @discardableResult
  public func append(_ words: some Collection<SequenceWord>) throws(StreamsError) -> Int {
    precondition(!words.isEmpty && words.count <= length + 1, "at most T+1 words")
    var bytes: [UInt8] = []
    bytes.reserveCapacity((length + 1) * 4)
    for word in words {
      precondition(Int(word.token) < vocabulary, "a token of the vocabulary")
      withUnsafeBytes(of: word.bits.littleEndian) { bytes += $0 }
    }
    for _ in words.count..<(length + 1) {
      withUnsafeBytes(of: SequenceWord.padding.bits.littleEndian) { bytes += $0 }
    }
    try append(bytes)
    count += 1
    return count - 1
  }

  /// Makes the file whole and durable, and gives it its name.
  ///
  /// - Returns: its SHA-256 and length.
  /// - Throws: `StreamsError`; the file is not there then.
  public func finish() throws(StreamsError) -> Artefact {
    try file.publish(as: path)
    return Artefact(sha256: digest.digest(), bytes: file.size)
  }

  private func append(_ bytes: [UInt8]) throws(StreamsError) {
    bytes.withUnsafeBytes { digest.update($0) }
    try file.write(bytes)
  }
}
