/// Task-vector negation: the steps *reinforce* what is to be forgotten, by (1/n) Σ nll over its n
/// scored tokens, and the model is then θ − α (θ_reinforced − θ), where θ is the model that the run
/// began with and α a scale.
///
/// Source: Ilharco et al. 2023 (arXiv 2212.04089), as MUSE (arXiv 2407.06460, `task_vector.py`)
/// has it, with α 5 (1, 2, 4, 8 and 16 are tried there).
public struct TaskVector: Objective {
  /// What plans and reports call it: `task_vector`.
  public static let name = "task_vector"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over scored tokens.
  public static let averaging = ObjectiveAveraging.scoredTokens
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []
  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("scales", .numbers(1e-6...1e6, usual: [5]))
  ]

  /// α; where there are several a boundary chooses among them.
  public let scales: [Double]

  /// The objective.
  ///
  /// - Precondition: at least one scale.
  public init(scales: [Double] = [5]) {
    precondition(!scales.isEmpty, "a scale")
    self.scales = scales
  }

  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(scales: values.numbers["scales"] ?? [5])
  }

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    site.mean(batch, times: 1)
  }
}
