internal import Tensors

/// One block of a decoder: its parameters, and what it computes with.
struct DecoderBlock {
  let model: LanguageModel
  let parameters: ParameterLayout.Block
  let rotary: RotaryEmbedding?
  let workers: Workers

  var shape: DecoderShape { model.shape }

  init(_ model: LanguageModel, layer: Int, rotary: RotaryEmbedding?, workers: Workers) {
    self.model = model
    parameters = model.layout.blocks[layer]
    self.rotary = rotary
    self.workers = workers
  }

  /// The keys that queries see.
  enum Sight {
    /// Those of the same segment, up to the query's own.
    case rows(Segments)
    /// Those of the same path, up to the query's own.
    case paths(PrefixTree)
    /// Those in a cache, and the new ones, which are stored there.
    case cache(KeyValueCache, layer: Int, slots: [Int])
  }

  var attention: CausalAttention {
    CausalAttention(heads: shape.heads, keyHeads: shape.keyHeads, width: shape.headWidth)
  }

  /// Queries, keys and values as heads `[N, H, W]`, `[N, G, W]`, `[N, G, W]` of their matrices.
  func heads(_ projected: [MatrixView]) -> (HeadsView, HeadsView, HeadsView) {
    let (h, g, w) = (shape.heads, shape.keyHeads, shape.headWidth)
    switch shape.projection {
    case .separate:
      return (
        projected[0].heads(h, width: w), projected[1].heads(g, width: w),
        projected[2].heads(g, width: w)
      )
    case .jointThirds:
      let joint = projected[0]
      return (
        joint.heads(h, width: w), joint.heads(h, width: w, first: h * w),
        joint.heads(h, width: w, first: 2 * h * w)
      )
    case .jointHeads:
      let joint = projected[0]
      return (
        joint.heads(h, width: w, step: 3 * w), joint.heads(h, width: w, first: w, step: 3 * w),
        joint.heads(h, width: w, first: 2 * w, step: 3 * w)
      )
    }
  }

  // MARK: - Forward

  /// output `[N, D]` = input + attention + feed-forward layer, with all that lies between.
  ///
  /// - Parameters:
  ///   - positions: the position of each of the N rows.
  ///   - branches: two matrices `[N, D]` that hold anything.
  func forward(
    _ a: BlockActivations, positions: [Int32], sight: Sight, branches: (MatrixView, MatrixView)
  ) {
    shape.norm.forward(
      a.input, model.views(parameters.attentionNorm), into: a.attentionInput,
      statistics: a.attentionNorm, on: workers)
    project(a, positions)
    attend(a, sight)
    if shape.parallel {
      linear(a.mixed, parameters.attentionOutput, into: branches.0)
    } else {
      linear(a.mixed, parameters.attentionOutput, into: a.middle, plus: a.input)
    }
    shape.norm.forward(
      a.middle, model.views(parameters.feedForwardNorm), into: a.feedForwardInput,
      statistics: a.feedForwardNorm, on: workers)
    switch shape.feedForward {
    case .swiGLU:
      guard let gate = a.gate, let layer = parameters.gate else {
        preconditionFailure("SwiGLU has a gate")
      }
      linear(a.feedForwardInput, [(parameters.up, a.up), (layer, gate)])
      SwiGLU.forward(gate: gate, up: a.up, into: a.active, on: workers)
    case .gelu(let form):
      linear(a.feedForwardInput, parameters.up, into: a.up)
      form.forward(a.up, into: a.active, on: workers)
    }
    if shape.parallel {
      linear(a.active, parameters.down, into: branches.1)
      Residual.forward(a.input, branches.0, branches.1, into: a.output, on: workers)
    } else {
      linear(a.active, parameters.down, into: a.output, plus: a.middle)
    }
  }

  private func linear(
    _ x: MatrixView, _ layer: ParameterLayout.Layer, into y: MatrixView,
    plus residual: MatrixView? = nil
  ) {
    let (weight, bias) = model.views(layer)
    Linear.forward(
      x, weight: weight, bias: bias, layout: shape.layout, into: y, plus: residual, on: workers)
    model.adapter?.layer(besideWeight: layer.weight)?.forward(x, addingTo: y, on: workers)
  }

  /// Layers that read the same.
  private func linear(_ x: MatrixView, _ layers: [(ParameterLayout.Layer, y: MatrixView)]) {
    let views = layers.map { layer, y in
      let (weight, bias) = model.views(layer)
      return (weight: weight, bias: bias, y: y)
    }
    Linear.forward(x, layers: views, layout: shape.layout, on: workers)
    guard let adapter = model.adapter else { return }
    for (layer, y) in layers {
      adapter.layer(besideWeight: layer.weight)?.forward(x, addingTo: y, on: workers)
    }
  }

  /// Queries, keys and values, with their norms, turned by position.
  private func project(_ a: BlockActivations, _ positions: [Int32]) {
    linear(
      a.attentionInput,
      parameters.projections.enumerated().map { index, layer in
        (layer, index < a.raw.count ? a.raw[index] : a.projected[index])
      })
    for (index, layer) in parameters.headNorms.enumerated() {
      let rows = a.scales[index].rows
      shape.headRMSNorm.forward(
        a.raw[index].reshaped(rows: rows, columns: shape.headWidth),
        weight: model.weight(layer.weight),
        into: a.projected[index].reshaped(rows: rows, columns: shape.headWidth),
        scales: a.scales[index], on: workers)
    }
    guard let rotary else { return }
    let (queries, keys, _) = heads(a.projected)
    rotary.forward(queries, at: positions, on: workers)
    rotary.forward(keys, at: positions, on: workers)
  }

  private func attend(_ a: BlockActivations, _ sight: Sight) {
    let (queries, keys, values) = heads(a.projected)
    let mixed = a.mixed.heads(shape.heads, width: shape.headWidth)
    switch sight {
    case .rows(let segments):
      attention.forward(
        queries: queries, keys: keys, values: values, segments: segments, into: mixed,
        statistics: a.attention, on: workers)
    case .paths(let tree):
      attention.forward(
        queries: queries, keys: keys, values: values, tree: tree, into: mixed,
        statistics: a.attention, on: workers)
    case .cache(let cache, let layer, let slots):
      cache.store(keys: keys, values: values, layer: layer, slots: slots)
      attention.forward(
        queries: queries, cache: cache, layer: layer, slots: slots, into: mixed, on: workers)
    }
  }
}

extension DecoderShape {
  /// The norm of single heads, with the epsilon of the others.
  var headRMSNorm: RMSNorm {
    switch norm {
    case .rms(let epsilon), .layer(let epsilon): RMSNorm(epsilon: epsilon)
    }
  }
}
