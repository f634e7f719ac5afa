public import Ledger
public import Streams

/// Which documents a run read, and which sequences hold each: what an audit asks.
///
/// The file has 64 bytes of header, then a ``DocumentPlace`` of 48 bytes for every document read,
/// sorted by the SHA-256 of its text, so that a look-up costs a few pages. A text that was read
/// twice stands twice. All numbers are little-endian.
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 8 | `CORDONDX` |
/// | 8 | 4 | 1, the version of the layout |
/// | 12 | 4 | zero |
/// | 16 | 8 | documents |
/// | 24 | 8 | training sequences |
/// | 32 | 8 | validation sequences |
/// | 40 | 24 | zero |
public final class DocumentIndex: Sendable {
  /// The file.
  public let path: String
  /// How many documents there are.
  public let count: Int
  /// How many sequences there are to train on.
  public let trainingSequences: Int
  /// How many sequences are held out.
  public let validationSequences: Int
  private let file: MappedFile

  static let headerByteCount = 64
  static let magic = Array("CORDONDX".utf8)
  static let version: UInt32 = 1

  /// Opens a file.
  ///
  /// - Parameters:
  ///   - path: where it is.
  ///   - expected: the file as the ledger knows it, which is compared; nil for one that this
  ///     process wrote itself.
  /// - Throws: `StreamsError` where it cannot be read, ``TrainingDataError`` where it is no such
  ///   file or not the expected one.
  public init(path: String, expected: Artefact? = nil) throws {
    let file = try MappedFile(path: path)
    self.path = path
    self.file = file
    func number(_ offset: Int) -> Int? {
      Int(
        exactly: UInt64(
          littleEndian: file.bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
    }
    let size = file.bytes.count
    guard size >= DocumentIndex.headerByteCount, file.bytes.starts(with: DocumentIndex.magic),
      number(8) == Int(DocumentIndex.version), let count = number(16),
      let training = number(24), let validation = number(32),
      count <= size / DocumentPlace.byteCount,
      size == DocumentIndex.headerByteCount + count * DocumentPlace.byteCount
    else { throw DocumentIndex.altered(path, "it is no index, or cut off") }
    self.count = count
    trainingSequences = training
    validationSequences = validation
    if let expected {
      guard expected.bytes == Int64(size), expected.sha256 == Digest256(hashing: file.bytes) else {
        throw DocumentIndex.altered(path, "its SHA-256 differs")
      }
    }
  }

  private static func altered(_ path: String, _ why: String) -> TrainingDataError {
    TrainingDataError(
      .altered, path,
      "is not the index of documents that the run wrote: \(why). Nothing is answered from it; "
        + "restore the file")
  }

  /// A document, in the order of the file.
  ///
  /// - Throws: ``TrainingDataError`` where the file was changed.
  /// - Precondition: there is such a document.
  public func place(_ index: Int) throws(TrainingDataError) -> DocumentPlace {
    guard let place = DocumentPlace(bytes(index)) else {
      throw DocumentIndex.altered(path, "entry \(index) says what cannot be")
    }
    return place
  }

  /// Where the documents with this text went: none where no such document was read.
  ///
  /// - Parameter digest: the SHA-256 of the text.
  /// - Throws: ``TrainingDataError`` where the file was changed.
  public func places(of digest: Digest256) throws(TrainingDataError) -> [DocumentPlace] {
    var (low, high) = (0, count)
    while low < high {
      let middle = low + (high - low) / 2
      if key(middle) < digest { low = middle + 1 } else { high = middle }
    }
    var places: [DocumentPlace] = []
    while low < count, key(low) == digest {
      places.append(try place(low))
      low += 1
    }
    return places
  }

  /// The steps that trained on a document with this text, in order, each once.
  ///
  /// - Parameters:
  ///   - digest: the SHA-256 of the text.
  ///   - order: the order of the run, of as many sequences as there are to train on.
  ///   - batch: sequences of each step.
  ///   - last: the last step that is asked about, counted from 1: a checkpoint's.
  /// - Throws: ``TrainingDataError`` where the file was changed, or the order is another run's.
  public func steps(
    for digest: Digest256, order: DataOrder, batch: Int, through last: Int
  ) throws(TrainingDataError) -> [Int] {
    guard order.count == trainingSequences else {
      throw DocumentIndex.altered(path, "the run has \(order.count) sequences")
    }
    var steps: [Int] = []
    for place in try places(of: digest) where place.part == .training {
      guard place.sequences.upperBound <= trainingSequences else {
        throw DocumentIndex.altered(path, "a document stands behind the last sequence")
      }
      steps += order.steps(of: place.sequences, batch: batch, through: last)
    }
    return Array(Set(steps)).sorted()
  }

  private func bytes(_ index: Int) -> UnsafeRawBufferPointer {
    precondition(index >= 0 && index < count, "a document of the index")
    let start = DocumentIndex.headerByteCount + index * DocumentPlace.byteCount
    return UnsafeRawBufferPointer(
      rebasing: file.bytes[start..<start + DocumentPlace.byteCount])
  }

  private func key(_ index: Int) -> Digest256 {
    Digest256(bytes: UnsafeRawBufferPointer(rebasing: bytes(index)[..<32]))
  }
}
