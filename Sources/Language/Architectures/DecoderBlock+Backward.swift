internal import Tensors

/// Gradients that all blocks of a backward pass use one after the other, for N rows.
struct BlockGradients {
  /// Of the residual stream `[N, D]`: that of the block's output comes in, that of its input goes
  /// out.
  var stream: MatrixView
  /// Of what a norm gives, `[N, D]`.
  var normed: MatrixView
  /// Of attention's result, `[N, H·W]`.
  var mixed: MatrixView
  /// Of queries, keys and values, shaped as ``BlockActivations/projected``.
  var projected: [MatrixView]
  /// Of what goes into `down`, `[N, F]`.
  var active: MatrixView
}

/// Where the gradients of parameters go: a block of the model's layout, and which are wanted.
struct ParameterGradients {
  let block: FloatBlock
  let layout: ParameterLayout
  let selection: ParameterSelection
  /// A block of the adapter's plan; nil where the model has none.
  let adapter: FloatBlock?

  /// The gradient of a parameter; nil where it is frozen.
  func view(_ index: Int) -> MatrixView? {
    selection.contains(index) ? block.matrix(layout.parameters[index].place) : nil
  }

  func views(_ layer: ParameterLayout.Layer) -> (weight: MatrixView?, bias: MatrixView?) {
    (view(layer.weight), layer.bias.flatMap(view))
  }
}

extension DecoderBlock {
  /// The gradient of the block's input, in place of that of its output, and those of its
  /// parameters.
  ///
  /// Every step undoes one of forward's, from the last to the first. The activations of the
  /// feed-forward layer are overwritten: a backward pass follows a forward pass once.
  func backward(
    _ a: BlockActivations, _ d: BlockGradients, segments: Segments, positions: [Int32],
    into gradients: ParameterGradients
  ) {
    feedForwardBackward(a, d, gradients)
    if shape.parallel {
      // Both branches read the same stream: its gradient is used by both before either adds to it.
      linearBackward(d.stream, a.mixed, parameters.attentionOutput, dx: d.mixed, gradients)
      feedForwardNormBackward(a, d, gradients)
    } else {
      feedForwardNormBackward(a, d, gradients)
      linearBackward(d.stream, a.mixed, parameters.attentionOutput, dx: d.mixed, gradients)
    }
    attentionBackward(a, d, segments, positions)
    for (index, layer) in parameters.headNorms.enumerated() {
      let rows = a.scales[index].rows
      let gradient = d.projected[index].reshaped(rows: rows, columns: shape.headWidth)
      shape.headRMSNorm.backward(
        gradient, x: a.raw[index].reshaped(rows: rows, columns: shape.headWidth),
        weight: model.weight(layer.weight), scales: a.scales[index], dx: gradient,
        dWeight: gradients.view(layer.weight), on: workers)
    }
    linearBackward(
      parameters.projections.enumerated().map { (d.projected[$0], $1) }, a.attentionInput,
      dx: d.normed, gradients)
    shape.norm.backward(
      d.normed, x: a.input, weight: model.weight(parameters.attentionNorm.weight),
      statistics: a.attentionNorm, dx: d.stream, adding: true,
      gradients: gradients.views(parameters.attentionNorm), on: workers)
  }

  private func linearBackward(
    _ dy: MatrixView, _ x: MatrixView, _ layer: ParameterLayout.Layer, dx: MatrixView,
    _ gradients: ParameterGradients
  ) {
    linearBackward([(dy, layer)], x, dx: dx, gradients)
  }

  /// Layers that read the same x: dx is the sum over all of them.
  private func linearBackward(
    _ layers: [(dy: MatrixView, ParameterLayout.Layer)], _ x: MatrixView, dx: MatrixView,
    _ gradients: ParameterGradients
  ) {
    Linear.backward(
      layers.map { dy, layer in
        let (dWeight, dBias) = gradients.views(layer)
        return (dy, model.weight(layer.weight), dWeight, dBias)
      }, x: x, layout: shape.layout, dx: dx, on: workers)
    guard let adapter = model.adapter, let target = gradients.adapter else { return }
    for (dy, layer) in layers {
      guard let lowRank = adapter.layer(besideWeight: layer.weight),
        let (dDown, dUp) = adapter.views(besideWeight: layer.weight, in: target)
      else { continue }
      lowRank.backward(dy, x: x, addingTo: dx, dDown: dDown, dUp: dUp, on: workers)
    }
  }

  private func feedForwardBackward(
    _ a: BlockActivations, _ d: BlockGradients, _ gradients: ParameterGradients
  ) {
    linearBackward(d.stream, a.active, parameters.down, dx: d.active, gradients)
    switch shape.feedForward {
    case .swiGLU:
      guard let gate = a.gate, let layer = parameters.gate else {
        preconditionFailure("SwiGLU has a gate")
      }
      SwiGLU.backward(d.active, gate: gate, up: a.up, dGate: gate, dUp: a.up, on: workers)
      linearBackward(
        [(a.up, parameters.up), (gate, layer)], a.feedForwardInput, dx: d.normed, gradients)
    case .gelu(let form):
      form.backward(d.active, x: a.up, dx: d.active, on: workers)
      linearBackward(d.active, a.feedForwardInput, parameters.up, dx: d.normed, gradients)
    }
  }

  private func feedForwardNormBackward(
    _ a: BlockActivations, _ d: BlockGradients, _ gradients: ParameterGradients
  ) {
    shape.norm.backward(
      d.normed, x: a.middle, weight: model.weight(parameters.feedForwardNorm.weight),
      statistics: a.feedForwardNorm, dx: d.stream, adding: true,
      gradients: gradients.views(parameters.feedForwardNorm), on: workers)
  }

  private func attentionBackward(
    _ a: BlockActivations, _ d: BlockGradients, _ segments: Segments, _ positions: [Int32]
  ) {
    let (queries, keys, values) = heads(a.projected)
    let (dQueries, dKeys, dValues) = heads(d.projected)
    let (h, w) = (shape.heads, shape.headWidth)
    attention.backward(
      d.mixed.heads(h, width: w), queries: queries, keys: keys, values: values, segments: segments,
      y: a.mixed.heads(h, width: w), statistics: a.attention, dQueries: dQueries, dKeys: dKeys,
      dValues: dValues, on: workers)
    rotary?.backward(dQueries, at: positions, on: workers)
    rotary?.backward(dKeys, at: positions, on: workers)
  }
}
