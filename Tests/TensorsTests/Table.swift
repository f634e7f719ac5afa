import TestSupport

@testable import Tensors

/// A matrix of Doubles: what references compute with. Plain loops, nothing shared with the target.
struct Table: Equatable {
  var rows: Int
  var columns: Int
  var values: [Double]

  init(_ rows: Int, _ columns: Int, _ values: [Double]? = nil) {
    self.rows = rows
    self.columns = columns
    self.values = values ?? Array(repeating: 0, count: rows * columns)
  }

  /// Numbers in ±scale that a Float holds exactly.
  init(_ rows: Int, _ columns: Int, from generator: inout SeededGenerator, scale: Float = 1) {
    self.init(rows, columns)
    for index in values.indices {
      values[index] = Double(Float.random(in: -scale...scale, using: &generator))
    }
  }

  subscript(row: Int, column: Int) -> Double {
    get { values[row * columns + column] }
    set { values[row * columns + column] = newValue }
  }

  /// self · other.
  func times(_ other: Table) -> Table {
    var result = Table(rows, other.columns)
    for i in 0..<rows {
      for j in 0..<other.columns {
        for k in 0..<columns { result[i, j] += self[i, k] * other[k, j] }
      }
    }
    return result
  }

  var transposed: Table {
    var result = Table(columns, rows)
    for i in 0..<rows { for j in 0..<columns { result[j, i] = self[i, j] } }
    return result
  }

  static func + (a: Table, b: Table) -> Table {
    Table(a.rows, a.columns, zip(a.values, b.values).map { $0 + $1 })
  }

  /// Σ a ∘ b: the objective whose gradient by a is b.
  func weighed(by other: Table) -> Double {
    zip(values, other.values).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// A matrix in memory of its own, with floats between the rows that nothing may touch.
final class Held {
  let block: FloatBlock
  let view: MatrixView
  private static let guardValue: Float = 7.25

  init(_ table: Table, padding: Int = 3) throws {
    let stride = table.columns + padding
    block = try FloatBlock(count: table.rows * stride + 1)
    block.floats.update(repeating: Held.guardValue)
    view = MatrixView(
      block.base, rows: table.rows, columns: table.columns, stride: stride, owner: block)
    for row in 0..<table.rows {
      for column in 0..<table.columns { view[row, column] = Float(table[row, column]) }
    }
  }

  convenience init(_ rows: Int, _ columns: Int, padding: Int = 3) throws {
    try self.init(Table(rows, columns), padding: padding)
  }

  var table: Table {
    var table = Table(view.rows, view.columns)
    for row in 0..<view.rows {
      for column in 0..<view.columns { table[row, column] = Double(view[row, column]) }
    }
    return table
  }

  var bits: [UInt32] { table.values.map { Float($0).bitPattern } }

  /// Whether the floats between the rows are as they were.
  var isTidy: Bool {
    for index in 0..<block.count where index % view.stride >= view.columns {
      if block.base[index] != Held.guardValue { return false }
    }
    return true
  }
}

/// The largest difference beside the largest magnitude; infinite where something is no number.
func deviation(_ ours: Table, from truth: Table) -> Double {
  guard ours.rows == truth.rows && ours.columns == truth.columns else { return .infinity }
  let largest = truth.values.map(abs).max() ?? 0
  var worst = 0.0
  for (a, b) in zip(ours.values, truth.values) {
    guard a.isFinite && b.isFinite else { return .infinity }
    worst = max(worst, abs(a - b))
  }
  return worst == 0 ? 0 : worst / max(largest, 1e-300)
}

func deviation(_ ours: Held, from truth: Table) -> Double {
  ours.isTidy ? deviation(ours.table, from: truth) : .infinity
}

/// The gradient of `objective` by every element of `point`, by central differences of fourth order.
func differences(_ point: Table, _ objective: (Table) -> Double) -> Table {
  var result = Table(point.rows, point.columns)
  let h = 1e-3
  for index in point.values.indices {
    func at(_ steps: Double) -> Double {
      var moved = point
      moved.values[index] += steps * h
      return objective(moved)
    }
    result.values[index] = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)
  }
  return result
}

/// Whether a computation gives the same bits on one to four workers.
func sameBits(_ compute: (Workers) throws -> [UInt32]) rethrows -> Bool {
  let first = try compute(Workers(count: 1))
  for count in 2...4 {
    let workers = Workers(count: count)
    for _ in 0..<3 where try compute(workers) != first { return false }
  }
  return true
}
