/// Folds texts, one after another, into a buffer that it keeps: NFKC_Casefold (UAX #44), and every
/// run of white space becomes one U+0020, so that a term is found over a line break.
///
/// Terms and texts go through this one function. It is exact but for one case that no language
/// needs: of more than 32 combining marks in a row each 32 are composed apart (UAX #15, D4, puts a
/// joiner there), so that no text makes it quadratic.
///
/// One thread at a time: it owns its buffers.
final class TextFolder {
  /// The folded bytes; valid until the next fold.
  @exclusivity(unchecked) private(set) var target: UnsafeMutablePointer<UInt8>
  /// How many they are.
  @exclusivity(unchecked) private(set) var count = 0
  /// Where they come from.
  @exclusivity(unchecked) private(set) var map = OffsetMap()

  @exclusivity(unchecked) private var capacity: Int
  private let pages: UnsafeMutablePointer<FoldPage?>
  @exclusivity(unchecked) private var segments = SegmentComposer()

  init() {
    capacity = 1 << 16
    target = .allocate(capacity: capacity)
    pages = .allocate(capacity: FoldPage.count)
    pages.initialize(repeating: nil, count: FoldPage.count)
  }

  deinit {
    target.deallocate()
    pages.deallocate()
    map.free()
  }

  /// Positions in source and target, and where the last character began that what follows may
  /// still combine with.
  struct Cursor {
    var source = 0
    var target = 0
    var boundarySource = 0
    var boundaryTarget = 0

    @inline(__always) mutating func setBoundaryHere() {
      boundarySource = source
      boundaryTarget = target
    }
  }

  /// Folds valid UTF-8 of at most ``OffsetMap/textLimit`` bytes.
  func fold(_ text: UnsafeRawBufferPointer) {
    precondition(text.count <= OffsetMap.textLimit, "offsets have 31 bits")
    map.reset()
    count = 0
    guard let base = text.baseAddress else { return }
    let source = base.assumingMemoryBound(to: UInt8.self)
    reserve(text.count + text.count >> 3 + 64)
    var cursor = Cursor()
    while cursor.source < text.count {
      foldPlainASCII(source, text.count, &cursor)
      if cursor.source < text.count { foldSpecial(source, text.count, &cursor) }
    }
    count = cursor.target
  }

  /// The folded form of a short text, as a value.
  func folded(_ text: [UInt8]) -> [UInt8] {
    text.withUnsafeBytes { fold($0) }
    return Array(UnsafeBufferPointer(start: target, count: count))
  }

  /// What folding does to a scalar.
  @inline(__always)
  func entry(_ value: UInt32) -> FoldEntry { page(of: value)[Int(value & 0xFF)] }

  @inline(__always)
  private func page(of value: UInt32) -> FoldPage {
    if let page = pages[Int(value >> 8)] { return page }
    return load(Int(value >> 8))
  }

  @inline(never)
  private func load(_ number: Int) -> FoldPage {
    let page = FoldPage.shared(number)
    pages[number] = page
    return page
  }

  /// Makes room for `needed` bytes in all, keeping what is written.
  private func reserve(_ needed: Int) {
    guard needed > capacity else { return }
    let larger = max(needed, capacity + capacity / 2)
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    memory.update(from: target, count: capacity)
    target.deallocate()
    target = memory
    capacity = larger
  }

  // MARK: ASCII

  /// Copies ASCII in lower case, 32 bytes at a time, up to the next byte that is not ASCII or
  /// begins a run of white space.
  @inline(__always)
  private func foldPlainASCII(_ source: UnsafePointer<UInt8>, _ end: Int, _ cursor: inout Cursor) {
    if capacity - cursor.target < end - cursor.source + 64 {
      reserve(cursor.target + (end - cursor.source) + (end - cursor.source) >> 3 + 256)
    }
    let target = target
    var from = cursor.source
    var to = cursor.target
    // The byte after the block is read too: a space at its end may begin a run.
    while from + 33 <= end {
      let special = ASCIIBlock.fold(source + from, into: target + to)
      if special < 32 {
        cursor.source = from + special
        cursor.target = to + special
        return
      }
      from += 32
      to += 32
    }
    while from < end {
      let byte = source[from]
      if byte >= 0x80 { break }
      if isASCIISpace(byte) {
        if from + 1 < end, isASCIISpace(source[from + 1]) { break }
        target[to] = 0x20
      } else {
        target[to] = byte &- 0x41 < 26 ? byte | 0x20 : byte
      }
      from += 1
      to += 1
    }
    cursor.source = from
    cursor.target = to
  }

  // MARK: The rest

