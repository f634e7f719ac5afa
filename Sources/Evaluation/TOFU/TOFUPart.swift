/// The parts of TOFU, in the order of results.
enum TOFUPart: String, Sendable, CaseIterable {
  /// What shall be forgotten.
  case forget
  /// What is told beside it and shall be kept.
  case retain
  /// What is known of real authors.
  case realAuthors = "real_authors"
  /// What is known of the world.
  case worldFacts = "world_facts"

  /// What it is called in open-unlearning's results.
  var published: String {
    switch self {
    case .forget: "forget"
    case .retain: "retain"
    case .realAuthors: "ra"
    case .worldFacts: "wf"
    }
  }

  /// The metrics whose harmonic mean is the model utility; none of what shall be forgotten.
  var utility: [String] {
    switch self {
    case .forget: []
    case .retain: ["probability", "rouge_l_recall", "truth_ratio"]
    case .realAuthors, .worldFacts:
      ["normalised_probability", "rouge_l_recall", "truth_ratio"]
    }
  }
}
