internal import Tensors

/// What one block of a decoder computes for N rows; a backward pass needs all of it.
///
/// Where no backward pass follows, all blocks share one set, and `input`, `middle` and `output` are
/// one matrix.
struct BlockActivations {
  /// The residual stream `[N, D]`: before the block, behind attention, behind the block.
  var input, middle, output: MatrixView
  /// What the norms give `[N, D]`, and their statistics `[N, 2]`.
  var attentionInput, feedForwardInput: MatrixView
  var attentionNorm, feedForwardNorm: MatrixView
  /// Queries, keys and values `[N, H·W]`, `[N, G·W]`, or one joint matrix `[N, 3·H·W]`.
  var projected: [MatrixView]
  /// With norms on heads: queries and keys before them, and the scales `[N·H, 1]`, `[N·G, 1]`.
  var raw: [MatrixView]
  var scales: [MatrixView]
  /// Attention's result `[N, H·W]`, and its statistics `[N, 2H]`.
  var mixed, attention: MatrixView
  /// The feed-forward layer `[N, F]`: gate (SwiGLU only), up, and what goes into `down`.
  var gate: MatrixView?
  var up, active: MatrixView
}
