internal import Foundation

/// What a model makes of a question: how likely its answers are, and what it answers itself.
///
/// Of the texts nothing is kept but numbers.
struct AnswerResult: Sendable, Equatable {
  /// The file, as the suite names it.
  var file: String
  /// Which item of the file, from 0.
  var row: Int
  /// Tokens of the answer, with the end token.
  var tokens: Int
  /// The mean negative log-likelihood of the answer's tokens, with the end token, in nats.
  var loss: Double
  /// That of the answer in other words; nil where there is none.
  var paraphrasedLoss: Double?
  /// That of each wrong answer.
  var perturbedLosses: [Double]
  /// Tokens that the model answers, with an end token.
  var answered = 0
  /// ROUGE-1 recall of the model's answer.
  var rouge1Recall = 0.0
  /// ROUGE-L recall of the model's answer.
  var rougeLRecall = 0.0
  /// ROUGE-L F1 of the model's answer.
  var rougeLF1 = 0.0

  /// What open-unlearning adds to divisors.
  static let tiny = 1e-10

  /// The answer's probability, as for a single token: the geometric mean over its tokens.
  var probability: Double { AnswerResult.probability(loss) }

  /// How likely the wrong answers are beside the right one: their geometric mean through the
  /// probability of the answer in other words or, where there is none, of the answer. 0 for a model
  /// that knows; nil where there is no wrong answer.
  var truthRatio: Double? {
    guard !perturbedLosses.isEmpty else { return nil }
    let mean = perturbedLosses.reduce(0, +) / Double(perturbedLosses.count)
    return AnswerResult.truthRatio(right: paraphrasedLoss ?? loss, wrong: mean)
  }

  static func truthRatio(right: Double, wrong: Double) -> Double {
    probability(wrong) / (probability(right) + tiny)
  }

  /// The probability that a mean loss stands for.
  static func probability(_ loss: Double) -> Double { exp(-loss) }

  /// The share of the answer's probability in that of all answers; nil where no wrong one is.
  var normalisedProbability: Double? {
    guard !perturbedLosses.isEmpty else { return nil }
    let wrong = perturbedLosses.reduce(0) { $0 + AnswerResult.probability($1) }
    return probability / (probability + wrong + AnswerResult.tiny)
  }
}

extension AnswerResult {
  /// The numbers as they stand in results.
  ///
  /// - Parameter part: the part of the task that the item belongs to.
  func item(part: String? = nil) -> MeasuredItem {
    var values: [MeasuredItem.Value] = []
    func add(_ name: String, _ value: Double?) {
      if let value { values.append(MeasuredItem.Value(name, value)) }
    }
    add("tokens", Double(tokens))
    add("loss", loss)
    add("paraphrasedLoss", paraphrasedLoss)
    for (number, loss) in perturbedLosses.enumerated() { add("perturbedLoss\(number)", loss) }
    add("probability", probability)
    add("normalisedProbability", normalisedProbability)
    add("truthRatio", truthRatio)
    add("answered", Double(answered))
    add("rouge1Recall", rouge1Recall)
    add("rougeLRecall", rougeLRecall)
    add("rougeLF1", rougeLF1)
    return MeasuredItem(file: file, row: row, part: part, values: values)
  }

  /// The result that such numbers are of; nil where they are of another.
  init?(_ item: MeasuredItem) {
    guard let tokens = item.value("tokens"), let loss = item.value("loss"),
      let answered = item.value("answered"), let rouge1 = item.value("rouge1Recall"),
      let rougeL = item.value("rougeLRecall"), let f1 = item.value("rougeLF1")
    else { return nil }
    var perturbed: [Double] = []
    while let loss = item.value("perturbedLoss\(perturbed.count)") { perturbed.append(loss) }
    self.init(
      file: item.file, row: item.row, tokens: Int(tokens), loss: loss,
      paraphrasedLoss: item.value("paraphrasedLoss"), perturbedLosses: perturbed,
      answered: Int(answered), rouge1Recall: rouge1, rougeLRecall: rougeL, rougeLF1: f1)
  }
}
