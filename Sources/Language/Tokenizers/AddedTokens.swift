/// A token that is found in the text before words are cut: an element of `added_tokens`.
struct AddedToken: Sendable, Equatable {
  var id: Int32
  var content: [UInt8]
  /// Left where a word character stands on either side.
  var singleWord = false
  /// Takes the white space before it.
  var stripsLeft = false
  /// Takes the white space behind it.
  var stripsRight = false
  /// Found in the normalised text.
  var normalized = false
  /// Left out where special tokens are skipped.
  var special = false

  /// The longest content in bytes: a search looks that far at every byte of a text.
  static let lengthLimit = 4096

  /// Reads an element of `added_tokens`.
  init(_ node: JSONNode, limit: Int) throws {
    let idNode = try node.required("id")
    let number = try idNode.integer()
    guard number >= 0, number < limit else {
      throw idNode.error("must be from 0 to \(limit - 1)")
    }
    id = Int32(number)
    let contentNode = try node.required("content")
    content = try contentNode.utf8()
    guard !content.isEmpty, content.count <= AddedToken.lengthLimit else {
      throw contentNode.error("must have 1 to \(AddedToken.lengthLimit) bytes")
    }
    singleWord = try node.bool("single_word", default: false)
    stripsLeft = try node.bool("lstrip", default: false)
    stripsRight = try node.bool("rstrip", default: false)
    special = try node.bool("special", default: false)
    normalized = try node.bool("normalized", default: !special)
  }
}

/// Finds tokens in a text, the leftmost first and the longest of those: a trie over bytes.
struct TokenTrie: Sendable {
  private struct Node {
    var byte: UInt8
    var child: Int32 = -1
    var sibling: Int32 = -1
    /// The token that ends here, as an index.
    var token: Int32 = -1
  }

  private var nodes: [Node] = []
  private var roots = [Int32](repeating: -1, count: 256)
  private let tokens: [AddedToken]

  /// Whether there is nothing to find.
  var isEmpty: Bool { nodes.isEmpty }

  /// A trie of tokens, each found where its pattern stands; of equal patterns the first counts.
  init(_ patterns: [(pattern: [UInt8], token: AddedToken)]) {
    tokens = patterns.map(\.token)
    for (index, (pattern, _)) in patterns.enumerated() where !pattern.isEmpty {
      var node = roots[Int(pattern[0])]
      if node < 0 {
        node = Int32(nodes.count)
        nodes.append(Node(byte: pattern[0]))
        roots[Int(pattern[0])] = node
      }
      for byte in pattern.dropFirst() { node = child(of: node, byte) }
      if nodes[Int(node)].token < 0 { nodes[Int(node)].token = Int32(index) }
    }
  }

  private mutating func child(of node: Int32, _ byte: UInt8) -> Int32 {
    var next = nodes[Int(node)].child
    while next >= 0, nodes[Int(next)].byte != byte { next = nodes[Int(next)].sibling }
    if next >= 0 { return next }
    let added = Int32(nodes.count)
    nodes.append(Node(byte: byte, sibling: nodes[Int(node)].child))
    nodes[Int(node)].child = added
    return added
  }

  /// Cuts a text: `piece` gets each stretch without a token (id nil) and each token, in order.
  func split(
    _ text: UnsafeBufferPointer<UInt8>,
    _ piece: (_ id: Int32?, _ range: Range<Int>) -> Void
  ) {
    guard let base = text.baseAddress, !nodes.isEmpty else {
      if !text.isEmpty { piece(nil, 0..<text.count) }
      return
    }
    // As Hugging Face has it: what a token takes to its right may be searched again, so that a
    // token within that space counts too.
    var done = 0
    var place = 0
    // White space is looked at once: to the left not beyond `done`, to the right not again.
    var spaces = 0
    while let (start, end, index) = next(base, text.count, from: place) {
      place = end
      let token = tokens[index]
      if token.singleWord, hasWordBeside(base, text.count, start, end) { continue }
      let first = token.stripsLeft ? spaceStart(base, start, atLeast: done) : start
      if token.stripsRight, end >= spaces { spaces = spaceEnd(base, text.count, end) }
      let last = token.stripsRight ? spaces : end
      if done < first { piece(nil, done..<first) }
      piece(token.id, min(first, last)..<last)
      done = last
    }
    if done < text.count { piece(nil, done..<text.count) }
  }

  /// The next token at or behind `place`.
  private func next(
    _ text: UnsafePointer<UInt8>, _ count: Int, from place: Int
  ) -> (start: Int, end: Int, index: Int)? {
    roots.withUnsafeBufferPointer { roots in
      nodes.withUnsafeBufferPointer { nodes in
        var start = place
        while start < count {
          var node = roots[Int(text[start])]
          guard node >= 0 else {
            start += 1
            continue
          }
          var end = start + 1
          var found: (end: Int, token: Int32) = (0, -1)
          while true {
            if nodes[Int(node)].token >= 0 { found = (end, nodes[Int(node)].token) }
            guard end < count else { break }
            var next = nodes[Int(node)].child
            while next >= 0, nodes[Int(next)].byte != text[end] {
              next = nodes[Int(next)].sibling
            }
            if next < 0 { break }
            node = next
            end += 1
          }
          if found.token >= 0 { return (start, found.end, Int(found.token)) }
          start += 1
        }
        return nil
      }
    }
  }

  private func hasWordBeside(
    _ text: UnsafePointer<UInt8>, _ count: Int, _ start: Int, _ end: Int
  ) -> Bool {
    if end < count, ScalarClass.isWord(UTF8Scalar.decode(text, end, count).value) { return true }
    guard start > 0 else { return false }
    let before = UTF8Scalar.start(before: start, text)
    return ScalarClass.isWord(UTF8Scalar.decode(text, before, start).value)
  }

  private func isSpace(_ text: UnsafePointer<UInt8>, _ place: Int, _ count: Int) -> Bool {
    let value = UTF8Scalar.decode(text, place, count).value
    return value < ScalarClass.tableCount && ScalarClass.table[Int(value)] == ScalarClass.space
  }

  private func spaceStart(_ text: UnsafePointer<UInt8>, _ end: Int, atLeast least: Int) -> Int {
    if end < least { return least }
    var start = end
    while start > least {
      let before = UTF8Scalar.start(before: start, text)
      guard isSpace(text, before, start) else { break }
      start = before
    }
    return start
  }

  private func spaceEnd(_ text: UnsafePointer<UInt8>, _ count: Int, _ start: Int) -> Int {
    var end = start
    while end < count, isSpace(text, end, count) {
      end += UTF8Scalar.length(text, end, count)
    }
    return end
  }
}
