internal import Language
internal import Tensors

extension Trainer {
  /// Takes the weights and moments of a checkpoint; the number of steps stays.
  ///
  /// - Throws: what reading a model, an adapter or moments throws.
  package func take(_ saved: SavedCheckpoint) throws {
    if let adapter = model.adapter {
      let read = try LowRankAdapter.load(folder: saved.folder, for: model)
      adapter.weights.base.update(from: read.weights.base, count: adapter.weights.count)
    } else {
      try model.readWeights(folder: saved.folder)
    }
    try saved.read(moments)
  }
}
