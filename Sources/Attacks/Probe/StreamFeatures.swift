internal import Evaluation
internal import Language
internal import Streams
internal import Tensors

/// What a probe sees of each choice behind some blocks of a model of width D, 2 D + 1 numbers:
///
/// - the residual stream at the choice's last token: what was made of question and choice;
/// - Σ n ⊙ u over the choice's tokens, where n is the stream at the token before, behind the
///   model's last norm, and u the token's row of the output matrix: what the question says about
///   the choice, whose sum is the choice's logits;
/// - the log-likelihood that the ``LogitLens`` gives the choice.
///
/// A model that was only taught to say what comes next has the answer in the second, where the
/// question ends, and nothing of it in the first. Their weights are an affine lens with a diagonal
/// matrix (Belrose et al., "Eliciting latent predictions from transformers with the tuned lens",
/// arXiv 2303.08112): a probe can find what the logit lens finds, and more.
struct StreamFeatures {
  /// Floats of the features that are kept at a time: 256 MiB, or what one block takes where that is
  /// more.
  static let floats = 1 << 26

  private let items: ChoiceItems
  private let blocks: [FloatBlock]
  private let layers: Range<Int>
  private let width: Int

  /// Features of a choice, of a model of width `width`.
  static func count(width: Int) -> Int { 2 * width + 1 }
  /// How many blocks are read in one go: a function of shapes alone.
  static func layersAtOnce(rows: Int, width: Int) -> Int {
    max(1, floats / max(1, rows * count(width: width)))
  }

  /// Reads the choices of a set's items.
  ///
  /// - Throws: `EvaluationError` (notFinite), `ModelInputError`, `TensorsError` where there is no
  ///   memory for them, `InterruptedError`.
  init(
    _ set: AttackMeter.Items, behind layers: Range<Int>, attack: String, of subject: AttackSubject
  ) throws {
    let model = subject.model
    let features = StreamFeatures.count(width: model.shape.width)
    let sequences = set.items.sequences(for: subject.evaluated)
    let blocks = try layers.map { _ in try FloatBlock(count: sequences.count * features) }
    let batches = SequenceBatches(sequences)
    let reader = try ChoiceReader(
      set.items.lengths, rows: batches.all.map(\.tokens.count).max() ?? 1, of: subject)
    let pass = TrainingPass(model, on: subject.workers)
    for batch in batches.all {
      if Interruption.isRequested { throw InterruptedError() }
      try pass.forward(
        batch.tokens, length: batch.length, for: .values, through: layers.upperBound - 1
      ) { layer, hidden in
        guard layers.contains(layer) else { return }
        let block = blocks[layer - layers.lowerBound]
        reader.read(batch, hidden, into: block.matrix(rows: sequences.count, columns: features))
      }
    }
    for (row, choices) in set.items.choices.enumerated() {
      let range = choices.lowerBound * features..<choices.upperBound * features
      guard blocks.allSatisfy({ $0.floats[range].allSatisfy(\.isFinite) }) else {
        throw EvaluationError.notFinite(task: attack, file: set.file.name, row: row)
      }
    }
    (items, self.blocks, self.layers, width) = (set.items, blocks, layers, features)
  }

  /// The items behind a block, their features centred.
  ///
  /// - Precondition: it is one of those that were read.
  func probed(_ layer: Int) -> ProbeItems {
    let block = blocks[layer - layers.lowerBound]
    let probed = ProbeItems(
      features: block.matrix(rows: block.count / width, columns: width), choices: items.choices,
      answers: items.answers)
    probed.centre()
    return probed
  }
}
