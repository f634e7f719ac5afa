/// Makes tokens of words: the room that it needs, kept from text to text.
struct WordEncoder: ~Copyable {
  private let model: BPEModel
  private let cuts: [PreTokenizer.Cut]
  private let isByteLevel: Bool
  private var merger: WordMerger
  private let cache = WordCache()
  private var output: UnsafeMutablePointer<Int32>
  private var capacity: Int
  private(set) var count = 0

  init(model: BPEModel, preTokenizer: PreTokenizer) {
    self.model = model
    cuts = preTokenizer.cuts
    isByteLevel = preTokenizer.isByteLevel
    merger = WordMerger(table: model.merges)
    capacity = 4096
    output = .allocate(capacity: capacity)
  }

  deinit {
    output.deallocate()
  }

  /// The tokens since the last call, which are forgotten.
  mutating func take() -> [Int32] {
    let tokens = Array(UnsafeBufferPointer(start: output, count: count))
    count = 0
    if capacity > 1 << 20 {
      output.deallocate()
      capacity = 4096
      output = .allocate(capacity: capacity)
    }
    return tokens
  }

  /// Adds a token that is no word's.
  mutating func append(_ id: Int32) {
    reserve(1)
    output[count] = id
    count += 1
  }

  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if count + more > capacity { grow(more) }
  }

  private mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let target = UnsafeMutablePointer<Int32>.allocate(capacity: larger)
    target.update(from: output, count: count)
    output.deallocate()
    output = target
    capacity = larger
  }

  /// Cuts a text into words and adds their tokens.
  mutating func encode(_ text: UnsafeBufferPointer<UInt8>) {
    guard let base = text.baseAddress, !text.isEmpty else { return }
    ScalarClass.table.withUnsafeBufferPointer { classes in
      model.byteIDs.withUnsafeBufferPointer { bytes in
        encode(base, text.count, classes.baseAddress.unsafelyUnwrapped, bytes, cut: 0)
      }
    }
  }

  private mutating func encode(
    _ text: UnsafePointer<UInt8>, _ count: Int, _ classes: UnsafePointer<UInt8>,
    _ bytes: UnsafeBufferPointer<Int32>, cut: Int
  ) {
    let scanner = WordScanner(text: text, count: count, classes: classes)
    let isLast = cut + 1 >= cuts.count
    var place = 0
    // One loop for each expression, so that its scanner stands inside.
    switch cut < cuts.count ? cuts[cut] : nil {
    case nil:
      word(text, count, bytes)
    case .gpt2 where isLast:
      while place < count {
        let end = scanner.gpt2(place)
        word(text + place, end - place, bytes)
        place = end
      }
    case .llama3(let digits) where isLast:
      while place < count {
        let end = scanner.llama3(place, digits: digits)
        word(text + place, end - place, bytes)
        place = end
      }
    case .some(let kind):
      while place < count {
        let end =
          switch kind {
          case .gpt2: scanner.gpt2(place)
          case .llama3(let digits): scanner.llama3(place, digits: digits)
          case .digits(let alone): scanner.digits(place, alone: alone)
          case .metaspace: scanner.metaspace(place)
          }
        if isLast {
          word(text + place, end - place, bytes)
        } else {
          encode(text + place, end - place, classes, bytes, cut: cut + 1)
        }
        place = end
      }
    }
  }

  // MARK: - Words

  /// Adds the tokens of one word.
  @inline(__always)
  private mutating func word(
    _ word: UnsafePointer<UInt8>, _ length: Int, _ bytes: UnsafeBufferPointer<Int32>
  ) {
    guard length <= WordCache.wordLimit else { return merge(word, length, bytes) }
    let key = WordCache.key(word, length)
    let slot = cache.slot(key)
    if WordCache.holds(slot, key) {
      let (tokens, known) = WordCache.tokens(slot)
      reserve(WordCache.tokenLimit)
      // Seven tokens as four and four: two moves instead of a loop.
      let target = UnsafeMutableRawPointer(output + count)
      let source = UnsafeRawPointer(tokens)
      let first = source.loadUnaligned(as: SIMD4<Int32>.self)
      let last = source.loadUnaligned(fromByteOffset: 12, as: SIMD4<Int32>.self)
      target.storeBytes(of: first, as: SIMD4<Int32>.self)
      target.storeBytes(of: last, toByteOffset: 12, as: SIMD4<Int32>.self)
      count += known
    } else {
      let start = count
      merge(word, length, bytes)
      WordCache.store(slot, key, output + start, count - start)
    }
  }

  private mutating func merge(
    _ word: UnsafePointer<UInt8>, _ length: Int, _ bytes: UnsafeBufferPointer<Int32>
  ) {
    if let whole = model.wholeWords {
      let text = UnsafeBufferPointer(start: word, count: length)
      if let id = whole.value(of: text) { return append(id) }
    }
    merger.reserve(length)
    var symbols = length
    if isByteLevel {
      let ids = merger.ids
      for index in 0..<length { ids[index] = bytes[Int(word[index])] }
    } else {
      symbols = spell(word, length, bytes)
    }
    let tokens = merger.merge(count: symbols)
    reserve(tokens)
    (output + count).update(from: merger.ids, count: tokens)
    count += tokens
  }

  /// Writes the tokens of a word's characters, or of their bytes, to the merger's symbols.
  ///
  /// - Returns: how many, at most one for each byte.
  private func spell(
    _ word: UnsafePointer<UInt8>, _ length: Int, _ bytes: UnsafeBufferPointer<Int32>
  ) -> Int {
    let ids = merger.ids
    var symbols = 0
    var place = 0
    var afterUnknown = false
    while place < length {
      let width = UTF8Scalar.length(word, place, length)
      let text = UnsafeBufferPointer(start: word + place, count: width)
      place += width
      if width > 1 || text[0] < 0x80, let id = model.texts.value(of: text) {
        ids[symbols] = id
        symbols += 1
        afterUnknown = false
      } else if !bytes.isEmpty {
        for byte in text {
          ids[symbols] = bytes[Int(byte)]
          symbols += 1
        }
        afterUnknown = false
      } else if let unknown = model.unknown {
        if !(afterUnknown && model.fusesUnknown) {
          ids[symbols] = unknown
          symbols += 1
        }
        afterUnknown = true
      }
    }
    return symbols
  }
}
