internal import Evaluation
internal import Settings
internal import Streams
internal import Training

/// Facts of the attacked set, with their answers, before each question: does the model go on with
/// what it was made to forget once it is reminded of its neighbours (Lynch et al., "Eight Methods
/// to Evaluate Robust Unlearning in LLMs", arXiv 2402.16835)?
///
/// | key | meaning |
/// |---|---|
/// | `shots` | numbers of examples, such as `[0, 1, 4, 16]`; a point for each |
/// | `seeds` | a trial for each: which examples, and in which order; default `[1]` |
/// | `separator` | behind each example; default a blank line, in one-line templates a line feed |
///
/// Each question has examples of its own, the first ones of an order that seed, set and number
/// decide: those of fewer shots are the beginning of those of more. An item in the same words is
/// never an example of itself, whichever set it is in. All examples must fit before every question.
struct InContext: Attack {
  static let kind = "in-context"
  static let keys = ["shots", "seeds", "separator"]

  let name: String
  let trials: [AttackTrial]
  private let shots: [Int]
  private let seeds: [Int]
  private let separator: String?

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try settings.required("name").string()
    shots = try settings.required("shots").distinct { try $0.int(in: 0...1_000) }.sorted()
    let seeds =
      try settings.optional("seeds")?.distinct { try $0.int(in: 0...Int.max) } ?? [1]
    separator = try settings.optional("separator")?.string()
    self.seeds = seeds
    trials = seeds.enumerated().map { number, seed in
      AttackTrial(label: "examples/seed-\(seed)", number: number, group: "examples")
    }
  }

  func run(_ trial: AttackTrial, on subject: AttackSubject) throws -> AttackCurve {
    let examples = try Examples(subject, seed: seeds[trial.number], separator: separator)
    let most = shots[shots.count - 1]
    guard most < examples.count else {
      throw AttackError.items(
        attack: name, set: MeasuredSet.attacked.rawValue, count: examples.count, needed: most + 1)
    }
    // Fewer examples are shorter.
    try subject.check(attack: name, what: "\(most) examples") { set, item in
      examples.text(most, before: item, of: set)
    }
    return AttackCurve(
      .shots,
      try shots.map { shots in
        let scores = try subject.scores { set, item in
          examples.text(shots, before: item, of: set)
        }
        return AttackCurve.Point(at: shots, scores)
      })
  }

  /// What stands before the questions of a trial.
  struct Examples {
    /// Items of the attacked set, those in the same words once.
    private let items: [(key: Digest256, text: String)]
    private let seed: Int

    /// How many there are.
    var count: Int { items.count }

    init(_ subject: AttackSubject, seed: Int, separator: String?) throws {
      self.seed = seed
      guard let attacked = subject.meter.items(.attacked) else {
        preconditionFailure("a plan has an attacked set")
      }
      // Without a template of its own a set is written in several lines.
      let isLong = attacked.template.map { $0.contains("\n") } ?? true
      let separator = separator ?? (isLong ? "\n\n" : "\n")
      var seen: Set<Digest256> = []
      items = attacked.items.keys.enumerated().compactMap { item, key in
        seen.insert(key).inserted ? (key, attacked.items.example(item) + separator) : nil
      }
    }

    /// Examples for an item of a set, none of which is the item itself.
    func text(_ shots: Int, before item: Int, of set: AttackMeter.Items) -> String {
      let own = set.items.keys[item]
      let name = "in-context/\(seed)/\(set.set.rawValue)/\(item)"
      let order = DataOrder(count: count, seed: SplitMix64.hash(ofName: name))
      var text = ""
      var (position, left) = (0, shots)
      while left > 0 {
        let example = items[order[position]]
        position += 1
        guard example.key != own else { continue }
        text += example.text
        left -= 1
      }
      return text
    }
  }
}
