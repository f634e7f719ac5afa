import Foundation
import Testing
import Unlearning

/// An objective beside its formula and a formula that it must not be, in plain Double arithmetic.
///
/// A formula gets the world and the world as it was: what stops the gradient is taken of the
/// latter. The mutants are the errors of published code where there are any.
struct ObjectiveCase: CustomTestStringConvertible {
  typealias Formula = @Sendable (_ w: PlainWorld, _ was: PlainWorld) -> Double
  let objective: any Objective
  /// What the mutant does wrong.
  let fault: String
  let formula: Formula
  let mutant: Formula

  var testDescription: String { "\(type(of: objective).name), not: \(fault)" }

  static let direction = RMU.direction(width: 8, seed: 3)

  static let all: [ObjectiveCase] = likelihoods + weighted + distributions + retains

  private static func preference(
    _ beta: Double, _ batch: Int, _ value: (Int) -> Double
  ) -> Double {
    -(2 / beta) * (0..<batch).map { PlainWorld.logSigmoid(beta * value($0)) }.reduce(0, +)
      / Double(batch)
  }

  private static let likelihoods: [ObjectiveCase] = [
    ObjectiveCase(objective: GradientAscent(), fault: "a mean of the sequences' means") { w, _ in
      -w.mean(nil, w.nll)
    } mutant: { w, _ in
      -(0..<w.batch).map { w.mean(w.scored($0), w.nll) }.reduce(0, +) / Double(w.batch)
    },
    ObjectiveCase(objective: NPO(), fault: "means for sums") { w, _ in
      preference(0.1, w.batch) { w.sum($0) - w.referenceSum($0) }
    } mutant: { w, _ in
      preference(0.1, w.batch) { (w.sum($0) - w.referenceSum($0)) / Double(w.scored($0).count) }
    },
    ObjectiveCase(
      objective: SimNPO(beta: 2.5, margin: 0.1), fault: "tokens counted before the shift"
    ) { w, _ in
      preference(2.5, w.batch) { w.sum($0) / Double(w.scored($0).count) - 0.1 }
    } mutant: { w, _ in
      preference(2.5, w.batch) { w.sum($0) / Double(w.labelled($0).count) - 0.1 }
    },
    ObjectiveCase(objective: DPO(beta: 0.3), fault: "the forgotten answer preferred") { w, _ in
      preference(0.3, w.batch / 2) {
        let preferred = $0 + w.batch / 2
        return (w.referenceSum(preferred) - w.sum(preferred)) - (w.referenceSum($0) - w.sum($0))
      }
    } mutant: { w, _ in
      preference(0.3, w.batch / 2) {
        let preferred = $0 + w.batch / 2
        return (w.referenceSum($0) - w.sum($0)) - (w.referenceSum(preferred) - w.sum(preferred))
      }
    },
  ]

  @Sendable private static func lowered(_ w: PlainWorld, _ row: Int) -> [Double] {
    var target = w.referenceLogits[row]
    target[w.labels[row + 1]] -= 3
    return PlainWorld.softmax(target)
  }

  @Sendable private static func without(_ was: PlainWorld, _ row: Int) -> [Double] {
    var target = was.z(row)
    target[was.labels[row + 1]] = -.infinity
    return PlainWorld.softmax(target)
  }

  private static let weighted: [ObjectiveCase] = [
    ObjectiveCase(objective: UNDIAL(beta: 3), fault: "a mean over all positions") { w, _ in
      w.mean { PlainWorld.crossEntropy(lowered(w, $0), w.z($0)) }
    } mutant: { w, _ in
      w.mean { PlainWorld.crossEntropy(lowered(w, $0), w.z($0)) } * Double(w.scored.count)
        / Double(w.labels.count)
    },
    ObjectiveCase(objective: CEU(), fault: "each answer's first token skipped") { w, was in
      w.mean { PlainWorld.crossEntropy(without(was, $0), w.z($0)) }
    } mutant: { w, was in
      w.mean((0..<w.batch).flatMap { w.scored($0).dropFirst() }) {
        PlainWorld.crossEntropy(without(was, $0), w.z($0))
      }
    },
    ObjectiveCase(objective: WGA(beta: 0.7), fault: "a gradient through the weight") { w, was in
      -w.mean { exp(-0.7 * was.nll($0)) * w.nll($0) }
    } mutant: { w, _ in
      -w.mean { exp(-0.7 * w.nll($0)) * w.nll($0) }
    },
    ObjectiveCase(
      objective: SatImp(saturation: 2, importance: 1), fault: "the powers exchanged"
    ) { w, was in
      -w.mean { exp(-2 * was.nll($0)) * (1 - exp(-was.nll($0))) * w.nll($0) }
    } mutant: { w, was in
      -w.mean { exp(-was.nll($0)) * pow(1 - exp(-was.nll($0)), 2) * w.nll($0) }
    },
  ]

