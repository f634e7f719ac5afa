internal import Evaluation
internal import Language
internal import Settings
internal import Streams
internal import Tensors
internal import Training

/// Whether the answer is still inside: behind each block a linear classifier learns from the
/// attacked items which choice is right, and answers the held-out ones (Alain and Bengio,
/// "Understanding intermediate layers using linear classifier probes", arXiv 1610.01644; after
/// unlearning: Lynch et al., arXiv 2402.16835).
///
/// | key | meaning |
/// |---|---|
/// | `penalties` | L2 penalties to choose from; default `[1, 0.1, 0.01, 0.001]` |
/// | `folds`, `seed` | parts of cross-validation, and what decides them; default 5 and 1 |
/// | `untrained` | seeds of models of random weights, probed alike; default `[1]`, `[]` for none |
///
/// The features of a choice are what ``StreamFeatures`` reads behind the block, less their mean
/// over the question's choices, divided by their deviation over the training items.
/// ``ChoiceClassifier`` says what is minimised. The penalty is the one with the
/// most right answers in cross-validation over the attacked items, the largest of equals; how many
/// these are is the attacked score, of several penalties a little too good. The held-out items
/// choose nothing, and an attacked item in the words of one of them is not learned.
///
/// What a probe finds must be held against chance, 1 / choices, and against a model that knows
/// nothing: that of random weights shows what the words of the choices alone tell.
struct LinearProbe: Attack {
  static let kind = "linear-probe"
  static let keys = ["penalties", "folds", "seed", "untrained"]