  /// Folds the run of white space or the characters beyond ASCII that begin here.
  private func foldSpecial(_ source: UnsafePointer<UInt8>, _ end: Int, _ cursor: inout Cursor) {
    if cursor.source > 0, source[cursor.source - 1] < 0x80 {
      cursor.setBoundaryHere()
      if !isASCIISpace(source[cursor.source - 1]) {
        cursor.boundarySource -= 1
        cursor.boundaryTarget -= 1
      }
    }
    while cursor.source < end {
      let byte = source[cursor.source]
      if byte < 0x80 {
        // Only white space that continues or begins a run is ours.
        guard isASCIISpace(byte) else { return }
        let continues = cursor.target > 0 && target[cursor.target - 1] == 0x20
        let next = cursor.source + 1
        guard continues || (next < end && isASCIISpace(source[next])) else { return }
        var length = 1
        while cursor.source + length < end, isASCIISpace(source[cursor.source + length]) {
          length += 1
        }
        putSpace(length, &cursor)
        continue
      }
      if capacity - cursor.target < 256 { reserve(cursor.target + (end - cursor.source) + 512) }
      let (value, length) = decodeScalar(source, at: cursor.source, end: end)
      let entry = entry(value)
      if entry.isPlain {
        cursor.setBoundaryHere()
        for index in 0..<length { target[cursor.target + index] = source[cursor.source + index] }
        cursor.source += length
        cursor.target += length
      } else if entry.has(FoldEntry.combines) {
        composeSegment(source, end, &cursor)
      } else if entry.has(FoldEntry.space) {
        putSpace(length, &cursor)
      } else {
        put(page(of: value).bytes(of: entry), entry.length, from: length, &cursor)
      }
    }
  }

  /// Writes one space for `length` bytes of white space, or none after a space.
  private func putSpace(_ length: Int, _ cursor: inout Cursor) {
    let continues = cursor.target > 0 && target[cursor.target - 1] == 0x20
    let written = continues ? 0 : 1
    if !continues { target[cursor.target] = 0x20 }
    if length != written {
      map.appendRun(
        folded: cursor.target..<cursor.target + written,
        original: cursor.source..<cursor.source + length)
    }
    cursor.source += length
    cursor.target += written
    cursor.setBoundaryHere()  // nothing combines with a space
  }

  /// Writes the mapping of one scalar of `length` bytes; none for one that is ignored.
  private func put(
    _ bytes: UnsafePointer<UInt8>, _ count: Int, from length: Int, _ cursor: inout Cursor
  ) {
    // What is ignored leaves the character before it open to combine with the one after it.
    if count > 0 { cursor.setBoundaryHere() }
    var bytes = bytes
    var count = count
    if count > 0, bytes[0] == 0x20, cursor.target > 0, target[cursor.target - 1] == 0x20 {
      bytes += 1
      count -= 1
    }
    for index in 0..<count { target[cursor.target + index] = bytes[index] }
    if count != length {
      map.appendRun(
        folded: cursor.target..<cursor.target + count,
        original: cursor.source..<cursor.source + length)
    }
    cursor.source += length
    cursor.target += count
  }

  /// Composes the last character with the marks that follow it, from its first byte on.
  private func composeSegment(
    _ source: UnsafePointer<UInt8>, _ end: Int, _ cursor: inout Cursor
  ) {
    let start = cursor.boundarySource
    var stop = cursor.source
    var marks = 0
    while stop < end, marks < 32 {
      let (value, length) = decodeScalar(source, at: stop, end: end)
      let next = entry(value)
      // An ignored scalar belongs to the segment: what follows it may still combine.
      let ignored = next.has(FoldEntry.mapped) && next.length == 0
      guard next.has(FoldEntry.combines) || ignored else { break }
      stop += length
      marks += 1
    }
    let bytes = UnsafeBufferPointer(start: source + start, count: stop - start)
    let changed = map.removePoints(fromOriginal: start)
    cursor.target = cursor.boundaryTarget
    let written = segments.compose(bytes) { composed in
      var composed = composed
      if composed.first == 0x20, cursor.target > 0, target[cursor.target - 1] == 0x20 {
        composed = UnsafeBufferPointer(rebasing: composed.dropFirst())
      }
      if capacity - cursor.target < composed.count + 256 {
        reserve(cursor.target + composed.count + (end - cursor.source) + 512)
      }
      for index in 0..<composed.count { target[cursor.target + index] = composed[index] }
      return composed.count
    }
    let same =
      written == bytes.count
      && (0..<written).allSatisfy { target[cursor.target + $0] == bytes[$0] }
    if !same {
      map.appendRun(
        folded: cursor.target..<cursor.target + written, original: start..<stop)
    } else if changed {
      map.append(folded: cursor.target, original: start, atomic: false)
    }
    cursor.source = stop
    cursor.target += written
    cursor.setBoundaryHere()
  }
}
