internal import Foundation

/// A file that is read from its start to its end, once.
public final class FileSource {
  /// Bytes of one read: large enough that the calls cost nothing, small enough for every lane.
  public static let readSize = 256 << 10

  /// The path it was opened by.
  public let path: String
  /// Its size in bytes when it was opened.
  public let size: Int64
  /// Its time of modification in nanoseconds since 1970, a hint only.
  public let modified: Int64
  private let descriptor: Int32
  /// Bytes read so far.
  public private(set) var position: Int64 = 0
  /// A pipe cannot be read at a place: what was peeked at is kept for the first read.
  private let isPipe: Bool
  private var peeked: [UInt8] = []

  /// Opens a regular file for reading.
  ///
  /// - Throws: ``StreamsError`` when it is missing, unreadable or not a regular file.
  public init(path: String) throws(StreamsError) {
    self.path = path
    // Without O_NONBLOCK the open of a pipe would wait for a writer, who may never come.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .reading(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      close(descriptor)
      throw .reading(path)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw StreamsError(.unreadable, path: path, detail: "not a regular file")
    }
    size = Int64(status.st_size)
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    isPipe = false
    posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
  }

  /// The process's standard input, a pipe or a file.
  public static func standardInput() throws(StreamsError) -> FileSource {
    let copy = dup(STDIN_FILENO)
    guard copy >= 0 else { throw .reading("standard input") }
    return FileSource(pipe: copy, named: "standard input")
  }

  private init(pipe: Int32, named name: String) {
    path = name
    descriptor = pipe
    size = 0
    modified = 0
    isPipe = true
  }

  deinit {
    close(descriptor)
  }

  /// Reads the next bytes into `target`; fewer than fit only at the end of the file, 0 behind it.
  public func read(into target: UnsafeMutableRawBufferPointer) throws(StreamsError) -> Int {
    var filled = min(peeked.count, target.count)
    if filled > 0 {
      for index in 0..<filled { target[index] = peeked[index] }
      peeked.removeFirst(filled)
    }
    while filled < target.count {
      let place = target.baseAddress.unsafelyUnwrapped + filled
      let got =
        isPipe
        ? Foundation.read(descriptor, place, target.count - filled)
        : pread(descriptor, place, target.count - filled, Int(position))
      if got < 0 {
        // A pipe may never give more: who asked for a stop gets it.
        if errno == EINTR && isPipe && Interruption.isRequested { break }
        if errno == EINTR { continue }
        throw .reading(path)
      }
      if got == 0 { break }
      filled += got
      position += Int64(got)
    }
    return filled
  }

  /// Appends the next `count` bytes to a block, fewer only at the end of the file.
  ///
  /// - Returns: how many were appended.
  public func read(_ count: Int, into block: ByteBlock) throws(StreamsError) -> Int {
    let room = block.room(atLeast: count)
    let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<count]))
    block.didWrite(got)
    return got
  }

  /// The bytes at `offset`, fewer than `count` at the end; the position stays.
  public func peek(at offset: Int64, count: Int) throws(StreamsError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    if isPipe {
      guard offset == 0 else { return [] }
      while peeked.count < count {
        let got = bytes.withUnsafeMutableBytes {
          Foundation.read(descriptor, $0.baseAddress, count - peeked.count)
        }
        if got < 0 && errno == EINTR && Interruption.isRequested { break }
        if got < 0 && errno == EINTR { continue }
        guard got >= 0 else { throw .reading(path) }
        if got == 0 { break }
        peeked += bytes[..<got]
      }
      return peeked
    }
    let got = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, count, Int(offset)) }
    guard got >= 0 else { throw .reading(path) }
    return Array(bytes[..<got])
  }

  /// The compression that the first bytes show.
  ///
  /// - Throws: ``StreamsError`` (unsupported) for one that is not read, naming it.
  public func compression() throws(StreamsError) -> Compression {
    switch try Compression.detect(self) {
    case .known(let compression): return compression
    case .foreign(let name):
      throw StreamsError(
        .unsupported, path: path,
        detail: "is \(name), which is not read: convert it to gzip, zstd or LZ4")
    }
  }

  /// The SHA-256 of a file as it stands.
  public static func digest(of path: String) throws(StreamsError) -> Digest256 {
    let file = try FileSource(path: path)
    let digest = DigestChain()
    let block = ByteBlock(capacity: readSize)
    while true {
      block.truncate(to: 0)
      let got = try file.read(readSize, into: block)
      if got == 0 { return digest.digest() }
      digest.update(block.bytes)
    }
  }

  /// All bytes of a small file.
  ///
  /// - Throws: ``StreamsError``, also for a file above `limit` bytes.
  public static func contents(of path: String, limit: Int = 64 << 20) throws(StreamsError)
    -> [UInt8]
  {
    let file = try FileSource(path: path)
    guard file.size <= limit else {
      throw StreamsError(.unreadable, path: path, detail: "larger than \(limit) bytes")
    }
    var bytes = [UInt8](repeating: 0, count: Int(file.size))
    var got = 0
    // `withUnsafeMutableBytes` does not carry typed errors.
    let result = bytes.withUnsafeMutableBytes { target -> Result<Int, StreamsError> in
      do throws(StreamsError) { return .success(try file.read(into: target)) } catch {
        return .failure(error)
      }
    }
    got = try result.get()
    bytes.removeLast(bytes.count - got)
    return bytes
  }
}
