import Language
import Streams
import Tensors

@testable import Training

/// A model of a thousand parameters, and batches for it.
enum TinyModel {
  static func make(_ family: DecoderFamily = .llama, seed: UInt64 = 1) throws -> LanguageModel {
    let model = try LanguageModel(
      family.shape(
        DecoderFamily.Size(vocabulary: 40, width: 16, layers: 3, heads: 2, context: 24)))
    model.initialise(seed: seed)
    return model
  }

  /// Four sequences of 12 tokens, each of two documents, of which some tokens are not scored.
  static func batch(_ seed: UInt64) -> TrainingBatch {
    var stream = SplitMix64(seed: seed)
    let tokens = (0..<48).map { _ in Int32(stream.next32() % 40) }
    let targets = (0..<48).map { row -> Int32 in
      let endsDocument = row % 12 == 4 || row % 12 == 11
      return endsDocument || row % 7 == 3 ? CrossEntropy.ignored : tokens[row + 1]
    }
    return TrainingBatch(
      length: 12, tokens: tokens, targets: targets,
      segments: Segments(lengths: [5, 7, 5, 7, 5, 7, 5, 7]))
  }

  static func settings(
    slices: Int = 1, recompute: Bool = false, rate: Double = 1e-2
  ) -> Trainer.Settings {
    Trainer.Settings(
      optimiser: OptimiserSettings(rate: rate), schedule: Schedule(kind: .cosine, warmup: 2),
      steps: 8, slices: slices, recompute: recompute)
  }

  /// The bits of the weights and losses of some steps.
  static func train(
    _ model: LanguageModel, _ settings: Trainer.Settings, steps: Int = 4, workers: Int = 1,
    selection: ParameterSelection = .all, group: (any ProcessGroup)? = nil
  ) throws -> [UInt32] {
    let trainer = try Trainer(
      model, selection: selection, settings: settings, group: group,
      on: Workers(count: workers))
    var bits: [UInt32] = []
    for step in 0..<steps {
      bits.append(Float(try trainer.step(batch(UInt64(step))).loss).bitPattern)
    }
    return bits + model.weights.floats.map(\.bitPattern)
  }
}
