/// The output matrix of a language model, taken in chunks of rows: the logits `[N, V]` never stand
/// whole in memory.
///
/// What is done with the logits of a chunk is the caller's: a loss turns them into their gradient
/// in place, and the products with the output matrix and the hidden states follow while they are
/// warm.
public struct OutputHead: @unchecked Sendable {
  /// W `[V, D]`.
  public let weight: MatrixView
  /// b `[1, V]`, for the few models that have one.
  public let bias: MatrixView?

  /// Floats of logits in a chunk, at most, unless one row has more: 128 MiB, of which a vocabulary
  /// below 65,536 needs less. Fewer rows would not pay for reading and writing dW once a chunk.
  private static let chunkFloats = 1 << 25

  /// Rows of a chunk: a function of V alone.
  public let chunk: Int

  /// A head.
  public init(weight: MatrixView, bias: MatrixView? = nil) {
    self.init(weight: weight, bias: bias, chunk: OutputHead.chunk(vocabulary: weight.rows))
  }

  /// The rows of a chunk for a vocabulary of V tokens.
  public static func chunk(vocabulary: Int) -> Int {
    let rows = min(512, max(1, OutputHead.chunkFloats / max(vocabulary, 1)))
    return rows >= 64 ? rows / 64 * 64 : rows
  }

  /// A head with another chunk, for tests.
  init(weight: MatrixView, bias: MatrixView?, chunk: Int) {
    precondition(bias.map { $0.rows == 1 && $0.columns == weight.rows } ?? true, "b [1, V]")
    self.weight = weight
    self.bias = bias
    self.chunk = chunk
  }

  /// Where gradients go; each is added to.
  public struct Gradients: @unchecked Sendable {
    /// Of the hidden states, `[N, D]`.
    public let hidden: MatrixView?
    /// Of the output matrix, `[V, D]`; nil where it is frozen.
    public let weight: MatrixView?
    /// Of the bias, `[1, V]`.
    public let bias: MatrixView?

    /// The gradients that somebody needs.
    public init(hidden: MatrixView?, weight: MatrixView?, bias: MatrixView? = nil) {
      self.hidden = hidden
      self.weight = weight
      self.bias = bias
    }
  }

  /// Makes the logits of `rows`, chunk after chunk.
  ///
  /// - Parameters:
  ///   - hidden: h `[N, D]`, behind the last norm.
  ///   - rows: the rows of h whose logits are wanted, ascending.
  ///   - chunks: places in `rows`, one behind the other: what must be there at one time. Nil for
  ///     ``chunk`` rows each.
  ///   - gradients: nil where only values are wanted. The body then leaves dlogits in place of the
  ///     logits, and dh[rows] += dlogits · W, dW += dlogitsᵀ · h[rows], db += Σ dlogits.
  ///   - body: gets a range of places in `rows` and the logits `[range.count, V]` of these rows. It
  ///     runs in the calling thread and may use the workers.
  public func overChunks(
    hidden: MatrixView, rows: [Int32], chunks: [Range<Int>]? = nil, gradients: Gradients? = nil,
    on workers: Workers, _ body: (_ places: Range<Int>, _ logits: MatrixView) throws -> Void
  ) rethrows {
    let (vocabulary, width) = (weight.rows, weight.columns)
    check(hidden, rows, gradients)
    let chunks = chunks ?? self.chunks(of: rows.count)
    precondition(chunks.reduce(0) { $1.lowerBound == $0 ? $1.upperBound : -1 } == rows.count)
    let chunk = chunks.map(\.count).max() ?? 0
    guard chunk > 0 else { return }
    let room = workers.scratch.slot(.logits, floats: chunk * vocabulary)
    let gathered = workers.scratch.slot(.hidden, floats: 2 * chunk * width)
    for places in chunks {
      let logits = MatrixView(room, rows: places.count, columns: vocabulary)
      let states = MatrixView(gathered, rows: places.count, columns: width)
      for (row, place) in places.enumerated() {
        states.row(row).update(from: hidden.row(Int(rows[place])), count: width)
      }
      Linear.forward(states, weight: weight, bias: bias, into: logits, on: workers)
      try body(places, logits)
      guard let gradients else { continue }
      let change = MatrixView(gathered + chunk * width, rows: places.count, columns: width)
      Linear.backward(
        logits, x: states, weight: weight, dx: gradients.hidden == nil ? nil : change,
        dWeight: gradients.weight, dBias: gradients.bias, on: workers)
      if let target = gradients.hidden {
        for (row, place) in places.enumerated() {
          addScaled(change.row(row), 1, to: target.row(Int(rows[place])), width)
        }
      }
    }
  }

  private func chunks(of rows: Int) -> [Range<Int>] {
    guard rows > 0 else { return [] }
    let size = min(chunk, rows)
    return (0..<pieces(rows, of: size)).map { piece($0, of: size, in: rows) }
  }

  private func check(_ hidden: MatrixView, _ rows: [Int32], _ gradients: Gradients?) {
    precondition(hidden.columns == weight.columns, "h [N, D] and W [V, D]")
    precondition(rows.allSatisfy { $0 >= 0 && Int($0) < hidden.rows }, "rows that h has")
    precondition(gradients?.hidden?.hasShape(of: hidden) ?? true, "dh has the shape of h")
    precondition(gradients?.weight?.hasShape(of: weight) ?? true, "dW has the shape of W")
  }
}
