/// Keys and values of the tokens that a model has read, for decoding: for each layer, sequence and
/// key head a matrix `[capacity, W]`.
///
/// All layers of a step store and read at the same positions; `advance` moves on behind the last.
public final class KeyValueCache {
  /// Layers of the model.
  public let layers: Int
  /// Sequences that are decoded side by side.
  public let sequences: Int
  /// Key and value heads, G.
  public let heads: Int
  /// Features of a head, W.
  public let width: Int
  /// Tokens that a sequence may have.
  public let capacity: Int
  /// Tokens that each sequence has.
  public private(set) var lengths: [Int]
  private let block: FloatBlock

  /// An empty cache; it takes `2 · layers · sequences · heads · capacity · width` floats.
  ///
  /// - Throws: ``TensorsError/outOfMemory(floats:)``.
  public init(layers: Int, sequences: Int, heads: Int, width: Int, capacity: Int)
    throws(TensorsError)
  {
    precondition(
      layers > 0 && sequences > 0 && heads > 0 && width > 0 && capacity > 0, "an empty cache")
    self.layers = layers
    self.sequences = sequences
    self.heads = heads
    self.width = width
    self.capacity = capacity
    lengths = Array(repeating: 0, count: sequences)
    block = try FloatBlock(count: 2 * layers * sequences * heads * capacity * width)
  }

  /// Stores keys and values `[S·n, G, W]` of the n next tokens of each of S sequences, behind those
  /// that the sequences have.
  ///
  /// - Parameter slots: the S sequences that the rows belong to, n rows each, one behind the other.
  public func store(keys: HeadsView, values: HeadsView, layer: Int, slots: [Int]) {
    let count = newTokens(rows: keys.rows, slots)
    precondition(
      keys.hasShape(of: values) && keys.count == heads && keys.width == width,
      "keys and values [S·n, G, W]")
    for (index, slot) in slots.enumerated() {
      for token in 0..<count {
        for head in 0..<heads {
          let row = index * count + token
          let place = (lengths[slot] + token) * width
          (self.keys(layer, slot, head) + place)
            .update(from: keys.at(row: row, head: head), count: width)
          (self.values(layer, slot, head) + place)
            .update(from: values.at(row: row, head: head), count: width)
        }
      }
    }
  }

  /// Counts the n tokens as read, after all layers have stored them.
  public func advance(_ slots: [Int], by count: Int) {
    for slot in slots {
      precondition(count >= 0 && lengths[slot] + count <= capacity, "the cache is full")
      lengths[slot] += count
    }
  }

  /// Forgets the tokens behind the first `length` of a sequence.
  public func truncate(_ slot: Int, to length: Int) {
    precondition(length >= 0 && length <= lengths[slot], "a sequence is truncated, not extended")
    lengths[slot] = length
  }

  /// How many tokens each sequence gets, by the number of rows.
  func newTokens(rows: Int, _ slots: [Int]) -> Int {
    precondition(!slots.isEmpty && rows % slots.count == 0, "as many rows for each sequence")
    let count = rows / slots.count
    for slot in slots {
      precondition(slot >= 0 && slot < sequences, "a sequence that the cache does not have")
      precondition(lengths[slot] + count <= capacity, "the cache is full")
    }
    return count
  }

  func keys(_ layer: Int, _ slot: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
    precondition(layer >= 0 && layer < layers, "a layer that the cache does not have")
    return block.base + (((2 * layer) * sequences + slot) * heads + head) * capacity * width
  }

  func values(_ layer: Int, _ slot: Int, _ head: Int) -> UnsafeMutablePointer<Float> {
    precondition(layer >= 0 && layer < layers, "a layer that the cache does not have")
    return block.base + (((2 * layer + 1) * sequences + slot) * heads + head) * capacity * width
  }
}
