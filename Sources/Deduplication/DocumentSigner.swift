/// Reads the words of documents and signs them; one for each thread.
///
/// A signature is a function of the set of the document's shingles and of the settings alone: the
/// same in every build, on every machine.
public final class DocumentSigner {
  /// Shingles that are hashed and then minimised: they stay in the nearest cache.
  private static let chunk = 1024

  private let reader = WordReader()
  private let hasher: ShingleHasher
  private let minHash: MinHash
  private let sketches = UnsafeMutablePointer<UInt32>.allocate(capacity: DocumentSigner.chunk)

  /// A signer for these settings.
  public init(_ settings: NearDuplicateSettings) {
    hasher = ShingleHasher(length: settings.shingle)
    minHash = MinHash(bands: settings.bands, rows: settings.rows)
  }

  deinit { sketches.deallocate() }

  /// Reads a document's words and signs it.
  ///
  /// - Parameter text: valid UTF-8 of less than 4 GiB. Nothing beyond its end is read.
  public func sign(_ text: UnsafeRawBufferPointer) {
    reader.read(text)
    let words = reader.words
    let count = hasher.count(words: words.count)
    guard count > 0 else { return }
    minHash.begin()
    for start in stride(from: 0, to: count, by: DocumentSigner.chunk) {
      let range = start..<min(start + DocumentSigner.chunk, count)
      hasher.sketches(of: words, range, into: sketches)
      minHash.add(UnsafeBufferPointer(start: sketches, count: range.count))
    }
    minHash.makeKeys()
  }

  /// The hashes of the document's words, in order; valid until the next `sign`.
  ///
  /// Empty: the document has no word and takes no part.
  public var words: UnsafeBufferPointer<UInt32> { reader.words }

  /// A key for each band; documents that share one are candidates. Valid until the next `sign`;
  /// meaningless without words.
  public var keys: UnsafeBufferPointer<UInt64> { minHash.keys }
}
