import TestSupport
import Testing

@testable import Tensors

@Suite("Embedding") struct EmbeddingTests {
  private let tokens: [Int32] = [4, 0, 4, 6, 4, 2, 0]

  private func tables(_ width: Int) -> (table: Table, dy: Table) {
    var generator = SeededGenerator(seed: UInt64(width))
    return (Table(7, width, from: &generator), Table(tokens.count, width, from: &generator))
  }

  private func forward(_ table: Table) -> Table {
    var y = Table(tokens.count, table.columns)
    for row in 0..<y.rows {
      for column in 0..<y.columns { y[row, column] = table[Int(tokens[row]), column] }
    }
    return y
  }

  /// The gradient of the table; the mutant overwrites where a token comes again.
  private func gradient(_ dy: Table, mutant: Bool = false) -> Table {
    var result = Table(7, dy.columns)
    for row in 0..<dy.rows {
      for column in 0..<dy.columns {
        let token = Int(tokens[row])
        result[token, column] = (mutant ? 0 : result[token, column]) + dy[row, column]
      }
    }
    return result
  }

  @Test("forward, backward and accumulation", arguments: [1, 9, 67, 200])
  func passes(width: Int) throws {
    let (table, dy) = tables(width)
    let workers = Workers(count: 3)
    let y = try Held(dy)
    Embedding.forward(tokens, table: try Held(table).view, into: y.view, on: workers)
    #expect(deviation(y, from: forward(table)) == 0)
    let sum = try Held(dy)
    Embedding.forward(
      tokens, table: try Held(table).view, into: sum.view, adding: true, on: workers)
    #expect(deviation(sum, from: forward(table) + dy) < 1e-6)
    let dTable = try Held(table)
    Embedding.backward(try Held(dy).view, tokens: tokens, dTable: dTable.view, on: workers)
    #expect(deviation(dTable, from: gradient(dy) + table) < 1e-6)
    #expect(deviation(dTable, from: gradient(dy, mutant: true) + table) > 1e-3)
  }

  @Test("the reference is the derivative") func reference() {
    let (table, dy) = tables(3)
    let numeric = differences(table) { forward($0).weighed(by: dy) }
    #expect(deviation(numeric, from: gradient(dy)) < 1e-9)
  }

  @Test("the same bits for 1 to 4 workers") func bits() throws {
    let (table, dy) = tables(300)
    let same = try sameBits { workers in
      let (y, dTable) = try (Held(dy), Held(table))
      Embedding.forward(tokens, table: try Held(table).view, into: y.view, on: workers)
      Embedding.backward(try Held(dy).view, tokens: tokens, dTable: dTable.view, on: workers)
      return y.bits + dTable.bits
    }
    #expect(same)
  }
}
