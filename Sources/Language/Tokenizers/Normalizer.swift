/// What is done to a text before it is cut: the member `normalizer` of `tokenizer.json`.
struct Normalizer: Sendable, Equatable {
  /// One change.
  enum Step: Sendable, Equatable {
    /// Unicode normalisation form C.
    case compose
    /// Puts a text in front, unless there is nothing.
    case prepend([UInt8])
    /// Replaces each occurrence, from the left.
    case replace([UInt8], with: [UInt8])
    /// Lower case of each scalar by itself, as Rust's `char::to_lowercase`.
    case lowercase
  }

  /// In this order.
  var steps: [Step] = []

  /// Nothing is done.
  init() {}

  /// Reads the member `normalizer`.
  ///
  /// - Throws: ``TokenizerError`` for a kind that is not built here.
  init(_ node: JSONNode?) throws {
    guard let node else { return }
    try add(node)
    var growth = 1
    for step in steps {
      switch step {
      case .replace(let pattern, let content):
        let times = max(1, (content.count + pattern.count - 1) / pattern.count)
        growth = min(growth * times, Normalizer.growthLimit + 1)
      case .prepend(let text):
        growth = text.count > Normalizer.growthLimit ? Normalizer.growthLimit + 1 : growth
      case .compose, .lowercase: break
      }
    }
    guard growth <= Normalizer.growthLimit else {
      throw node.error("would make texts more than \(Normalizer.growthLimit) times as long")
    }
  }

  /// How many times as long a text may become: a file must not turn a page into gigabytes.
  static let growthLimit = 64

  private mutating func add(_ node: JSONNode) throws {
    let type = try node.required("type")
    switch try type.string() {
    case "Sequence":
      for child in try node.required("normalizers").elements() { try add(child) }
    case "NFC": steps.append(.compose)
    case "Lowercase": steps.append(.lowercase)
    case "Prepend": steps.append(.prepend(try node.required("prepend").utf8()))
    case "Replace":
      let pattern = try node.required("pattern")
      guard let text = try pattern.optional("String") else {
        throw pattern.error("only a String is built, no expression", .unsupported)
      }
      let bytes = try text.utf8()
      guard !bytes.isEmpty else { throw text.error("must not be empty") }
      steps.append(.replace(bytes, with: try node.required("content").utf8()))
    case let name:
      throw type.error(
        "unknown normaliser \(name); known: NFC, Lowercase, Prepend, Replace, Sequence",
        .unsupported)
    }
  }

  /// The normalised text; nil where it is the text itself.
  func normalized(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var result: [UInt8]?
    for step in steps {
      let next =
        if let result {
          result.withUnsafeBufferPointer { Normalizer.apply(step, $0) }
        } else {
          Normalizer.apply(step, text)
        }
      if let next { result = next }
    }
    return result
  }

  private static func apply(_ step: Step, _ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    switch step {
    case .compose: CanonicalComposition.composed(text)
    case .prepend(let prefix): text.isEmpty ? nil : prefix + text
    case .replace(let pattern, let content): replaced(text, pattern, content)
    case .lowercase: lowercased(text)
    }
  }

  private static func replaced(
    _ text: UnsafeBufferPointer<UInt8>, _ pattern: [UInt8], _ content: [UInt8]
  ) -> [UInt8]? {
    var result: [UInt8] = []
    var done = 0
    var place = 0
    while place + pattern.count <= text.count {
      guard text[place] == pattern[0],
        text[place..<(place + pattern.count)].elementsEqual(pattern)
      else {
        place += 1
        continue
      }
      result += UnsafeBufferPointer(rebasing: text[done..<place])
      result += content
      place += pattern.count
      done = place
    }
    if done == 0 { return nil }
    result += UnsafeBufferPointer(rebasing: text[done...])
    return result
  }

  private static func lowercased(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard let base = text.baseAddress else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var place = 0
    while place < text.count {
      let byte = text[place]
      if byte < 0x80 {
        result.append(byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte)
        place += 1
        continue
      }
      let (value, length) = UTF8Scalar.decode(base, place, text.count)
      if length > 1, let scalar = Unicode.Scalar(value) {
        result += scalar.properties.lowercaseMapping.utf8
      } else {
        result.append(byte)
      }
      place += length
    }
    return result
  }
}
