internal import Foundation

/// How the learning rate changes from step to step.
///
/// Warm-up is linear: step s of W has s / W of the rate. Behind it the rate is constant, or falls
/// from 1 to `final` on a line or half a cosine (Loshchilov, Hutter 2017, without restarts), which
/// it reaches with the last step.
public struct Schedule: Sendable, Equatable {
  /// The form behind the warm-up.
  public enum Kind: String, Sendable, CaseIterable {
    /// The rate stays.
    case constant
    /// The rate falls on a line.
    case linear
    /// The rate falls on half a cosine.
    case cosine
  }

  /// The form behind the warm-up.
  public let kind: Kind
  /// Steps of the warm-up, W.
  public let warmup: Int
  /// The share of the rate that the last step has.
  public let final: Double

  /// A schedule.
  ///
  /// - Precondition: the warm-up is not negative, and `final` is from 0 to 1.
  public init(kind: Kind = .constant, warmup: Int = 0, final: Double = 0) {
    precondition(warmup >= 0 && final >= 0 && final <= 1, "no such schedule")
    self.kind = kind
    self.warmup = warmup
    self.final = final
  }

  /// The share of the rate that a step has.
  ///
  /// - Parameters:
  ///   - step: its number, from 1.
  ///   - steps: how many there are.
  public func share(step: Int, of steps: Int) -> Double {
    precondition(step > 0 && steps > 0, "steps are counted from 1")
    if step <= warmup { return Double(step) / Double(warmup) }
    guard kind != .constant, steps > warmup else { return 1 }
    let done = min(1, Double(step - warmup) / Double(steps - warmup))
    let fall = kind == .linear ? done : (1 - cos(.pi * done)) / 2
    return 1 - (1 - final) * fall
  }
}
