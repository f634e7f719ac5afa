internal import CHyperscan

/// A compiled Hyperscan database in block mode. Immutable: threads share it, each with its scratch.
final class HyperscanDatabase: @unchecked Sendable {
  let pointer: OpaquePointer

  private init(_ pointer: OpaquePointer) { self.pointer = pointer }

  deinit { hs_free_database(pointer) }

  /// An expression that Hyperscan does not take, by its place in the array.
  struct Refusal: Error {
    /// -1 where the refusal concerns no single expression.
    let expression: Int
    let message: String
  }

  /// Literals, told apart by their index, matched byte for byte.
  static func literals(_ literals: [[UInt8]]) throws(Refusal) -> HyperscanDatabase {
    let flags = [UInt32](repeating: 0, count: literals.count)
    let lengths = literals.map(\.count)
    return try compile(literals) { expressions, ids, database, error in
      hs_compile_lit_multi(
        expressions, flags, ids, lengths, UInt32(literals.count), UInt32(HS_MODE_BLOCK), nil,
        database, error)
    }
  }

  /// Patterns, told apart by their index: UTF-8, Unicode classes, without regard to case, each
  /// match with its leftmost start.
  static func patterns(_ patterns: [String]) throws(Refusal) -> HyperscanDatabase {
    let flag =
      HS_FLAG_UTF8 | HS_FLAG_UCP | HS_FLAG_CASELESS | HS_FLAG_SOM_LEFTMOST
    let flags = [UInt32](repeating: UInt32(flag), count: patterns.count)
    return try compile(patterns.map { Array($0.utf8) }) { expressions, ids, database, error in
      hs_compile_multi(
        expressions, flags, ids, UInt32(patterns.count),
        UInt32(HS_MODE_BLOCK), nil, database, error)
    }
  }

  private typealias Compiler = (
    _ expressions: UnsafePointer<UnsafePointer<CChar>?>, _ ids: UnsafePointer<UInt32>,
    _ database: UnsafeMutablePointer<OpaquePointer?>,
    _ error: UnsafeMutablePointer<UnsafeMutablePointer<hs_compile_error_t>?>
  ) -> hs_error_t

  private static func compile(
    _ expressions: [[UInt8]], _ compiler: Compiler
  ) throws(Refusal) -> HyperscanDatabase {
    // One buffer for all, each ended by a zero: the literal API goes by length, the other by zero.
    var bytes: [CChar] = []
    var starts: [Int] = []
    for expression in expressions {
      starts.append(bytes.count)
      bytes += expression.map { CChar(bitPattern: $0) }
      bytes.append(0)
    }
    var database: OpaquePointer?
    var error: UnsafeMutablePointer<hs_compile_error_t>?
    let ids = Array(0..<UInt32(expressions.count))
    let code = bytes.withUnsafeBufferPointer { buffer in
      let pointers: [UnsafePointer<CChar>?] = starts.map { start in
        buffer.baseAddress.map { $0 + start }
      }
      return compiler(pointers, ids, &database, &error)
    }
    if code == HS_SUCCESS, let database { return HyperscanDatabase(database) }
    defer { hs_free_compile_error(error) }
    let message = error?.pointee.message.map { String(cString: $0) } ?? "code \(code)"
    throw Refusal(expression: Int(error?.pointee.expression ?? -1), message: message)
  }
}

/// The working memory of one thread for any of its databases.
final class HyperscanScratch {
  private(set) var pointer: OpaquePointer?

  init(for databases: [HyperscanDatabase]) throws(ScreeningError) {
    for database in databases {
      let code = hs_alloc_scratch(database.pointer, &pointer)
      guard code == HS_SUCCESS else {
        throw .engine(code: code, doing: "allocating scratch memory")
      }
    }
  }

  deinit { hs_free_scratch(pointer) }
}
