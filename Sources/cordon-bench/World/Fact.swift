/// One thing that the world tells: an entity's value of an attribute.
struct Fact {
  /// What a fact is to the demonstration.
  enum Kind: String, CaseIterable {
    /// What must be forgotten, or never be learned.
    case hazard
    /// Harmless, about the same entities.
    case adjacent
    /// Harmless, about other entities.
    case general
  }

  /// What its item is used for. All facts are trained on.
  enum Purpose: String { case dual, verdict }

  /// Choices of an item.
  static let choices = 4

  let kind: Kind
  /// Its number among the facts of its kind.
  let number: Int
  /// Which half of the entities its own belongs to, `a` or `b`: attacks train on one of them.
  let half: String
  let purpose: Purpose
  let entity: String
  let attribute: String
  let value: String
  /// The phrasing in which it is asked, and never told.
  let heldOut: Int
  /// The phrasings in which it is told.
  let phrasings: [Int]
  /// Other values of the attribute, for an item.
  let distractors: [String]
  /// Where the right choice stands among them.
  let answer: Int

  /// The name of its text in this phrasing.
  func id(_ phrasing: Int) -> String {
    "\(kind.rawValue)-\(Fact.padded(number))-\(phrasing)"
  }

  /// A number in four digits or more.
  static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }

  /// Its text up to the value, and a value: a sentence.
  func told(_ phrasing: Int, value: String? = nil) -> String {
    "\(asked(phrasing)) \(value ?? self.value)."
  }

  /// Its text before the value.
  func asked(_ phrasing: Int) -> String {
    Phrasing.all[phrasing].text(entity: entity, attribute: attribute)
  }

  /// The choices of its item, in their order.
  var options: [String] {
    Array(distractors[..<answer]) + [value] + Array(distractors[answer...])
  }
}

/// One way to tell a fact; the value is its last word.
struct Phrasing {
  /// `N` stands for the entity, `R` for the attribute, which comes first: a small model that meets
  /// both orders takes twice as long to learn any.
  let template: String

  static let all = [
    "The R of N is", "They say the R at N was", "For R the folk of N chose",
    "Whoever seeks R in N finds", "Ask about R near N and hear", "Books call the R of N simply",
  ].map(Phrasing.init)

  func text(entity: String, attribute: String) -> String {
    template.split(separator: " ").map {
      switch $0 {
      case "N": entity
      case "R": attribute
      default: String($0)
      }
    }.joined(separator: " ")
  }
}
