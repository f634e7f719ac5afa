public import Language

/// The data of a run, packed: what it reads its batches from.
public struct TrainingData: Sendable {
  /// What weights are trained on; at least one sequence.
  public let training: SequenceFile
  /// What losses are measured on; nil for nothing.
  public let validation: SequenceFile?
  /// Which documents were read, and where they are.
  public let index: DocumentIndex
  /// The tokenizer.
  public let tokenizer: Tokenizer
  /// Where its `tokenizer.json` is.
  public let tokenizerPath: String
  /// What was made, in numbers and hashes.
  public let summary: DataSummary

  /// The order of the run.
  ///
  /// - Parameter seed: the seed named `order`.
  public func order(seed: UInt64) -> DataOrder { DataOrder(count: training.count, seed: seed) }
}