  @Sendable private static func peak(_ z: [Double]) -> Double {
    pow((z.max() ?? 0) - z.reduce(0, +) / Double(z.count), 2)
  }

  private static let distributions: [ObjectiveCase] = [
    ObjectiveCase(objective: Flattening(), fault: "the mask not shifted") { w, _ in
      w.mean { peak(w.z($0)) }
    } mutant: { w, _ in
      w.mean((0..<w.batch).flatMap { w.labelled($0) }) { peak(w.z($0)) }
    },
    ObjectiveCase(objective: MaximumEntropy(), fault: "KL the other way") { w, _ in
      w.mean {
        let logs = PlainWorld.logSoftmax(w.z($0))
        return -logs.reduce(0, +) / Double(logs.count) - log(Double(logs.count))
      }
    } mutant: { w, _ in
      w.mean {
        let logs = PlainWorld.logSoftmax(w.z($0))
        return logs.reduce(0) { $0 + exp($1) * $1 } + log(Double(logs.count))
      }
    },
    ObjectiveCase(
      objective: RMU(layers: [0, 1], coefficient: 4, direction: direction),
      fault: "padding and prompts in the mean"
    ) { w, _ in
      distance(w) { _, _ in w.direction.map { 4 * $0 } }
    } mutant: { w, _ in
      w.hidden.map { layer in
        w.mean(Array(w.labels.indices)) { PlainWorld.square(layer[$0], w.direction.map { 4 * $0 }) }
      }.reduce(0, +) / 2
    },
    ObjectiveCase(objective: Rerouting(layers: [0, 1]), fault: "negative cosines too") { w, _ in
      rerouting(w) { max($0, 0) }
    } mutant: { w, _ in
      rerouting(w) { $0 }
    },
    ObjectiveCase(objective: Refusal(), fault: "ascent") { w, _ in
      w.mean(nil, w.nll)
    } mutant: { w, _ in
      -w.mean(nil, w.nll)
    },
    ObjectiveCase(objective: TaskVector(), fault: "a mean of the sequences' means") { w, _ in
      w.mean(nil, w.nll)
    } mutant: { w, _ in
      (0..<w.batch).map { w.mean(w.scored($0), w.nll) }.reduce(0, +) / Double(w.batch)
    },
  ]

  @Sendable private static func rerouting(
    _ w: PlainWorld, _ keep: (Double) -> Double
  ) -> Double {
    let rows = (0..<w.batch).flatMap { w.labelled($0) }
    return zip(w.hidden, w.referenceHidden).map { own, reference in
      w.mean(rows) { keep(PlainWorld.cosine(own[$0], reference[$0])) }
    }.reduce(0, +) / 2
  }

  /// mean_b (1/m_b) Σ_m (1/D) |h − target|², the mean over both layers.
  @Sendable private static func distance(
    _ w: PlainWorld, _ target: (_ layer: Int, _ row: Int) -> [Double]
  ) -> Double {
    (0..<2).map { layer in
      (0..<w.batch).map { b in
        w.mean(w.labelled(b)) { PlainWorld.square(w.hidden[layer][$0], target(layer, $0)) }
      }.reduce(0, +) / Double(w.batch)
    }.reduce(0, +) / 2
  }

  @Sendable private static func divergence(_ w: PlainWorld, _ row: Int) -> Double {
    zip(PlainWorld.logSoftmax(w.referenceLogits[row]), PlainWorld.logSoftmax(w.z(row)))
      .reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
  }

  private static let retains: [ObjectiveCase] = [
    ObjectiveCase(objective: LikelihoodRetention(), fault: "labels not shifted") { w, _ in
      w.mean(nil, w.nll)
    } mutant: { w, _ in
      w.mean((0..<w.batch).flatMap { w.labelled($0) }) {
        -PlainWorld.logSoftmax(w.z($0))[w.labels[$0]]
      }
    },
    ObjectiveCase(objective: DivergenceRetention(), fault: "a mean over all positions") { w, _ in
      w.mean { divergence(w, $0) }
    } mutant: { w, _ in
      w.mean(Array(w.labels.indices)) { divergence(w, $0) }
    },
    ObjectiveCase(
      objective: HiddenRetention(layers: [0, 1]), fault: "a mean over tokens, not sequences"
    ) { w, _ in
      distance(w) { w.referenceHidden[$0][$1] }
    } mutant: { w, _ in
      let rows = (0..<w.batch).flatMap { w.labelled($0) }
      return zip(w.hidden, w.referenceHidden).map { own, reference in
        w.mean(rows) { PlainWorld.square(own[$0], reference[$0]) }
      }.reduce(0, +) / 2
    },
  ]
}
