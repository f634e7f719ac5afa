/// One value of a ``JSONDocument`` with the path of keys that led to it, for errors.
struct JSONNode {
  let document: JSONDocument
  let index: Int
  /// The path of keys, such as `model.merges[3]`; empty for the outermost value.
  let key: String

  private var entry: JSONDocument.Entry { document.entries[index] }

  /// What the value is.
  var kind: JSONDocument.Kind { entry.kind }

  /// Whether it is `null`.
  var isNull: Bool { entry.kind == .null }

  /// An error about this value.
  func error(_ detail: String, _ code: TokenizerError.Code = .value) -> TokenizerError {
    TokenizerError(code, path: document.path, key: key, detail: detail)
  }

  // MARK: - Members and elements

  /// The member of this name; nil where it is missing or `null`.
  ///
  /// - Throws: ``TokenizerError`` where this is no object, or the name stands twice: readers
  ///   disagree on which one counts.
  func optional(_ name: String) throws -> JSONNode? {
    var found: JSONNode?
    let wanted = Array(name.utf8)
    try forEachMember { nameIndex, valueIndex in
      guard document.text(at: nameIndex) == wanted else { return }
      let path = key.isEmpty ? name : "\(key).\(name)"
      let node = JSONNode(document: document, index: valueIndex, key: path)
      guard found == nil else { throw node.error("the key stands twice") }
      found = node
    }
    return found?.isNull == true ? nil : found
  }

  /// The member of this name.
  ///
  /// - Throws: ``TokenizerError`` where it is missing or `null`.
  func required(_ name: String) throws -> JSONNode {
    if let node = try optional(name) { return node }
    let path = key.isEmpty ? name : "\(key).\(name)"
    throw TokenizerError(.value, path: document.path, key: path, detail: "is missing")
  }

  /// Calls `body` with the indices of each member's name and value.
  func forEachMember(_ body: (_ name: Int, _ value: Int) throws -> Void) throws {
    guard entry.kind == .object else { throw error("must be an object") }
    var place = index + 1
    for _ in 0..<entry.count {
      try body(place, place + 1)
      place = Int(document.entries[place + 1].next)
    }
  }

  /// Calls `body` with the number and the index of each element.
  func forEachElement(_ body: (_ number: Int, _ value: Int) throws -> Void) throws {
    guard entry.kind == .array else { throw error("must be an array") }
    var place = index + 1
    for number in 0..<Int(entry.count) {
      try body(number, place)
      place = Int(document.entries[place].next)
    }
  }

  /// The elements of an array.
  func elements() throws -> [JSONNode] {
    var nodes: [JSONNode] = []
    try forEachElement { number, value in
      nodes.append(element(number, at: value))
    }
    return nodes
  }

  /// The element with this number, which stands at `value`.
  func element(_ number: Int, at value: Int) -> JSONNode {
    JSONNode(document: document, index: value, key: "\(key)[\(number)]")
  }

  // MARK: - Values

  /// The text of a string.
  func string() throws -> String {
    String(decoding: try utf8(), as: UTF8.self)
  }

  /// The text of a string as UTF-8.
  func utf8() throws -> [UInt8] {
    guard entry.kind == .string else { throw error("must be a string") }
    return document.text(at: index)
  }

  /// A truth value.
  func bool() throws -> Bool {
    switch entry.kind {
    case .yes: return true
    case .no: return false
    default: throw error("must be true or false")
    }
  }

  /// A whole number.
  func integer() throws -> Int {
    let start = Int(entry.start)
    let digits = document.bytes[start..<(start + Int(entry.count))]
    guard entry.kind == .number, let number = Int(String(decoding: digits, as: UTF8.self)) else {
      throw error("must be a whole number")
    }
    return number
  }

  /// Whether it is the number 0, as `0` or `0.0`.
  var isZero: Bool {
    let start = Int(entry.start)
    let digits = document.bytes[start..<(start + Int(entry.count))]
    return entry.kind == .number && Double(String(decoding: digits, as: UTF8.self)) == 0
  }

  /// A member that may be missing, with what stands for it then.
  func bool(_ name: String, default value: Bool) throws -> Bool {
    try optional(name)?.bool() ?? value
  }
}
