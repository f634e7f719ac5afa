/// A matrix of floats somewhere in memory: row `r`, column `c` at `base[r * stride + c]`.
///
/// Copying a view copies no float. A view of a block keeps the block alive.
public struct MatrixView: @unchecked Sendable {
  /// Row 0, column 0.
  public let base: UnsafeMutablePointer<Float>
  /// How many rows there are.
  public let rows: Int
  /// How many columns there are.
  public let columns: Int
  /// Floats from one row to the next, at least `columns`.
  public let stride: Int
  /// What keeps the memory: a block, or nil where the caller does.
  public let owner: FloatBlock?

  /// A view of `[rows, columns]`.
  ///
  /// - Parameters:
  ///   - stride: floats from row to row; `columns` where it is not given.
  ///   - owner: the block that the floats are in; without one the caller keeps the memory as long
  ///     as the view is used.
  @inlinable
  public init(
    _ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil,
    owner: FloatBlock? = nil
  ) {
    let stride = stride ?? columns
    precondition(rows >= 0 && columns >= 0 && stride >= columns, "no such matrix")
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride
    self.owner = owner
  }

  /// The first float of a row.
  @inlinable
  public func row(_ index: Int) -> UnsafeMutablePointer<Float> { base + index * stride }

  /// One element.
  ///
  /// - Precondition: it is in the matrix.
  @inlinable
  public subscript(row: Int, column: Int) -> Float {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      return base[row * stride + column]
    }
    nonmutating set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns, "outside the matrix")
      base[row * stride + column] = newValue
    }
  }

  /// Whether the rows lie behind one another without a gap.
  @inlinable public var isContiguous: Bool { stride == columns || rows <= 1 }

  /// Whether both have as many rows and columns.
  @inlinable
  public func hasShape(of other: MatrixView) -> Bool {
    rows == other.rows && columns == other.columns
  }

  /// Some of the rows: `[range.count, columns]`.
  public func rows(_ range: Range<Int>) -> MatrixView {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows outside the matrix")
    return MatrixView(
      row(range.lowerBound), rows: range.count, columns: columns, stride: stride, owner: owner)
  }

  /// Some of the columns: `[rows, range.count]`.
  public func columns(_ range: Range<Int>) -> MatrixView {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns, "columns outside the matrix")
    return MatrixView(
      base + range.lowerBound, rows: rows, columns: range.count, stride: stride, owner: owner)
  }

  /// The same floats as `[rows, columns]`: `[N, H·W]` read as `[N·H, W]`, for a norm on each head.
  ///
  /// - Precondition: the view is contiguous and the number of floats the same.
  public func reshaped(rows: Int, columns: Int) -> MatrixView {
    precondition(isContiguous && rows * columns == self.rows * self.columns, "another size")
    return MatrixView(base, rows: rows, columns: columns, owner: owner)
  }

  /// Reads the columns as heads of `width` floats: head `h` begins at column `first + h * step`.
  ///
  /// Keys, queries and values in matrices of their own have `step == width`; in GPT-NeoX's joint
  /// matrix `[H, 3, width]` the step is `3 * width` and `first` is 0, `width` or `2 * width`.
  public func heads(_ count: Int, width: Int, first: Int = 0, step: Int? = nil) -> HeadsView {
    let step = step ?? width
    precondition(
      count > 0 && width > 0 && first >= 0 && step >= width
        && first + (count - 1) * step + width <= columns, "heads outside the matrix")
    return HeadsView(
      base: base + first, rows: rows, count: count, width: width, rowStride: stride,
      headStride: step, owner: owner)
  }
}

/// The heads in the rows of a matrix: element `c` of head `h` in row `r` is at
/// `base[r * rowStride + h * headStride + c]`.
public struct HeadsView: @unchecked Sendable {
  /// Row 0, head 0.
  public let base: UnsafeMutablePointer<Float>
  /// How many rows (tokens) there are.
  public let rows: Int
  /// How many heads a row has.
  public let count: Int
  /// Floats of one head.
  public let width: Int
  /// Floats from one row to the next.
  public let rowStride: Int
  /// Floats from one head to the next in the same row.
  public let headStride: Int
  /// What keeps the memory, as in ``MatrixView/owner``.
  public let owner: FloatBlock?

  /// Row `row` of head `head`.
  @inlinable
  public func at(row: Int, head: Int) -> UnsafeMutablePointer<Float> {
    base + (row * rowStride + head * headStride)
  }

  /// Whether both have as many rows and heads of the same width.
  public func hasShape(of other: HeadsView) -> Bool {
    rows == other.rows && count == other.count && width == other.width
  }
}
