internal import Evaluation
internal import Language
internal import Streams
internal import Tensors

/// The residual stream at the last token of each choice, behind some blocks of a model.
struct StreamFeatures {
  /// Floats of the streams that are kept at a time: 256 MiB, or what one block takes where that is
  /// more.
  static let floats = 1 << 26

  private let items: ChoiceItems
  private let blocks: [FloatBlock]
  private let layers: Range<Int>
  private let width: Int

  /// How many blocks are read in one go: a function of shapes alone.
  static func layersAtOnce(rows: Int, width: Int) -> Int { max(1, floats / max(1, rows * width)) }

  /// Reads the choices of a set's items.
  ///
  /// - Throws: `EvaluationError` (notFinite), `ModelInputError`, `TensorsError` where there is no
  ///   memory for them, `InterruptedError`.
  init(
    _ set: AttackMeter.Items, behind layers: Range<Int>, attack: String, of subject: AttackSubject
  ) throws {
    let width = subject.model.shape.width
    let sequences = set.items.sequences(for: subject.evaluated)
    let blocks = try layers.map { _ in try FloatBlock(count: sequences.count * width) }
    let pass = TrainingPass(subject.model, on: subject.workers)
    for batch in SequenceBatches(sequences).all {
      if Interruption.isRequested { throw InterruptedError() }
      try pass.forward(
        batch.tokens, length: batch.length, for: .values, through: layers.upperBound - 1
      ) { layer, hidden in
        guard layers.contains(layer) else { return }
        let block = blocks[layer - layers.lowerBound]
        for (number, rows) in zip(batch.numbers, batch.rows) {
          (block.base + number * width).update(
            from: hidden.row(rows.upperBound - 1), count: width)
        }
      }
    }
    for (row, choices) in set.items.choices.enumerated() {
      let range = choices.lowerBound * width..<choices.upperBound * width
      guard blocks.allSatisfy({ $0.floats[range].allSatisfy(\.isFinite) }) else {
        throw EvaluationError.notFinite(task: attack, file: set.file.name, row: row)
      }
    }
    (items, self.blocks, self.layers, self.width) = (set.items, blocks, layers, width)
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
