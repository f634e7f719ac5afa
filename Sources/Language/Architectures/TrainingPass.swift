public import Tensors

/// One pass of a batch through a model and back, in memory that is made once.
///
/// An objective works on the hidden states behind the last norm (logits come from them in chunks,
/// ``overLogits(rows:into:selection:_:)``) and on the streams behind blocks that it names
/// (``hidden(after:)``). It leaves gradients in ``finalGradient`` and ``hiddenGradient(after:)``,
/// and ``backward(into:selection:)`` does the rest: no objective touches backpropagation.
///
/// The bits of all results do not depend on the number of workers.
public final class TrainingPass {
  /// What a forward pass is for.
  public enum Purpose: Sendable {
    /// Values only: the blocks share their memory.
    case values
    /// A backward pass follows: every block keeps what it needs.
    case gradients
  }

  /// The model, whose weights may change between passes.
  public let model: LanguageModel
  let workers: Workers
  /// Whether blocks keep only their streams and compute the rest again on the way back: less memory
  /// for a third more work, and the same bits.
  public let recomputing: Bool
  var shape: DecoderShape { model.shape }

  var rooms: [Purpose: ActivationRoom] = [:]
  var gradientRoom: GradientRoom?
  var rotary: RotaryEmbedding?
  private var hiddenGradients: [Int: FloatBlock] = [:]
  private var touched: Set<Int> = []

  /// The batch of the last forward pass.
  private var tokens: [Int32] = []
  private var positions: [Int32] = []
  /// T, tokens of each sequence in the last forward pass.
  public private(set) var length = 0
  private(set) var segments = Segments(rows: 1, length: 1)
  private var purpose = Purpose.values
  private var mayGoBack = false
  /// The blocks that the last forward pass computed, and whether it went on behind them.
  private var depth = 0
  private var isWhole = false

  /// B·T, rows of the last forward pass.
  public var rows: Int { tokens.count }

  /// A pass without memory yet.
  ///
  /// - Parameter recomputing: see ``recomputing``.
  public init(_ model: LanguageModel, on workers: Workers, recomputing: Bool = false) {
    self.model = model
    self.workers = workers
    self.recomputing = recomputing
  }

  // MARK: - Forward

  /// Computes the hidden states of B sequences of `length` tokens.
  ///
  /// - Parameters:
  ///   - tokens: B·T numbers below V, sequence after sequence. Short sequences are filled up at the
  ///     end: no token sees one behind it.
  ///   - segments: the documents that stand in the sequences: attention stays within each, and
  ///     positions begin anew. The sequences themselves where it is nil.
  ///   - last: the block, counted from 0, behind which the pass ends: only streams up to there are
  ///     read, and no ``final``. Nil for the whole model.
  ///   - tap: gets the residual stream `[B·T, D]` behind each block, and may change it.
  /// - Throws: ``ModelInputError``, or `TensorsError` where a larger batch than before finds no
  ///   memory.
  public func forward(
    _ tokens: [Int32], length: Int, segments: Segments? = nil,
    for purpose: Purpose = .gradients, through last: Int? = nil,
    tap: ((_ layer: Int, _ hidden: MatrixView) -> Void)? = nil
  ) throws {
    try model.check(tokens, length: length)
    precondition(length > 0 && tokens.count % length == 0, "B sequences of T tokens")
    precondition(last.map { (0..<shape.layers).contains($0) } ?? true, "a block of the model")
    let segments = segments ?? Segments(rows: tokens.count, length: length)
    precondition(segments.rows == tokens.count, "segments of B·T rows")
    precondition(segments.longest <= length, "a segment within a sequence")
    try prepare(rows: tokens.count, length: length, purpose)
    (self.tokens, self.length, self.purpose) = (tokens, length, purpose)
    (self.segments, positions) = (segments, segments.positions)
    let room = room(purpose)
    model.embed(tokens, positions, into: room.activations(0, rows).input, on: workers)
    depth = last.map { $0 + 1 } ?? shape.layers
    for layer in 0..<depth {
      forward(layer)
      tap?(layer, room.activations(layer, rows).output)
    }
    isWhole = last == nil
    if isWhole {
      let (final, statistics) = room.final(rows)
      shape.norm.forward(
        room.activations(shape.layers - 1, rows).output, model.views(model.layout.finalNorm),
        into: final, statistics: statistics, on: workers)
    }
    mayGoBack = purpose == .gradients
    if purpose == .gradients {
      clear(gradients.final(rows))
      for layer in touched { hiddenGradients[layer]?.clear() }
      touched = []
    }
  }

  private func forward(_ layer: Int) {
    let room = room(purpose)
    block(layer).forward(
      room.activations(layer, rows), positions: positions, sight: .rows(segments),
      branches: room.branches(rows))
  }

  /// The hidden states `[B·T, D]` behind the last norm, which the output matrix turns into logits.
  ///
  /// - Precondition: the last forward pass went through the whole model.
  public var final: MatrixView {
    precondition(isWhole, "a pass through the whole model")
    return room(purpose).final(rows).hidden
  }

