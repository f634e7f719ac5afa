public import Tensors

extension LanguageModel {
  /// What the last norm makes of residual streams: with the output matrix (``head``) the logits
  /// that the model would give if the blocks behind them did nothing, which is the logit lens
  /// (nostalgebraist 2020).
  ///
  /// - Parameters:
  ///   - hidden: streams `[N, D]` behind any block.
  ///   - result: y `[N, D]`, another matrix.
  ///   - statistics: room `[N, 2]`.
  public func lastNorm(
    _ hidden: MatrixView, into result: MatrixView, statistics: MatrixView, on workers: Workers
  ) {
    shape.norm.forward(
      hidden, views(layout.finalNorm), into: result, statistics: statistics, on: workers)
  }
}
