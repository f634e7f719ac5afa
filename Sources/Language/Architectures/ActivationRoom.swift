internal import Tensors

/// The memory of a pass: made once for a number of rows, and used for as many or fewer.
final class ActivationRoom {
  private struct Block {
    var input, middle, output: BlockPlan.Place
    var attentionInput, feedForwardInput: BlockPlan.Place
    var attentionNorm, feedForwardNorm: BlockPlan.Place
    var projected, raw, scales: [BlockPlan.Place]
    var mixed, attention: BlockPlan.Place
    var gate: BlockPlan.Place?
    var up, active: BlockPlan.Place
  }

  /// What is there when a block follows another.
  enum Keeping {
    /// Nothing: the blocks share one set.
    case nothing
    /// The streams between blocks; what lies within a block is shared, to be computed again.
    case streams
    /// All that a backward pass needs.
    case all
  }

  /// How many rows there is room for.
  let rows: Int
  private let memory: FloatBlock
  private let blocks: [Block]
  private let branchPlaces: [BlockPlan.Place]
  private let finalPlace, finalNormPlace: BlockPlan.Place

  /// Room for at most `rows` rows.
  ///
  /// - Parameter keeping: what every block keeps.
  /// - Throws: `TensorsError` where there is no memory for it.
  init(_ shape: DecoderShape, rows: Int, keeping: Keeping) throws(TensorsError) {
    self.rows = rows
    var plan = BlockPlan()
    func stream() -> BlockPlan.Place { plan.reserve(rows: rows, columns: shape.width) }
    func block(_ input: BlockPlan.Place) -> Block {
      let queries = shape.heads * shape.headWidth
      let keys = shape.keyHeads * shape.headWidth
      func place(_ columns: Int) -> BlockPlan.Place { plan.reserve(rows: rows, columns: columns) }
      let swiGLU = shape.feedForward == .swiGLU
      let up = place(shape.inner)
      let keeps = keeping != .nothing
      return Block(
        input: input, middle: keeps && !shape.parallel ? stream() : input,
        output: keeps ? stream() : input, attentionInput: stream(), feedForwardInput: stream(),
        attentionNorm: place(2), feedForwardNorm: place(2),
        projected: shape.projection == .separate
          ? [place(queries), place(keys), place(keys)] : [place(queries + 2 * keys)],
        raw: shape.headNorm ? [place(queries), place(keys)] : [],
        scales: shape.headNorm ? [place(shape.heads), place(shape.keyHeads)] : [],
        mixed: place(queries), attention: place(2 * shape.heads),
        gate: swiGLU ? place(shape.inner) : nil, up: up,
        active: keeps ? place(shape.inner) : up)
    }
    var blocks = [block(stream())]
    while keeping != .nothing && blocks.count < shape.layers {
      let input = blocks[blocks.count - 1].output
      if keeping == .all {
        blocks.append(block(input))
      } else {
        var next = blocks[0]
        (next.input, next.output) = (input, stream())
        if shape.parallel { next.middle = input }
        blocks.append(next)
      }
    }
    self.blocks = blocks
    branchPlaces = [stream(), stream()]
    finalPlace = stream()
    finalNormPlace = plan.reserve(rows: rows, columns: 2)
    memory = try FloatBlock(count: plan.count)
  }

  /// The activations of a block for `rows` rows.
  func activations(_ layer: Int, _ rows: Int) -> BlockActivations {
    let block = blocks[min(layer, blocks.count - 1)]
    func view(_ place: BlockPlan.Place) -> MatrixView { self.view(place, rows) }
    let scales = block.scales.map { place in
      memory.matrix(at: place.offset, rows: rows * place.columns, columns: 1)
    }
    return BlockActivations(
      input: view(block.input), middle: view(block.middle), output: view(block.output),
      attentionInput: view(block.attentionInput), feedForwardInput: view(block.feedForwardInput),
      attentionNorm: view(block.attentionNorm), feedForwardNorm: view(block.feedForwardNorm),
      projected: block.projected.map(view), raw: block.raw.map(view), scales: scales,
      mixed: view(block.mixed), attention: view(block.attention), gate: block.gate.map(view),
      up: view(block.up), active: view(block.active))
  }

  /// Two matrices `[N, D]` for what the branches of a block add to the stream.
  func branches(_ rows: Int) -> (MatrixView, MatrixView) {
    (view(branchPlaces[0], rows), view(branchPlaces[1], rows))
  }

  /// The hidden states `[N, D]` behind the last norm, and the norm's statistics `[N, 2]`.
  func final(_ rows: Int) -> (hidden: MatrixView, statistics: MatrixView) {
    (view(finalPlace, rows), view(finalNormPlace, rows))
  }

  private func view(_ place: BlockPlan.Place, _ rows: Int) -> MatrixView {
    precondition(rows <= place.rows, "more rows than there is room for")
    return memory.matrix(at: place.offset, rows: rows, columns: place.columns)
  }
}
