public import Ledger
public import Streams

/// Writes a ``DocumentIndex`` from entries in any order, within a bounded memory. The file appears
/// when it is whole.
///
/// The entries go to a file as they come; at the end it is read once for each range of digests that
/// fits into ``memory``, which is sorted and appended. Digests are even, so the ranges are too;
/// only one text that is read millions of times would make its range larger.
public final class DocumentIndexWriter {
  /// Bytes of entries that are sorted at once.
  public static let memory = 128 << 20

  /// Where it will be.
  public let path: String
  /// Entries so far.
  public private(set) var count = 0
  /// Entries to validate on whose text is trained on too; known when it is finished.
  public private(set) var trainedValidation = 0
  private let memory: Int
  private let unsorted: OutputFile

  /// Begins a file under a temporary name.
  ///
  /// - Parameters:
  ///   - path: where it will be.
  ///   - work: a path for the entries until they are sorted.
  ///   - memory: bytes of entries that are sorted at once.
  /// - Throws: `StreamsError` where it cannot be written.
  public init(
    path: String, work: String, memory: Int = DocumentIndexWriter.memory
  ) throws(StreamsError) {
    precondition(memory >= DocumentPlace.byteCount, "room for an entry")
    self.path = path
    self.memory = memory
    unsorted = try OutputFile(temporaryPath: work)
  }

  /// Takes a document.
  public func append(_ place: DocumentPlace) throws(StreamsError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(DocumentPlace.byteCount)
    place.append(to: &bytes)
    try unsorted.write(bytes)
    count += 1
  }

  /// Sorts, makes the file whole and durable, and gives it its name.
  ///
  /// - Parameters:
  ///   - trainingSequences: how many there are to train on.
  ///   - validationSequences: how many are held out.
  /// - Returns: its SHA-256 and length.
  /// - Throws: `StreamsError`; the file is not there then.
  public func finish(trainingSequences: Int, validationSequences: Int) throws -> Artefact {
    try unsorted.close(durably: false)
    let file = try OutputFile(temporaryPath: path + ".partial")
    let digest = DigestChain()
    func write(_ bytes: [UInt8]) throws {
      bytes.withUnsafeBytes { digest.update($0) }
      try file.write(bytes)
    }
    var header = DocumentIndex.magic
    for number in [
      UInt64(DocumentIndex.version), UInt64(count), UInt64(trainingSequences),
      UInt64(validationSequences), 0, 0, 0,
    ] {
      withUnsafeBytes(of: number.littleEndian) { header += $0 }
    }
    try write(header)
    let entries = try MappedFile(path: unsorted.temporaryPath)
    let passes = UInt64(max(1, (count * DocumentPlace.byteCount + memory - 1) / memory))
    for pass in 0..<passes {
      // The ranges cut the upper 32 bits of the digest evenly.
      var places: [DocumentPlace] = []
      for index in 0..<count {
        let start = index * DocumentPlace.byteCount
        let bytes = UnsafeRawBufferPointer(
          rebasing: entries.bytes[start..<start + DocumentPlace.byteCount])
        let key = UInt64(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard key * passes >> 32 == pass else { continue }
        guard let place = DocumentPlace(bytes) else {
          preconditionFailure("an entry of this process")
        }
        places.append(place)
      }
      places.sort(by: DocumentPlace.precedes)
      trainedValidation += DocumentIndexWriter.trainedValidation(places)
      var bytes: [UInt8] = []
      for place in places {
        place.append(to: &bytes)
        if bytes.count >= 1 << 16 {
          try write(bytes)
          bytes.removeAll(keepingCapacity: true)
        }
      }
      try write(bytes)
    }
    try file.publish(as: path)
    try Folder.remove(unsorted.temporaryPath)
    return Artefact(sha256: digest.digest(), bytes: file.size)
  }

  /// How many of the sorted places are of validation and have a text that is trained on.
  private static func trainedValidation(_ places: [DocumentPlace]) -> Int {
    var trained: Digest256?
    var count = 0
    // Of one text the places of training come first.
    for place in places {
      if place.part == .training { trained = place.digest }
      if place.part == .validation && place.digest == trained { count += 1 }
    }
    return count
  }
}