  /// The residual stream `[B·T, D]` behind block `layer`, counted from 0.
  ///
  /// - Precondition: the last forward pass was for gradients; else only a tap sees it.
  public func hidden(after layer: Int) -> MatrixView {
    precondition(purpose == .gradients, "streams are kept where a backward pass follows")
    precondition(layer >= 0 && layer < depth, "a layer that the pass did not compute")
    return room(purpose).activations(layer, rows).output
  }

  // MARK: - Gradients

  /// The gradient of ``final``, `[B·T, D]`: zero behind a forward pass; an objective adds to it.
  public var finalGradient: MatrixView {
    precondition(mayGoBack, "a forward pass for gradients comes first")
    return gradients.final(rows)
  }

  /// The gradient of ``hidden(after:)``, `[B·T, D]`: zero at first; an objective adds to it.
  ///
  /// - Throws: `TensorsError` where there is no memory for it.
  public func hiddenGradient(after layer: Int) throws(TensorsError) -> MatrixView {
    precondition(mayGoBack, "a forward pass for gradients comes first")
    precondition(layer >= 0 && layer < depth, "a layer that the pass did not compute")
    if hiddenGradients[layer]?.count != gradients.rows * shape.width {
      hiddenGradients[layer] = try FloatBlock(count: gradients.rows * shape.width)
    }
    touched.insert(layer)
    guard let block = hiddenGradients[layer] else { preconditionFailure("just made") }
    return block.matrix(rows: rows, columns: shape.width)
  }

  /// Makes logits of `rows` in chunks; what the body leaves in their place are their gradients.
  ///
  /// - Parameters:
  ///   - rows: rows of the batch, ascending; row b·T + t predicts token t + 1 of sequence b.
  ///   - chunks: places in `rows` that must be there at one time; nil for the head's own.
  ///   - gradients: a block of the model's layout, where the gradient of the output matrix is
  ///     added; that of the hidden states is added to ``finalGradient``. Nil where only values are
  ///     wanted.
  public func overLogits(
    rows: [Int32], chunks: [Range<Int>]? = nil, into gradients: FloatBlock? = nil,
    selection: ParameterSelection = .all,
    _ body: (_ places: Range<Int>, _ logits: MatrixView) throws -> Void
  ) rethrows {
    let targets = gradients.map { headGradients(in: $0, selection) }
    try model.head.overChunks(
      hidden: final, rows: rows, chunks: chunks, gradients: targets, on: workers, body)
  }

  func headGradients(
    in block: FloatBlock, _ selection: ParameterSelection
  ) -> OutputHead.Gradients {
    precondition(block.count == model.layout.count, "gradients of the model's layout")
    let head = model.layout.head
    return OutputHead.Gradients(
      hidden: finalGradient,
      weight: selection.contains(head)
        ? block.matrix(model.layout.parameters[head].place) : nil)
  }

  /// Adds the gradients of all selected parameters to `gradients`, a block of the model's layout.
  ///
  /// Once behind each forward pass. It stops at the lowest block that has a selected parameter.
  ///
  /// - Parameter adapter: a block of the plan of the model's adapter, which its gradients are added
  ///   to; given where the model has one.
  public func backward(
    into block: FloatBlock, selection: ParameterSelection = .all, adapter: FloatBlock? = nil
  ) {
    precondition(mayGoBack, "a forward pass for gradients comes first")
    precondition(block.count == model.layout.count, "gradients of the model's layout")
    mayGoBack = false
    let layout = model.layout
    precondition(
      adapter?.count == model.adapter?.weights.count, "gradients for the model's adapter")
    let target = ParameterGradients(
      block: block, layout: layout, selection: selection, adapter: adapter)
    let room = room(.gradients)
    let d = gradients.block(rows)
    if isWhole {
      shape.norm.backward(
        gradients.final(rows), x: room.activations(shape.layers - 1, rows).output,
        weight: model.weight(layout.finalNorm.weight),
        statistics: room.final(rows).statistics, dx: d.stream,
        adding: false, gradients: target.views(layout.finalNorm), on: workers)
    } else {
      clear(d.stream)
    }
    let lowest = min(
      selection.lowestBlock(of: layout), model.adapter?.lowestBlock ?? layout.blocks.count)
    for layer in stride(from: depth - 1, through: max(lowest, 0), by: -1) {
      if touched.contains(layer), let own = hiddenGradients[layer] {
        Residual.backward(
          own.matrix(rows: rows, columns: shape.width), addingTo: d.stream, on: workers)
      }
      if recomputing { forward(layer) }
      self.block(layer).backward(
        room.activations(layer, rows), d, segments: segments, positions: positions, into: target)
    }
    guard lowest < 0 else { return }
    if let table = target.view(layout.embedding) {
      Embedding.backward(d.stream, tokens: tokens, dTable: table, on: workers)
    }
    if let index = layout.positions, let table = target.view(index) {
      Embedding.backward(d.stream, tokens: positions, dTable: table, on: workers)
    }
  }
}
