/// NPO without a reference: −(2/β) mean_b log σ(β (S_b / n_b − δ)), where S_b / n_b is the mean of
/// the sequence's negative log-likelihoods.
///
/// The divisor is n_b, the tokens that are scored behind the shift of labels by one. Source: Fan et
/// al. 2024 (arXiv 2410.07163), Unlearn-Simple and open-unlearning `simnpo.py`.
public struct SimNPO: Objective {
  /// What plans and reports call it: `simnpo`.
  public static let name = "simnpo"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over sequences.
  public static let averaging = ObjectiveAveraging.sequences
  /// It asks no reference.
  public static let needs: ReferenceNeeds = []

  /// β, the inverse temperature: 4.5 in open-unlearning and for TOFU's forget10 in Unlearn-Simple,
  /// where forget05 has 2.5 and MUSE 0.7.
  public let beta: Double
  /// δ, the margin in nats a token: 0 in open-unlearning.
  public let margin: Double

  /// The objective.
  ///
  /// - Precondition: β is above 0.
  public init(beta: Double = 4.5, margin: Double = 0) {
    precondition(beta > 0, "an inverse temperature above 0")
    (self.beta, self.margin) = (beta, margin)
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("beta", .number(1e-6...1e6, usual: 4.5)),
    ObjectiveSetting("margin", .number(-1e3...1e3, usual: 0)),
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(beta: values.number("beta"), margin: values.number("margin"))
  }

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    let share = 1 / Double(batch.sequences)
    return site.overEachSequence(batch) { sequence, sum in
      let scored = Double(batch.scored[sequence])
      let preference = beta * (sum / scored - margin)
      return (
        -2 / beta * Logistic.logarithm(preference) * share,
        -2 * Logistic.value(-preference) * share / scored
      )
    }
  }
}
