internal import Streams

/// Small tensors, read by name.
extension SafetensorsFile {
  /// The tensor of this name.
  public func tensor(named name: String) throws -> Tensor {
    guard let tensor = tensors.first(where: { $0.name == name }) else {
      throw CheckpointError(.missingTensor, path: path, key: name, detail: "is missing")
    }
    return tensor
  }

  /// All elements of a small tensor of floats.
  ///
  /// - Throws: ``CheckpointError`` where it is missing, of another type, or not finite.
  public func floats(named name: String) throws -> [Float] {
    let tensor = try tensor(named: name)
    guard tensor.type.holdsWeights else {
      throw CheckpointError(.unsupported, path: path, key: name, detail: "holds no floats")
    }
    let bytes = try bytes(of: tensor)
    var finite = true
    let floats = [Float](unsafeUninitializedCapacity: tensor.count) { target, count in
      if let base = target.baseAddress {
        finite = bytes.withUnsafeBytes {
          tensor.type.decode($0, into: base, count: tensor.count)
        }
      }
      count = tensor.count
    }
    guard finite else {
      throw CheckpointError(.notFinite, path: path, key: name, detail: "is not finite")
    }
    return floats
  }

  /// All elements of a small tensor of 32-bit integers.
  ///
  /// - Throws: ``CheckpointError`` where it is missing or of another type.
  public func integers(named name: String) throws -> [Int32] {
    let tensor = try tensor(named: name)
    guard tensor.type == .I32 else {
      throw CheckpointError(.unsupported, path: path, key: name, detail: "must be I32")
    }
    let bytes = try bytes(of: tensor)
    return bytes.withUnsafeBytes { bytes in
      (0..<tensor.count).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self) }
    }
  }

  private func bytes(of tensor: Tensor) throws -> [UInt8] {
    let file = try FileSource(path: path)
    let bytes = try file.peek(
      at: Int64(header.count + tensor.range.lowerBound), count: tensor.range.count)
    guard bytes.count == tensor.range.count else {
      throw CheckpointError(
        .broken, path: path, key: tensor.name, detail: "changed while it was read")
    }
    return bytes
  }
}
