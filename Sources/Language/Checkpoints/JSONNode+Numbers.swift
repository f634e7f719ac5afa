/// Settings that are numbers, with the range that they must be in.
extension JSONNode {
  /// A finite number.
  func number() throws -> Double {
    let entry = document.entries[index]
    let start = Int(entry.start)
    let digits = document.bytes[start..<(start + Int(entry.count))]
    guard entry.kind == .number, let number = Double(String(decoding: digits, as: UTF8.self)),
      number.isFinite
    else { throw error("must be a number") }
    return number
  }

  /// A whole number, which some writers store as 10000.0.
  func whole() throws -> Int {
    let value = try number()
    guard let whole = Int(exactly: value) else { throw error("must be a whole number") }
    return whole
  }

  /// The whole number of a member, within `range`; `default` where it is missing.
  func whole(_ name: String, in range: ClosedRange<Int>, default value: Int? = nil) throws -> Int {
    guard let node = try optional(name) else {
      if let value { return value }
      return try required(name).whole()
    }
    let number = try node.whole()
    guard range.contains(number) else {
      throw node.error("is \(number), which is not in \(range.lowerBound)...\(range.upperBound)")
    }
    return number
  }

  /// The positive number of a member, at most `limit`; `default` where it is missing.
  func positive(_ name: String, to limit: Double, default value: Double? = nil) throws -> Float {
    guard let node = try optional(name) else {
      if let value { return Float(value) }
      return Float(try required(name).number())
    }
    let number = try node.number()
    guard number > 0 && number <= limit && Float(number) > 0 else {
      throw node.error("is not above 0 and at most \(limit)")
    }
    return Float(number)
  }

  /// The text of a member; `default` where it is missing.
  func string(_ name: String, default value: String) throws -> String {
    try optional(name)?.string() ?? value
  }
}
