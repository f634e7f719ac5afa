@testable import Evaluation
import Foundation
import Language
import Tensors
import TestSupport
import Testing

@testable import Attacks

@Suite("Linear probe") struct LinearProbeTests {
  @Test("features are the stream at the last token, the logits' parts and the lens") func features()
    throws
  {
    try withFiles(TinyTarget.files(7)) { folder in
      let target = try TinyTarget(folder, attack: "linear-probe: {name: a}", threads: 2)
      let subject = target.subject
      let set = try #require(subject.meter.items(.heldOut))
      let sequences = set.items.sequences(for: subject.evaluated)
      #expect(sequences.count == 28)
      #expect(subject.tokenizer.decode(sequences[0]).starts(with: Array("What is 200? A: ".utf8)))
      for layers in [0..<2, 1..<2] {
        let features = try StreamFeatures(set, behind: layers, attack: "a", of: subject)
        for layer in layers {
          let probed = features.probed(layer)
          #expect(probed.width == 33)
          for choices in set.items.choices {
            let rows = choices.map {
              alone(sequences[$0], set.items.lengths[$0], behind: layer, subject.model)
            }
            for (place, number) in choices.enumerated() {
              for feature in 0..<33 {
                let mean = rows.reduce(0) { $0 + $1[feature] } / Double(rows.count)
                let own = Double(probed.features[number, feature])
                #expect(abs(own - (rows[place][feature] - mean)) < 2e-5)
              }
            }
          }
        }
      }
    }
  }

  /// The features of one choice, read without others beside it and written in Double.
  private func alone(
    _ sequence: [Int32], _ length: Int, behind layer: Int, _ model: LanguageModel
  ) -> [Double] {
    let workers = Workers(count: 1)
    let pass = TrainingPass(model, on: workers)
    guard (try? pass.forward(sequence, length: sequence.count)) != nil,
      let room = try? FloatBlock(count: sequence.count * 18)
    else { return [] }
    let hidden = pass.hidden(after: layer)
    let states = room.matrix(rows: sequence.count, columns: 16)
    model.lastNorm(
      hidden, into: states,
      statistics: room.matrix(at: sequence.count * 16, rows: sequence.count, columns: 2),
      on: workers)
    let head = model.head.weight
    var products = Array(repeating: 0.0, count: 16)
    var logLikelihood = 0.0
    for place in sequence.count - length..<sequence.count {
      let logits = (0..<head.rows).map { token in
        (0..<16).reduce(0) { $0 + Double(states[place - 1, $1]) * Double(head[token, $1]) }
      }
      let token = Int(sequence[place])
      for index in 0..<16 {
        products[index] += Double(states[place - 1, index]) * Double(head[token, index])
      }
      logLikelihood += logits[token] - log(logits.reduce(0) { $0 + exp($1) })
    }
    return (0..<16).map { Double(hidden[sequence.count - 1, $0]) } + products + [logLikelihood]
  }

