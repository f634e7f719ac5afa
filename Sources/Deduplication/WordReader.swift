/// The words of a text as 32-bit hashes; one for each thread.
///
/// A word is a maximal run of scalars of general category L, M or N or U+005F, each in its simple
/// lower case, without folding or normalisation. In scripts without spaces each letter or number is
/// a word of its own, and a mark belongs to the word before it. On English text these are the words
/// of Python's `re.findall(r"\w+", text.lower())`.
package final class WordReader {
  /// Bytes whose edges are found before their words are hashed: both stay in the nearest cache.
  private static let segment = 4096
  /// Words that are kept room for between texts; more is given back at the next smaller text.
  private static let keptCapacity = 1 << 20

  private let scalars = WordScalars()
  private let edges = UnsafeMutablePointer<UInt32>.allocate(
    capacity: WordReader.segment + 1 + 64 + WordEdges.slack)
  private let marks = UnsafeMutableRawPointer.allocate(
    byteCount: WordReader.segment / 8, alignment: 8
  ).bindMemory(to: UInt8.self, capacity: WordReader.segment / 8)
  private let masks = UnsafeMutablePointer<UInt64>.allocate(capacity: 34)
  private let tail = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 32)
  private var storage = UnsafeMutablePointer<UInt32>.allocate(capacity: 1 << 12)
  private var capacity = 1 << 12
  private var count = 0

  /// A reader without words.
  package init() {
    // Of a word of n bytes, masks[2n] has the first eight and masks[2n + 1] the rest.
    for length in 0...16 {
      masks[2 * length] = length >= 8 ? ~0 : (1 << (8 * length)) - 1
      masks[2 * length + 1] =
        length == 16 ? ~0 : length <= 8 ? 0 : (1 << (8 * (length - 8))) - 1
    }
  }

  deinit {
    edges.deallocate()
    marks.deallocate()
    masks.deallocate()
    tail.deallocate()
    storage.deallocate()
  }

  /// The words of the text that was read last, until the next is read.
  package var words: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(start: storage, count: count)
  }

  /// Reads the words of a text, valid UTF-8 of less than 4 GiB.
  package func read(_ text: UnsafeRawBufferPointer) {
    precondition(text.count < 1 << 32, "a text's offsets fit 32 bits")
    // A word takes a byte and one behind it, or the three of a character that is a word itself.
    reserve(text.count / 2 + 1)
    count = 0
    guard let base = text.baseAddress else { return }
    var out = storage
    var inside: UInt64 = 0
    var pending = 0
    var start = 0
    while start < text.count {
      let end = min(start + WordReader.segment, text.count)
      var found = findEdges(base, start..<end, after: pending, inside: &inside)
      if end == text.count && found % 2 == 1 {
        edges[found] = UInt32(truncatingIfNeeded: end)
        found += 1
      }
      out = hash(base, text.count, runs: found / 2, into: out)
      // A run that goes on keeps its beginning.
      pending = found % 2
      if pending == 1 { edges[0] = edges[found - 1] }
      start = end
    }
    count = out - storage
    assert(count <= capacity, "a text has at most (bytes + 1) / 2 words")
  }

  private func reserve(_ needed: Int) {
    if needed <= capacity {
      if capacity <= WordReader.keptCapacity || needed > capacity / 4 { return }
    }
    storage.deallocate()
    capacity = max(needed, 1 << 12)
    storage = .allocate(capacity: capacity)
  }

  /// The edges of the runs in `range` behind `pending` others; returns their number.
  @inline(never)
  private func findEdges(
    _ base: UnsafeRawPointer, _ range: Range<Int>, after pending: Int, inside: inout UInt64
  ) -> Int {
    let (edges, marks) = (edges, marks)
    let whole = range.count & ~63
    WordEdges.mark(base + range.lowerBound, whole, into: marks)
    if whole < range.count {
      // The last bytes of the text, with zero bytes behind them, which end a run.
      tail.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
      tail.copyMemory(from: base + range.lowerBound + whole, byteCount: range.count - whole)
      WordEdges.mark(tail, 64, into: marks + whole / 8)
    }
    var carry = inside
    var found = pending
    for block in 0..<(range.count + 63) / 64 {
      let runs = UnsafeRawPointer(marks).load(fromByteOffset: 8 &* block, as: UInt64.self)
      found &+= WordEdges.find(
        UInt64(littleEndian: runs),
        base: UInt32(truncatingIfNeeded: range.lowerBound &+ 64 &* block), inside: &carry,
        into: edges + found)
    }
    inside = carry
    return found
  }

  /// Appends the words of the runs between the edges; returns where the next one goes.
  @inline(never)
  private func hash(
    _ base: UnsafeRawPointer, _ count: Int, runs: Int, into target: UnsafeMutablePointer<UInt32>
  ) -> UnsafeMutablePointer<UInt32> {
    let masks = masks
    let edges = edges
    var out = target
    for run in 0..<runs {
      let start = Int(edges[2 &* run])
      let length = Int(edges[2 &* run &+ 1]) &- start
      if length > 16 || start &+ 16 > count {
        out = hashRun(base + start, length, into: out)
        continue
      }
      let low = WordHash.load(base + start) & masks[2 &* length]
      let high = WordHash.load(base + start + 8) & masks[2 &* length &+ 1]
      if (low | high) & WordHash.beyondASCII != 0 {
        out = hashScalars(base + start, length, into: out)
        continue
      }
      // What lower-cases also sets bits behind the word.
      let state = WordHash.block(
        0, (low | WordHash.lowerCase) & masks[2 &* length],
        (high | WordHash.lowerCase) & masks[2 &* length &+ 1])
      out.pointee = WordHash.finish(state)
      out += 1
    }
    return out
  }

  /// The words of a run that is long or lies at the end of the text.
  @inline(never)
  private func hashRun(
    _ run: UnsafeRawPointer, _ length: Int, into target: UnsafeMutablePointer<UInt32>
  ) -> UnsafeMutablePointer<UInt32> {
    guard isASCII(run, length) else { return hashScalars(run, length, into: target) }
    var state: UInt64 = 0
    var offset = 0
    while length - offset > 16 {
      state = WordHash.block(
        state, WordHash.load(run + offset) | WordHash.lowerCase,
        WordHash.load(run + offset + 8) | WordHash.lowerCase)
      offset += 16
    }
    let rest = length - offset
    let last = UnsafeMutableRawPointer(tail)
    last.initializeMemory(as: UInt8.self, repeating: 0, count: 16)
    last.copyMemory(from: run + offset, byteCount: rest)
    state = WordHash.block(
      state, (WordHash.load(last) | WordHash.lowerCase) & masks[2 * rest],
      (WordHash.load(last + 8) | WordHash.lowerCase) & masks[2 * rest + 1])
    target.pointee = WordHash.finish(state)
    return target + 1
  }

  private func isASCII(_ bytes: UnsafeRawPointer, _ count: Int) -> Bool {
    var seen: UInt64 = 0
    var offset = 0
    while offset + 8 <= count {
      seen |= WordHash.load(bytes + offset)
      offset += 8
    }
    while offset < count {
      seen |= UInt64(bytes.load(fromByteOffset: offset, as: UInt8.self))
      offset += 1
    }
    return seen & WordHash.beyondASCII == 0
  }

  /// The words of a run with characters beyond ASCII.
  @inline(never)
  private func hashScalars(
    _ run: UnsafeRawPointer, _ length: Int, into target: UnsafeMutablePointer<UInt32>
  ) -> UnsafeMutablePointer<UInt32> {
    let bytes = UnsafeBufferPointer(
      start: run.assumingMemoryBound(to: UInt8.self), count: length)
    var writer = WordWriter(target)
    var offset = 0
    while offset < length {
      let entry = scalars.entry(decodeScalar(bytes, &offset))
      writer.add(entry)
    }
    writer.endWord()
    return writer.out
  }
}

/// The scalar at `offset`, which moves behind it; something below 0x20_0000 where it is cut short.
@inline(__always)
private func decodeScalar(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: inout Int) -> UInt32 {
  let first = UInt32(bytes[offset])
  let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
  guard length > 1, offset &+ length <= bytes.count else {
    offset &+= 1
    return first
  }
  var value = first & (0x7F >> UInt32(length))
  for index in 1..<length {
    value = value << 6 | UInt32(bytes[offset &+ index] & 0x3F)
  }
  offset &+= length
  return value
}