  let name: String
  let trials: [AttackTrial]
  /// The largest first: each search begins where the one before ended.
  private let penalties: [Double]
  private let folds: Int
  private let seed: UInt64
  private let untrained: [UInt64]

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try settings.required("name").string()
    penalties =
      try settings.optional("penalties")?.distinct { try $0.double(in: 1e-6...1e6) }
      .sorted(by: >) ?? [1, 0.1, 0.01, 0.001]
    folds = try settings.optional("folds")?.int(in: 2...100) ?? 5
    seed = UInt64(try settings.optional("seed")?.int(in: 0...Int.max) ?? 1)
    let untrained =
      try settings.optional("untrained")?.sequence().map {
        UInt64(try $0.int(in: 0...Int.max))
      } ?? [1]
    if let node = settings.optional("untrained"), Set(untrained).count < untrained.count {
      throw node.mistake("a seed stands twice")
    }
    self.untrained = untrained
    trials =
      [AttackTrial(label: "weights", number: 0, group: "weights")]
      + untrained.enumerated().map { number, seed in
        AttackTrial(label: "untrained/seed-\(seed)", number: number + 1, group: "untrained")
      }
  }

  func run(_ trial: AttackTrial, on subject: AttackSubject) throws -> AttackCurve {
    if trial.number > 0 {
      subject.model.adapter = nil
      subject.model.initialise(seed: untrained[trial.number - 1])
    }
    guard let attacked = subject.meter.items(.attacked) else {
      preconditionFailure("a plan has an attacked set")
    }
    let heldOut = subject.meter.items(.heldOut)
    let different = Set(attacked.items.keys).count
    guard different >= folds else {
      throw AttackError.items(
        attack: name, set: MeasuredSet.attacked.rawValue, count: different, needed: folds)
    }
    let parts = ProbeFolds(attacked.items.keys, count: folds, seed: seed)
    // What is held out is not taught, even where the plan's files share it.
    let asked = Set(heldOut?.items.keys ?? [])
    let taught = attacked.items.keys.indices.filter { !asked.contains(attacked.items.keys[$0]) }
    guard !taught.isEmpty else {
      throw AttackError.items(
        attack: name, set: MeasuredSet.attacked.rawValue, count: 0, needed: 1)
    }
    let shape = subject.model.shape
    let rows = [attacked, heldOut].reduce(0) { $0 + ($1?.items.choices.last?.upperBound ?? 0) }
    let step = StreamFeatures.layersAtOnce(rows: rows, width: shape.width)
    var curve = AttackCurve(.layer, [])
    for first in stride(from: 0, to: shape.layers, by: step) {
      let layers = first..<min(first + step, shape.layers)
      func read(_ set: AttackMeter.Items) throws -> [ProbeItems] {
        let features = try StreamFeatures(set, behind: layers, attack: name, of: subject)
        return layers.map(features.probed)
      }
      let found = try probe(
        try read(attacked), heldOut.map(read), parts, taught: taught, first: first,
        on: subject.workers)
      for (layer, found) in zip(layers, found) {
        var scores = [SetScore(.attacked, right: found.attacked, of: attacked.items.count)]
        if let heldOut, let right = found.heldOut {
          scores.append(SetScore(.heldOut, right: right, of: heldOut.items.count))
        }
        curve.points.append(AttackCurve.Point(at: layer, scores))
      }
    }
    return curve
  }

  /// What probes find behind a block.
  struct Found: Equatable {
    /// Attacked items that are right in cross-validation.
    var attacked: Int
    /// Held-out items that are right; nil where there are none.
    var heldOut: Int?
  }

  /// Probes several blocks: each search is one worker's, so no bit depends on how many there are.
  ///
  /// - Parameters:
  ///   - taught: the attacked items that what answers held-out ones learns from.
  ///   - first: the number of the first block, for errors.
  func probe(
    _ attacked: [ProbeItems], _ heldOut: [ProbeItems]?, _ parts: ProbeFolds, taught: [Int],
    first: Int, on workers: Workers
  ) throws -> [Found] {
    // Right answers of each penalty, by block and part, and how well the searches ended.
    var right = Array(
      repeating: Array(repeating: 0, count: penalties.count), count: attacked.count * parts.count)
    var gradients = Array(repeating: 0.0, count: right.count)
    right.withUnsafeMutableBufferPointer { right in
      gradients.withUnsafeMutableBufferPointer { gradients in
        let (right, gradients) = (right, gradients)
        workers.run(tiles: right.count) { tile, _ in
          let (layer, part) = tile.quotientAndRemainder(dividingBy: parts.count)
          let path = path(attacked[layer], questions: parts.outside(part), through: penalties)
          right[tile] = path.map { $0.right(attacked[layer], questions: parts.inside(part)) }
          gradients[tile] = path.map(\.gradient).max() ?? 0
        }
      }
    }
    try check(gradients, parts: parts.count, first: first)
    var found: [Found] = []
    var chosen: [Int] = []
    for layer in attacked.indices {
      let sums = penalties.indices.map { penalty in
        (0..<parts.count).reduce(0) { $0 + right[layer * parts.count + $1][penalty] }
      }
      let best = ChoiceResult.best(sums.map(Double.init))
      found.append(Found(attacked: sums[best], heldOut: nil))
      chosen.append(best)
    }
    guard let heldOut else { return found }
    gradients = Array(repeating: 0, count: attacked.count)
    found.withUnsafeMutableBufferPointer { found in
      gradients.withUnsafeMutableBufferPointer { gradients in
        let (found, gradients) = (found, gradients)
        workers.run(tiles: found.count) { layer, _ in
          let path = path(
            attacked[layer], questions: taught, through: Array(penalties[...chosen[layer]]))
          let classifier = path[path.count - 1]
          let questions = Array(heldOut[layer].choices.indices)
          found[layer].heldOut = classifier.right(heldOut[layer], questions: questions)
          gradients[layer] = path.map(\.gradient).max() ?? 0
        }
      }
    }
    try check(gradients, parts: 1, first: first)
    return found
  }

  /// A classifier for each penalty, from the largest on.
  private func path(
    _ items: ProbeItems, questions: [Int], through penalties: [Double]
  ) -> [ChoiceClassifier] {
    var path: [ChoiceClassifier] = []
    for penalty in penalties {
      path.append(
        ChoiceClassifier(items, questions: questions, penalty: penalty, from: path.last))
    }
    return path
  }

  private func check(_ gradients: [Double], parts: Int, first: Int) throws {
    if Interruption.isRequested { throw InterruptedError() }
    guard let worst = gradients.firstIndex(where: { $0 > ChoiceClassifier.tolerance }) else {
      return
    }
    throw AttackError.unsolved(
      attack: name, layer: first + worst / parts, gradient: gradients[worst])
  }
}
