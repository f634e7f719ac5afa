internal import Foundation

/// The logistic function, in Double.
enum Logistic {
  /// σ(x) = 1 / (1 + e^−x).
  static func value(_ x: Double) -> Double {
    x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  }

  /// log σ(x), without overflow and without loss near 0.
  static func logarithm(_ x: Double) -> Double {
    x >= 0 ? -log1p(exp(-x)) : x - log1p(exp(x))
  }
}
