public import Tensors

/// Reads tokens into a key-value cache and gives the logits behind the newest, on the weights that
/// training changes: no copy.
public final class CachedDecoder {
  /// Gets the residual stream `[S·n, D]` behind a block, and may change it; row i·n + j is the j-th
  /// new token of sequence `slots[i]`.
  public typealias Tap = (_ layer: Int, _ hidden: MatrixView, _ slots: [Int]) -> Void

  /// Rows that are computed at a time while a prompt is read, unless somebody wants others.
  public static let chunk = 512

  /// The model.
  public let model: LanguageModel
  /// Sequences that are decoded side by side.
  public let sequences: Int
  /// Tokens that a sequence may have.
  public let capacity: Int
  private let cache: KeyValueCache
  private let rotary: RotaryEmbedding?
  private let workers: Workers
  private let chunk: Int
  private let room: ActivationRoom
  private let logitsBlock: FloatBlock

  /// A decoder with an empty cache.
  ///
  /// - Parameters:
  ///   - capacity: at most the tokens that the model can see.
  ///   - chunk: rows that are computed at a time while a prompt is read.
  /// - Throws: ``ModelInputError/tooLong(length:context:)``, or `TensorsError` where there is no
  ///   memory.
  public init(
    _ model: LanguageModel, sequences: Int, capacity: Int, chunk: Int = CachedDecoder.chunk,
    on workers: Workers
  ) throws {
    precondition(sequences > 0 && capacity > 0 && chunk > 0, "an empty decoder")
    let shape = model.shape
    guard capacity <= shape.context else {
      throw ModelInputError.tooLong(length: capacity, context: shape.context)
    }
    self.model = model
    self.sequences = sequences
    self.capacity = capacity
    self.workers = workers
    self.chunk = min(chunk, capacity)
    cache = try KeyValueCache(
      layers: shape.layers, sequences: sequences, heads: shape.keyHeads, width: shape.headWidth,
      capacity: capacity)
    rotary = try shape.rotaryEmbedding(positions: capacity)
    room = try ActivationRoom(shape, rows: max(self.chunk, sequences), keeping: .nothing)
    logitsBlock = try FloatBlock(count: sequences * shape.vocabulary)
  }

  /// Tokens that a sequence has.
  public func length(of slot: Int) -> Int { cache.lengths[slot] }

  /// Forgets the tokens of a sequence behind the first `length`.
  public func truncate(_ slot: Int, to length: Int) { cache.truncate(slot, to: length) }

  /// Reads tokens of one sequence, chunk after chunk.
  ///
  /// - Returns: the logits `[1, V]` behind the last, valid until the next call.
  /// - Throws: ``ModelInputError``.
  public func read(_ tokens: [Int32], into slot: Int, tap: Tap? = nil) throws -> MatrixView {
    try model.check(tokens, length: cache.lengths[slot] + tokens.count)
    guard cache.lengths[slot] + tokens.count <= capacity else {
      throw ModelInputError.tooLong(
        length: cache.lengths[slot] + tokens.count, context: capacity)
    }
    for first in stride(from: 0, to: tokens.count, by: chunk) {
      let part = tokens[first..<min(first + chunk, tokens.count)]
      let hidden = forward(Array(part), slots: [slot], tap)
      if first + part.count == tokens.count {
        return logits(hidden.rows((part.count - 1)..<part.count))
      }
    }
    preconditionFailure("no tokens")
  }

  /// Reads one more token of each of S sequences.
  ///
  /// - Returns: the logits `[S, V]` behind them, valid until the next call.
  /// - Throws: ``ModelInputError``.
  public func step(_ tokens: [Int32], slots: [Int], tap: Tap? = nil) throws -> MatrixView {
    precondition(tokens.count == slots.count, "a token for each sequence")
    for slot in slots where cache.lengths[slot] >= capacity {
      throw ModelInputError.tooLong(length: cache.lengths[slot] + 1, context: capacity)
    }
    try model.check(tokens, length: 1)
    return logits(forward(tokens, slots: slots, tap))
  }

  /// The hidden states `[S·n, D]` behind the last norm.
  private func forward(_ tokens: [Int32], slots: [Int], _ tap: Tap?) -> MatrixView {
    let (rows, count) = (tokens.count, tokens.count / slots.count)
    let positions = tokens.indices.map { Int32(cache.lengths[slots[$0 / count]] + $0 % count) }
    let branches = room.branches(rows)
    let activations = room.activations(0, rows)
    model.embed(tokens, positions, into: activations.input, on: workers)
    for layer in 0..<model.shape.layers {
      DecoderBlock(model, layer: layer, rotary: rotary, workers: workers).forward(
        activations, positions: positions, sight: .cache(cache, layer: layer, slots: slots),
        branches: branches)
      tap?(layer, activations.output, slots)
    }
    cache.advance(slots, by: count)
    let (final, statistics) = room.final(rows)
    model.shape.norm.forward(
      activations.output, model.views(model.layout.finalNorm), into: final,
      statistics: statistics, on: workers)
    return final
  }

  private func logits(_ hidden: MatrixView) -> MatrixView {
    let logits = logitsBlock.matrix(rows: hidden.rows, columns: model.shape.vocabulary)
    let head = model.head
    Linear.forward(hidden, weight: head.weight, bias: head.bias, into: logits, on: workers)
    return logits
  }
}
