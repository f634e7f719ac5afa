/// One product of a group that the workers share: y = a · b (+ a' · b' …) (+ y).
///
/// Several terms are added one after the other while a tile of y is warm.
public struct MatrixProduct: @unchecked Sendable {
  /// How the factors of a product are read.
  public enum Form: Sendable {
    /// y `[M, N]` = x `[M, K]` · wᵀ, w `[N, K]`.
    case byTransposed
    /// y `[M, N]` = x `[M, K]` · w, w `[K, N]`.
    case plain
    /// y `[N, K]` = aᵀ · x, a `[M, N]`, x `[M, K]`.
    case transposedBy
  }

  /// What a tile is given when it is done, while it is warm: its rows and columns of y.
  public typealias Finish = (_ rows: Range<Int>, _ columns: Range<Int>) -> Void

  let form: Form
  let terms: [(a: MatrixView, b: MatrixView)]
  let y: MatrixView
  let adding: Bool
  /// What y begins with, where that is not y itself.
  let start: MatrixView?
  let finish: Finish?

  /// A product of one term or several, all of the same form and of y's shape.
  ///
  /// - Parameters:
  ///   - adding: whether the sum is added to what y holds.
  ///   - start: what the sum is added to instead, of y's shape; it may be y.
  ///   - finish: is called with each tile; the tiles cover y once.
  /// - Precondition: the shapes are those of the form, and there is a term.
  public init(
    _ form: Form, _ terms: [(a: MatrixView, b: MatrixView)], into y: MatrixView,
    adding: Bool = false, start: MatrixView? = nil, finish: Finish? = nil
  ) {
    precondition(!terms.isEmpty, "a product of something")
    precondition(start?.hasShape(of: y) ?? true, "a start of y's shape")
    precondition(start == nil || !adding, "one thing to add to")
    for (a, b) in terms {
      switch form {
      case .byTransposed:
        precondition(
          a.columns == b.columns && y.rows == a.rows && y.columns == b.rows,
          "y [M, N] = x [M, K] · wᵀ, w [N, K]")
      case .plain:
        precondition(
          a.columns == b.rows && y.rows == a.rows && y.columns == b.columns,
          "y [M, N] = x [M, K] · w, w [K, N]")
      case .transposedBy:
        precondition(
          a.rows == b.rows && y.rows == a.columns && y.columns == b.columns,
          "y [N, K] = aᵀ · x, a [M, N], x [M, K]")
      }
    }
    self.form = form
    self.terms = terms
    self.y = y
    // The bits are the same whether y holds what it begins with or is given a copy of it.
    self.adding = adding || start != nil
    self.start = start?.base == y.base ? nil : start
    self.finish = finish
  }

  /// Copies rows and columns of what y begins with.
  func begin(_ rows: Range<Int>, _ columns: Range<Int>) {
    guard let start else { return }
    for row in rows {
      (y.row(row) + columns.lowerBound).update(
        from: start.row(row) + columns.lowerBound, count: columns.count)
    }
  }

  /// Computes one tile of y from beginning to end.
  func compute(_ rows: Range<Int>, _ columns: Range<Int>) {
    let (row, column) = (rows.lowerBound, columns.lowerBound)
    begin(rows, columns)
    for (index, (a, b)) in terms.enumerated() {
      let keep: Float = adding || index > 0 ? 1 : 0
      let y = y.row(row) + column
      switch form {
      case .byTransposed:
        BLAS.multiply(
          a.row(row), .asIs, lda: a.stride, b.row(column), .transposed, ldb: b.stride, into: y,
          ldc: self.y.stride, m: rows.count, n: columns.count, k: a.columns, keep: keep)
      case .plain:
        BLAS.multiply(
          a.row(row), .asIs, lda: a.stride, b.base + column, .asIs, ldb: b.stride, into: y,
          ldc: self.y.stride, m: rows.count, n: columns.count, k: a.columns, keep: keep)
      case .transposedBy:
        BLAS.multiply(
          a.base + row, .transposed, lda: a.stride, b.base + column, .asIs, ldb: b.stride, into: y,
          ldc: self.y.stride, m: rows.count, n: columns.count, k: a.rows, keep: keep)
      }
    }
    finish?(rows, columns)
  }
}

/// How a result `[R, C]` is cut into tiles: a function of its shape alone.
///
/// BLAS copies both factors of a tile into its own order, which costs rows + columns beside the
/// rows · columns of the work: tiles are large, and near to squares where the result allows it
/// (256 rows of 384 columns run at 0.98 of the whole result's rate, 64 rows at 0.86). A large
/// result has 8 tiles or 16 at least, one of 128 by 128 two, and the small ones of a group go with
/// others.
struct ProductTiles {
  let height, width: Int
  let down, across: Int

  init(rows: Int, columns: Int) {
    let area = rows * columns
    let wanted = max(1, min(4, area / 8_192), min(area / 49_152, area >= 1 << 20 ? 16 : 8))
    var best = (cost: Double.infinity, height: rows, width: columns)
    for down in 1...16 {
      let height = ProductTiles.rounded(pieces(rows, of: down))
      let reached = pieces(rows, of: height)
      let width = ProductTiles.rounded(pieces(columns, of: pieces(wanted, of: reached)))
      guard reached * pieces(columns, of: width) >= min(wanted, 8) else { continue }
      let cost = 1 / Double(min(height, rows)) + 1 / Double(min(width, columns))
      if cost < best.cost { best = (cost, height, width) }
    }
    (height, width) = (best.height, best.width)
    (down, across) = (pieces(rows, of: height), pieces(columns, of: width))
  }

  /// Up to a multiple of 16, the rows and columns that the kernels of BLAS take at a time.
  private static func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }

  var count: Int { down * across }
}

extension Workers {
  /// All of these products, which must not write to or read what another one writes: the workers
  /// share the tiles of all and meet once.
  ///
  /// The bits are those of product after product.
  public func multiply(_ products: [MatrixProduct]) {
    let products = products.filter { $0.y.rows > 0 && $0.y.columns > 0 }
    if products.contains(where: { $0.form != .transposedBy && $0.y.rows <= FewRows.limit }) {
      return products.forEach(multiplyAlone)
    }
    let grids = products.map { ProductTiles(rows: $0.y.rows, columns: $0.y.columns) }
    // The last tiles are taken first: the long ones of weights before the many of rows.
    run(tiles: grids.reduce(0) { $0 + $1.count }) { tile, _ in
      var (tile, index) = (tile, 0)
      while tile >= grids[index].count {
        tile -= grids[index].count
        index += 1
      }
      let (product, grid) = (products[index], grids[index])
      product.compute(
        piece(tile / grid.across, of: grid.height, in: product.y.rows),
        piece(tile % grid.across, of: grid.width, in: product.y.columns))
    }
  }

  /// With few rows the weights are read straight from memory.
  private func multiplyAlone(_ product: MatrixProduct) {
    product.begin(0..<product.y.rows, 0..<product.y.columns)
    for (index, (a, b)) in product.terms.enumerated() {
      let adding = product.adding || index > 0
      switch product.form {
      case .byTransposed: multiply(a, byTransposed: b, into: product.y, adding: adding)
      case .plain: multiply(a, by: b, into: product.y, adding: adding)
      case .transposedBy: multiply(transposed: a, by: b, into: product.y, adding: adding)
      }
    }
    product.finish?(0..<product.y.rows, 0..<product.y.columns)
  }
}
