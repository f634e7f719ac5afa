/// The tokens that stand before and behind every text: the member `post_processor`.
struct SpecialTemplate: Sendable, Equatable {
  var prefix: [Int32] = []
  var suffix: [Int32] = []

  /// The most pieces of a template.
  static let pieceLimit = 64

  /// None.
  init() {}

  /// Reads the member `post_processor`; `limit` is the first id that is none.
  ///
  /// - Throws: ``TokenizerError`` for a kind that is not built here.
  init(_ node: JSONNode?, limit: Int) throws {
    if let node { try add(node, limit: limit) }
  }

  private mutating func add(_ node: JSONNode, limit: Int) throws {
    let type = try node.required("type")
    switch try type.string() {
    case "ByteLevel": break  // It only trims offsets.
    case "Sequence":
      for child in try node.required("processors").elements() { try add(child, limit: limit) }
    case "TemplateProcessing":
      guard prefix.isEmpty, suffix.isEmpty else {
        throw node.error("a second template", .unsupported)
      }
      try addTemplate(node, limit: limit)
    case let name:
      throw type.error(
        "unknown post-processor \(name); known: TemplateProcessing, ByteLevel, Sequence",
        .unsupported)
    }
  }

  private mutating func addTemplate(_ node: JSONNode, limit: Int) throws {
    let single = try node.required("single")
    let special = try node.required("special_tokens")
    var seenText = false
    let pieces = try single.elements()
    guard pieces.count <= SpecialTemplate.pieceLimit else {
      throw single.error("has more than \(SpecialTemplate.pieceLimit) pieces")
    }
    for piece in pieces {
      if let token = try piece.optional("SpecialToken") {
        let name = try token.required("id").string()
        for id in try special.required(name).required("ids").elements() {
          let number = try id.integer()
          guard number >= 0, number < limit else {
            throw id.error("must be from 0 to \(limit - 1)")
          }
          if seenText { suffix.append(Int32(number)) } else { prefix.append(Int32(number)) }
        }
      } else {
        let sequence = try piece.required("Sequence").required("id")
        guard try sequence.string() == "A", !seenText else {
          throw sequence.error("a single text is A, once", .unsupported)
        }
        seenText = true
      }
    }
    guard seenText else { throw single.error("has no place for the text") }
  }
}
