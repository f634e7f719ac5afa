/// How the dual variables move and when a run ends.
///
/// The defaults were chosen on synthetic problems (`SyntheticProblem` in the tests: three quadratic
/// terms, four constraints, noisy measures of 200 items, 30 measurements). There rates from 0.25 to
/// 1 did alike; a power of 0.9 called a seventh of the runs infeasible that were not.
public struct BoundarySettings: Codable, Sendable, Equatable {
  /// Optimiser steps between two measurements of the dual items.
  public var every = 5
  /// The confidence of the verdict's bounds, one-sided.
  public var confidence = 0.95
  /// How far a dual variable moves, as a natural logarithm, where its constraint is violated by one
  /// standard error.
  public var rate = 0.5
  /// The share of the smooth surrogate in what moves the duals; the measure itself has the rest,
  /// and alone decides what is feasible.
  public var surrogate = 0.5
  /// The chance with which the verdict should say *met* where the true values are those that are
  /// aimed at.
  public var power = 0.8
  /// The least share of all duals that one of them has: none vanishes for good.
  public var floor = 0.005
  /// The largest share of all duals that one of them has.
  public var ceiling = 0.98
  /// Feasible measurements without an improvement after which the run stops.
  public var patience = 6
  /// How many times its limit, or its standard error where that is more, a capability may lose
  /// before the run goes back.
  public var overrun = 5.0
  /// By what the dual of an overrun capability is multiplied then.
  public var raise = 4.0
  /// How often the run goes back, at most.
  public var rollbacks = 3

  /// The defaults.
  public init() {}
}
