internal import Tensors

extension DecoderShape.Norm {
  /// y `[N, D]` of x `[N, D]`.
  ///
  /// - Parameter statistics: `[N, 2]`, kept for the backward pass.
  func forward(
    _ x: MatrixView, _ parameters: (weight: MatrixView, bias: MatrixView?), into y: MatrixView,
    statistics: MatrixView, on workers: Workers
  ) {
    switch self {
    case .rms(let epsilon):
      RMSNorm(epsilon: epsilon).forward(
        x, weight: parameters.weight, into: y, scales: statistics, on: workers)
    case .layer(let epsilon):
      LayerNorm(epsilon: epsilon).forward(
        x, weight: parameters.weight, bias: parameters.bias, into: y, statistics: statistics,
        on: workers)
    }
  }

  /// dx `[N, D]` of dy `[N, D]`, written or added; parameters' gradients are added to.
  func backward(
    _ dy: MatrixView, x: MatrixView, weight: MatrixView, statistics: MatrixView, dx: MatrixView,
    adding: Bool, gradients: (weight: MatrixView?, bias: MatrixView?), on workers: Workers
  ) {
    switch self {
    case .rms(let epsilon):
      RMSNorm(epsilon: epsilon).backward(
        dy, x: x, weight: weight, scales: statistics, dx: dx, addingToInput: adding,
        dWeight: gradients.weight, on: workers)
    case .layer(let epsilon):
      LayerNorm(epsilon: epsilon).backward(
        dy, x: x, weight: weight, statistics: statistics, dx: dx, addingToInput: adding,
        dWeight: gradients.weight, dBias: gradients.bias, on: workers)
    }
  }
}
