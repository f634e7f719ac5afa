public import Tensors

/// Reads sequences that begin alike, each shared beginning once: values only, in memory that is
/// made once.
///
/// The bits of all results do not depend on the number of workers.
public final class PrefixTreePass {
  /// The model, whose weights may change between passes.
  public let model: LanguageModel
  private let workers: Workers
  private var room: ActivationRoom?
  private var rotary: RotaryEmbedding?

  /// A pass without memory yet.
  public init(_ model: LanguageModel, on workers: Workers) {
    self.model = model
    self.workers = workers
  }

  /// The hidden states `[N, D]` behind the last norm, which the output matrix turns into logits;
  /// valid until the next call.
  ///
  /// - Parameter tokens: those of the tree's N rows.
  /// - Throws: ``ModelInputError``, or `TensorsError` where a larger batch than before finds no
  ///   memory.
  public func forward(_ tokens: [Int32], tree: PrefixTree) throws -> MatrixView {
    precondition(tokens.count == tree.rows, "a token for each row")
    try model.check(tokens, length: tree.longest)
    let room = try prepare(rows: tokens.count, length: tree.longest)
    let activations = room.activations(0, tokens.count)
    let positions = tree.positions
    model.embed(tokens, positions, into: activations.input, on: workers)
    for layer in 0..<model.shape.layers {
      DecoderBlock(model, layer: layer, rotary: rotary, workers: workers).forward(
        activations, positions: positions, sight: .paths(tree),
        branches: room.branches(tokens.count))
    }
    let (final, statistics) = room.final(tokens.count)
    model.shape.norm.forward(
      activations.output, model.views(model.layout.finalNorm), into: final,
      statistics: statistics, on: workers)
    return final
  }

  /// Makes room for a batch, if an earlier one did not.
  private func prepare(rows: Int, length: Int) throws(TensorsError) -> ActivationRoom {
    if rotary.map({ $0.positions < length }) ?? true {
      rotary = try model.shape.rotaryEmbedding(positions: length)
    }
    if let room, room.rows >= rows { return room }
    room = nil
    let larger = try ActivationRoom(model.shape, rows: rows, keeping: .nothing)
    room = larger
    return larger
  }
}