  @Test("what a model would say is found where it says it") func said() throws {
    // The right choice of each item is the one that the model itself would give.
    var files = TinyTarget.files(150)
    for name in ["attacked", "held-out"] {
      files["\(name).jsonl"] = try withFiles(files) { folder in
        let target = try TinyTarget(folder, attack: "linear-probe: {name: a}")
        let set = try #require(
          target.subject.meter.items(name == "attacked" ? .attacked : .heldOut))
        let results = try ChoiceItems.score([set.items], target.subject.evaluated)[0]
        return zip(set.items.questions, results).map {
          TinyTarget.line($0.question, $0.choices, $1.choice)
        }.joined()
      }
    }
    try withFiles(files) { folder in
      let target = try TinyTarget(folder, attack: "linear-probe: {name: a}")
      let last = try #require(try target.run().points.last)
      #expect(last.scores.allSatisfy { $0.accuracy >= 0.8 })
      // Other weights say something else.
      let other = try #require(try target.run(1).points.last)
      #expect(other.scores.allSatisfy { $0.accuracy <= 0.5 })
    }
  }

  @Test("what the words of the right choice tell is found, also in random weights") func surface()
    throws
  {
    // Right choices end with a token of their own: a control that knows nothing sees it too.
    try withFiles(TinyTarget.files(40, mark: "!")) { folder in
      let target = try TinyTarget(folder, attack: "linear-probe: {name: a, untrained: [3]}")
      let trials = target.plan.attacks[0].trials
      #expect(trials.map(\.label) == ["weights", "untrained/seed-3"])
      #expect(Set(trials.map(\.group)).count == 2)
      for trial in 0..<2 {
        let curve = try target.run(trial)
        #expect(curve.axis == .layer)
        #expect(curve.points.map(\.at) == [0, 1])
        for point in curve.points {
          #expect(point.scores.map(\.set) == [.attacked, .heldOut])
          #expect(point.scores.allSatisfy { $0.accuracy >= 0.95 })
        }
      }
    }
  }

  @Test("random choices stay at chance, and nothing depends on workers") func chance() throws {
    try withFiles(TinyTarget.files(120)) { folder in
      let curves = try [1, 3].map {
        try TinyTarget(folder, attack: "linear-probe: {name: a, penalties: [1]}", threads: $0)
          .run()
      }
      #expect(curves[0] == curves[1])
      for point in curves[0].points {
        // 30 of 120 by guessing; beyond 50 in one of 50,000.
        #expect(point.scores.allSatisfy { $0.right <= 50 })
      }
    }
  }

  @Test("what is held out is not learned, even where the files share it") func shared() throws {
    var files = TinyTarget.files(60)
    let more = TinyTarget.items(6, seed: 9)
    let attack = "linear-probe: {name: a, penalties: [0.001]}"
    files["held-out.jsonl"] = files["attacked.jsonl"]
    try withFiles(files) { folder in
      let target = try TinyTarget(folder, attack: attack)
      #expect(throws: AttackError.items(attack: "a", set: "attacked", count: 0, needed: 1)) {
        try target.run()
      }
    }
    files["attacked.jsonl"]?.append(more)
    let shared = try withFiles(files) { try TinyTarget($0, attack: attack).run() }
    files["attacked.jsonl"] = more
    let alone = try withFiles(files) { try TinyTarget($0, attack: attack).run() }
    #expect(shared.points.map { $0.score(.heldOut) } == alone.points.map { $0.score(.heldOut) })
    #expect(shared.points.map { $0.score(.attacked)?.items } == [66, 66])
  }

  @Test("the untrained control has other weights, of its seed alone") func untrained() throws {
    try withFiles(TinyTarget.files(30)) { folder in
      let attack = "linear-probe: {name: a, untrained: [3, 4]}"
      let curves = try [1, 2].map { seed in
        try TinyTarget(
          folder, attack: attack, model: TinyModel.model(context: 160, seed: UInt64(seed))
        ).run(1)
      }
      #expect(curves[0] == curves[1])
      #expect(try TinyTarget(folder, attack: attack).run(2) != curves[0])
    }
  }

  @Test("too few items for the parts of cross-validation") func few() throws {
    var files = TinyTarget.files(4)
    let items = TinyTarget.files(4)["attacked.jsonl"] ?? ""
    files["attacked.jsonl"] = items + items
    try withFiles(files) { folder in
      let target = try TinyTarget(folder, attack: "linear-probe: {name: a}")
      #expect(throws: AttackError.items(attack: "a", set: "attacked", count: 4, needed: 5)) {
        try target.run()
      }
    }
  }

  @Test("memory decides how many blocks are read at a time, one at least") func memory() {
    #expect(StreamFeatures.layersAtOnce(rows: 4_000, width: 256) == 32)
    #expect(StreamFeatures.layersAtOnce(rows: 4_000, width: 4_096) == 2)
    #expect(StreamFeatures.layersAtOnce(rows: 1 << 20, width: 4_096) == 1)
  }
}
