/// Negative preference optimisation: −(2/β) mean_b log σ(β (S_b − S_b^r)), where S_b is the *sum*
/// of the sequence's negative log-likelihoods and S_b^r the reference's.
///
/// Bounded below by 0, and ascent slows down as a sequence is forgotten. Source: Zhang et al. 2024
/// (arXiv 2404.05868), as locuslab/open-unlearning `npo.py` has it. MUSE's published code takes
/// β (z^r − z) of raw logits over the whole vocabulary instead; that is not done here.
public struct NPO: Objective {
  /// What plans and reports call it: `npo`.
  public static let name = "npo"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over sequences.
  public static let averaging = ObjectiveAveraging.sequences
  /// It needs the reference's loss of each sequence.
  public static let needs: ReferenceNeeds = .sequenceLosses

  /// β, the inverse temperature: 0.1 in the paper and in open-unlearning.
  public let beta: Double

  /// The objective.
  ///
  /// - Precondition: β is above 0.
  public init(beta: Double = 0.1) {
    precondition(beta > 0, "an inverse temperature above 0")
    self.beta = beta
  }

  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("beta", .number(1e-6...1e6, usual: 0.1))
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(beta: values.number("beta"))
  }

  /// The loss of a batch; the gradient is added at the site.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    let reference = batch.reference.sequenceLosses ?? []
    let share = 1 / Double(batch.sequences)
    return site.overEachSequence(batch) { sequence, sum in
      let preference = beta * (sum - reference[sequence])
      return (
        -2 / beta * Logistic.logarithm(preference) * share,
        -2 * Logistic.value(-preference) * share
      )
    }
  }
}
