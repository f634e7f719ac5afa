internal import Settings

extension UnlearningPlan {
  /// The terms of a list.
  static func terms(
    _ node: SettingsNode, _ role: ObjectiveRole, _ folder: String
  ) throws(SettingsError) -> [UnlearningTerm] {
    var terms: [UnlearningTerm] = []
    for element in try node.sequence() {
      let term = try UnlearningTerm(element, role: role, folder: folder)
      guard !terms.contains(where: { $0.name == term.name }) else {
        throw element.mistake("the name \(term.name) stands twice")
      }
      terms.append(term)
    }
    guard !terms.isEmpty else {
      throw node.mistake("names nothing to \(role == .forget ? "forget" : "retain")")
    }
    return terms
  }

  /// What concerns several keys.
  func check(_ root: SettingsMapping) throws(SettingsError) {
    for element in try root.optional("retain")?.sequence() ?? [] {
      let name = try element.mapping().required("name")
      let text = try name.string()
      guard !forget.contains(where: { $0.name == text }) else {
        throw name.mistake("\(text) is also what is forgotten; each term has a name of its own")
      }
    }
    for (element, term) in zip(try root.required("forget").sequence(), forget) {
      let node = try element.mapping().required("objective")
      if term.objective.isDifference,
        !retain.contains(where: { $0.objective.kind == LikelihoodRetention.self })
      {
        throw node.mistake(
          "gradient difference is ascent beside a retain term: add one with `objective: "
            + "\(LikelihoodRetention.name)`, or ask for \(GradientAscent.name) alone")
      }
      guard term.objective.kind == TaskVector.self else { continue }
      guard forget.count == 1 else {
        throw node.mistake("subtracts all that the steps learned, so it stands alone")
      }
      guard term.objective.values["scales"]?.count == 1 || boundary != nil else {
        throw node.mistake("has several scales and no boundary to choose among them; give one")
      }
      if boundary != nil, lora != nil, let lora = root.optional("lora") {
        throw lora.mistake("cannot be scaled along a boundary; train the weights themselves")
      }
    }
    if let node = try root.optional("checkpoints")?.mapping().optional("best") {
      throw node.mistake("is of training; here a boundary keeps what is best")
    }
    if terms.allSatisfy({ $0.weight == 0 }) {
      throw try root.required("forget").mistake("every term of the plan has the weight 0")
    }
    if let node = root.optional("boundary"), let term = terms.first(where: { $0.weight == 0 }) {
      throw node.mistake(
        "moves the weights of the terms, and \(term.name) has 0, which nothing moves; give it one "
          + "above 0")
    }
  }
}
