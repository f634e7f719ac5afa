internal import Tensors

/// Where the gradients of activations lie in a block.
struct GradientPlan {
  let final, stream, normed, mixed, active: BlockPlan.Place
  let projected: [BlockPlan.Place]
  /// Floats of a block of this plan.
  let count: Int

  /// A plan for `rows` rows.
  init(_ shape: DecoderShape, rows: Int) {
    var plan = BlockPlan()
    func place(_ columns: Int) -> BlockPlan.Place { plan.reserve(rows: rows, columns: columns) }
    let queries = shape.heads * shape.headWidth
    let keys = shape.keyHeads * shape.headWidth
    final = place(shape.width)
    stream = place(shape.width)
    normed = place(shape.width)
    mixed = place(queries)
    active = place(shape.inner)
    projected =
      shape.projection == .separate
      ? [place(queries), place(keys), place(keys)] : [place(queries + 2 * keys)]
    count = plan.count
  }
}

/// The memory of a backward pass, beside the activations: made once for a number of rows.
final class GradientRoom {
  /// How many rows there is room for.
  let rows: Int
  private let memory: FloatBlock
  private let plan: GradientPlan

  /// Room for at most `rows` rows.
  ///
  /// - Throws: `TensorsError` where there is no memory for it.
  init(_ shape: DecoderShape, rows: Int) throws(TensorsError) {
    self.rows = rows
    plan = GradientPlan(shape, rows: rows)
    memory = try FloatBlock(count: plan.count)
  }

  /// The gradient `[N, D]` of the hidden states behind the last norm.
  func final(_ rows: Int) -> MatrixView { view(plan.final, rows) }

  /// The gradients that the blocks use one after the other.
  func block(_ rows: Int) -> BlockGradients {
    BlockGradients(
      stream: view(plan.stream, rows), normed: view(plan.normed, rows),
      mixed: view(plan.mixed, rows), projected: plan.projected.map { view($0, rows) },
      active: view(plan.active, rows))
  }

  private func view(_ place: BlockPlan.Place, _ rows: Int) -> MatrixView {
    precondition(rows <= place.rows, "more rows than there is room for")
    return memory.matrix(at: place.offset, rows: rows, columns: place.columns)
  }
}

extension TrainingPass {
  /// Makes room for a batch, if an earlier one did not.
  func prepare(rows: Int, length: Int, _ purpose: Purpose) throws(TensorsError) {
    // What a pass for gradients has room for, one for values has.
    let isRoomy = purpose == .values && rooms[.gradients].map { $0.rows >= rows } ?? false
    if isRoomy { rooms[.values] = nil }
    if !isRoomy, rooms[purpose].map({ $0.rows < rows }) ?? true {
      rooms[purpose] = nil
      let keeping: ActivationPlan.Keeping =
        purpose == .values ? .nothing : recomputing ? .streams : .all
      rooms[purpose] = try ActivationRoom(shape, rows: rows, keeping: keeping)
    }
    if purpose == .gradients, gradientRoom.map({ $0.rows < rows }) ?? true {
      gradientRoom = nil
      gradientRoom = try GradientRoom(shape, rows: rows)
    }
    if rotary.map({ $0.positions < length }) ?? true {
      rotary = try shape.rotaryEmbedding(positions: length)
    }
  }

  func room(_ purpose: Purpose) -> ActivationRoom {
    guard let room = rooms[purpose] ?? rooms[.gradients] else {
      preconditionFailure("a forward pass comes first")
    }
    return room
  }

  var gradients: GradientRoom {
    guard let gradientRoom else { preconditionFailure("a forward pass for gradients comes first") }
    return gradientRoom
  }

  func block(_ layer: Int) -> DecoderBlock {
    DecoderBlock(model, layer: layer, rotary: rotary, workers: workers)
  }
}

extension DecoderShape {
  /// The table of the rotary embedding for so many positions; nil for learned positions.
  func rotaryEmbedding(positions: Int) throws(TensorsError) -> RotaryEmbedding? {
    guard case .rotary(let width, let base, let scaling) = self.positions else { return nil }
    return try RotaryEmbedding(width: width, base: base, scaling: scaling, positions: positions)
  }
}

extension LanguageModel {
  /// The residual stream `[N, D]` before the first block: the rows of tokens, and of positions
  /// where they are learned.
  func embed(_ tokens: [Int32], _ positions: [Int32], into y: MatrixView, on workers: Workers) {
    Embedding.forward(tokens, table: weight(layout.embedding), into: y, on: workers)
    guard let index = layout.positions else { return }
    Embedding.forward(positions, table: weight(index), into: y, adding: true, on: workers)
  }
}

/// Sets a matrix without gaps to zero.
func clear(_ matrix: MatrixView) {
  precondition(matrix.isContiguous, "a matrix without gaps")
  matrix.base.update(repeating: 0, count: matrix.rows * matrix.columns)
}
