internal import Tensors

/// Where the activations of a pass lie in a block.
struct ActivationPlan {
  /// What is there when a block follows another.
  enum Keeping {
    /// Nothing: the blocks share one set.
    case nothing
    /// The streams between blocks; what lies within a block is shared, to be computed again.
    case streams
    /// All that a backward pass needs.
    case all
  }

  struct Block {
    var input, middle, output: BlockPlan.Place
    var attentionInput, feedForwardInput: BlockPlan.Place
    var attentionNorm, feedForwardNorm: BlockPlan.Place
    var projected, raw, scales: [BlockPlan.Place]
    var mixed, attention: BlockPlan.Place
    var gate: BlockPlan.Place?
    var up, active: BlockPlan.Place
  }

  let blocks: [Block]
  let branches: [BlockPlan.Place]
  let final, finalNorm: BlockPlan.Place
  /// Floats of a block of this plan.
  let count: Int

  /// A plan for `rows` rows.
  ///
  /// - Parameter keeping: what every block keeps.
  init(_ shape: DecoderShape, rows: Int, keeping: Keeping) {
    let keeps = keeping != .nothing
    var plan = BlockPlan()
    func stream() -> BlockPlan.Place { plan.reserve(rows: rows, columns: shape.width) }
    func block(_ input: BlockPlan.Place) -> Block {
      let queries = shape.heads * shape.headWidth
      let keys = shape.keyHeads * shape.headWidth
      func place(_ columns: Int) -> BlockPlan.Place { plan.reserve(rows: rows, columns: columns) }
      let swiGLU = shape.feedForward == .swiGLU
      let up = place(shape.inner)
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
    while keeps && blocks.count < shape.layers {
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
    branches = [stream(), stream()]
    final = stream()
    finalNorm = plan.reserve(rows: rows, columns: 2)
    count = plan.count
  }
}

/// The memory of a pass: made once for a number of rows, and used for as many or fewer.
final class ActivationRoom {
  /// How many rows there is room for.
  let rows: Int
  private let memory: FloatBlock
  private let plan: ActivationPlan

  /// Room for at most `rows` rows.
  ///
  /// - Parameter keeping: what every block keeps.
  /// - Throws: `TensorsError` where there is no memory for it.
  init(_ shape: DecoderShape, rows: Int, keeping: ActivationPlan.Keeping) throws(TensorsError) {
    self.rows = rows
    plan = ActivationPlan(shape, rows: rows, keeping: keeping)
    memory = try FloatBlock(count: plan.count)
  }

  /// The activations of a block for `rows` rows.
  func activations(_ layer: Int, _ rows: Int) -> BlockActivations {
    let block = plan.blocks[min(layer, plan.blocks.count - 1)]
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
    (view(plan.branches[0], rows), view(plan.branches[1], rows))
  }

  /// The hidden states `[N, D]` behind the last norm, and the norm's statistics `[N, 2]`.
  func final(_ rows: Int) -> (hidden: MatrixView, statistics: MatrixView) {
    (view(plan.final, rows), view(plan.finalNorm, rows))
  }

  private func view(_ place: BlockPlan.Place, _ rows: Int) -> MatrixView {
    precondition(rows <= place.rows, "more rows than there is room for")
    return memory.matrix(at: place.offset, rows: rows, columns: place.columns)
  }
}
