/// Direct preference optimisation, of a preferred answer (for IdkDPO, "I don't know") over the one
/// to be forgotten: −(2/β) mean_b log σ(β [(S_w^r − S_w) − (S_l^r − S_l)]), S the *sum* of an
/// answer's negative log-likelihoods, w preferred and l forgotten.
///
/// The batch has 2·B sequences: those to be forgotten, then the preferred answer of each in the
/// same order; the shorter are padded, which changes nothing. Source: Rafailov et al. 2023 (arXiv
/// 2305.18290), with the factor 2/β of TOFU (arXiv 2401.06121) and open-unlearning `dpo.py`.
public struct DPO: Objective {
  /// What plans and reports call it: `dpo`.
  public static let name = "dpo"
  /// It forgets.
  public static let role = ObjectiveRole.forget
  /// Its mean is over sequences.
  public static let averaging = ObjectiveAveraging.sequences
  /// It needs the reference's loss of each sequence.
  public static let needs: ReferenceNeeds = .sequenceLosses

  /// β, the inverse temperature: 0.1 in TOFU and open-unlearning.
  public let beta: Double

  /// The objective.
  ///
  /// - Precondition: β is above 0.
  public init(beta: Double = 0.1) {
    precondition(beta > 0, "an inverse temperature above 0")
    self.beta = beta
  }

  /// The preferred answers.
  public static let answers = AnswerUse.beside
  /// As plans name them.
  public static let settings = [
    ObjectiveSetting("beta", .number(1e-6...1e6, usual: 0.1))
  ]
  /// The objective with the settings of a plan.
  public init(_ values: ObjectiveValues) {
    self.init(beta: values.number("beta"))
  }

  /// The loss of a batch; the gradient is added at the site.
  ///
  /// - Precondition: an even number of sequences.
  public func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double {
    precondition(batch.sequences.isMultiple(of: 2), "a preferred answer for each to be forgotten")
    let pairs = batch.sequences / 2
    let reference = batch.reference.sequenceLosses ?? []
    return site.overSequences(batch) { sums in
      var loss = 0.0
      var slopes = Array(repeating: 0.0, count: sums.count)
      for pair in 0..<pairs {
        let forgotten = reference[pair] - sums[pair]
        let preferred = reference[pairs + pair] - sums[pairs + pair]
        let preference = beta * (preferred - forgotten)
        loss -= 2 / beta * Logistic.logarithm(preference) / Double(pairs)
        let slope = 2 * Logistic.value(-preference) / Double(pairs)
        (slopes[pair], slopes[pairs + pair]) = (-slope, slope)
      }
      return (loss, slopes)
    }
  }
}
