public import Language
public import Tensors

/// What a frozen reference model says of a batch: constants of the data.
public struct ReferenceValues: Sendable {
  /// S^r `[B]`, the sum of the negative log-likelihoods of each sequence's scored tokens, in nats.
  public var sequenceLosses: [Double]?
  /// Its logits.
  public var logits: ReferenceLogits?
  /// Its residual stream `[B·T, D]` behind blocks.
  public var hidden: [Int: MatrixView]

  /// Values that somebody kept.
  public init(
    sequenceLosses: [Double]? = nil, logits: ReferenceLogits? = nil,
    hidden: [Int: MatrixView] = [:]
  ) {
    (self.sequenceLosses, self.logits, self.hidden) = (sequenceLosses, logits, hidden)
  }

  /// Asks a reference.
  ///
  /// - Parameters:
  ///   - pass: of the reference model; it is left behind a forward pass for values.
  ///   - tokens: B·T tokens, laid as the labels.
  ///   - labels: as ``ObjectiveBatch/labels``.
  ///   - layers: the blocks whose streams are wanted, where `needs` has `hidden`.
  /// - Throws: `ModelInputError` for tokens or layers that the model does not have, `TensorsError`
  ///   where memory is short.
  public init(
    asking pass: TrainingPass, tokens: [Int32], labels: [Int32], length: Int,
    _ needs: ReferenceNeeds, layers: [Int] = []
  ) throws {
    let shape = pass.model.shape
    self.init()
    let wanted = needs.contains(.hidden) ? layers : []
    for layer in wanted {
      guard layer >= 0, layer < shape.layers else {
        throw ModelInputError.layer(layer, layers: shape.layers)
      }
      hidden[layer] = try FloatBlock(count: tokens.count * shape.width)
        .matrix(rows: tokens.count, columns: shape.width)
    }
    let kept = hidden
    let last = needs == .hidden ? wanted.max() : nil
    try pass.forward(tokens, length: length, for: .values, through: last) { layer, stream in
      if let copy = kept[layer] { copy.take(stream) }
    }
    if needs.contains(.sequenceLosses) {
      sequenceLosses = pass.loss(labels: labels).sequences
    }
    if needs.contains(.logits) {
      let copy = try FloatBlock(count: tokens.count * shape.width)
        .matrix(rows: tokens.count, columns: shape.width)
      copy.take(pass.final)
      logits = ReferenceLogits(hidden: copy, head: pass.model.head)
    }
  }
}

/// The logits of a reference, made in chunks of its hidden states: whole, they would be as large as
/// the batch times the vocabulary.
public struct ReferenceLogits: Sendable {
  /// The hidden states `[B·T, D]` behind the reference's last norm.
  public let hidden: MatrixView
  /// The reference's own output matrix, which nobody trains: where the model's is trained, a copy.
  public let head: OutputHead

  /// Logits of hidden states.
  public init(hidden: MatrixView, head: OutputHead) {
    precondition(hidden.columns == head.weight.columns, "h [N, D] and W [V, D]")
    (self.hidden, self.head) = (hidden, head)
  }

  /// Room for the hidden states and the logits of a chunk of `rows`.
  func room(rows: Int) throws(TensorsError) -> FloatBlock {
    try FloatBlock(count: max(rows, 1) * (hidden.columns + head.weight.rows))
  }

  /// The logits `[rows.count, V]` of some rows, in `room`.
  func make(_ rows: ArraySlice<Int32>, in room: FloatBlock, on workers: Workers) -> MatrixView {
    let states = room.matrix(rows: rows.count, columns: hidden.columns)
    let logits = room.matrix(
      at: rows.count * hidden.columns, rows: rows.count, columns: head.weight.rows)
    for (place, row) in rows.enumerated() {
      states.row(place).update(from: hidden.row(Int(row)), count: hidden.columns)
    }
    Linear.forward(states, weight: head.weight, bias: head.bias, into: logits, on: workers)
    return logits
  }
}

extension MatrixView {
  /// Copies the elements of another matrix of the same shape.
  fileprivate func take(_ other: MatrixView) {
    precondition(hasShape(of: other), "matrices of one shape")
    for row in 0..<rows { self.row(row).update(from: other.row(row), count: columns) }
  }
}
