public import Language
internal import Streams
public import Tensors

/// The optimiser's moments, which a checkpoint holds beside the weights, so that a run that resumes
/// gives the same bits as one that never stopped.
public struct OptimiserMoments: Sendable {
  /// Where the moments of a parameter lie in both blocks.
  public struct Tensor: Sendable, Equatable {
    /// The parameter's name.
    public let name: String
    /// Its dimensions.
    public let shape: [Int]
    /// Its first float in either block.
    public let offset: Int

    /// A tensor at a place.
    ///
    /// - Precondition: a name, dimensions above 0.
    public init(name: String, shape: [Int], offset: Int) {
      precondition(!name.isEmpty && shape.allSatisfy { $0 > 0 } && offset >= 0, "a tensor")
      self.name = name
      self.shape = shape
      self.offset = offset
    }

    /// How many floats it has.
    public var count: Int { shape.reduce(1, *) }
  }

  /// The parameters that learn.
  public let tensors: [Tensor]
  /// The first moments, a float for each of the parameters' block.
  public let first: FloatBlock
  /// The second moments, likewise.
  public let second: FloatBlock

  /// The moments of these parameters; what else is in the blocks is not kept.
  ///
  /// - Precondition: the tensors lie within both blocks, each name stands once.
  public init(tensors: [Tensor], first: FloatBlock, second: FloatBlock) {
    precondition(first.count == second.count, "as many first moments as second ones")
    precondition(tensors.allSatisfy { $0.offset + $0.count <= first.count }, "within the blocks")
    precondition(Set(tensors.map(\.name)).count == tensors.count, "each name once")
    self.tensors = tensors
    self.first = first
    self.second = second
  }

  /// The moments of a model's parameters.
  ///
  /// - Parameters:
  ///   - layout: where the parameters lie.
  ///   - isLearning: whether a parameter of this name learns; the moments of frozen ones are zero
  ///     and are not kept.
  /// - Precondition: blocks of `layout.count` floats.
  public init(
    _ layout: ParameterLayout, first: FloatBlock, second: FloatBlock,
    where isLearning: (_ name: String) -> Bool = { _ in true }
  ) {
    precondition(first.count == layout.count && second.count == layout.count, "of this layout")
    self.init(
      tensors: layout.parameters.filter { isLearning($0.name) }.map {
        Tensor(name: $0.name, shape: $0.shape, offset: $0.place.offset)
      }, first: first, second: second)
  }

  static let prefixes = (first: "first.", second: "second.")

  /// All tensors as they stand in the file: the first moments, then the second.
  private var stored: [(name: String, shape: [Int], floats: UnsafeMutablePointer<Float>)] {
    [(OptimiserMoments.prefixes.first, first), (OptimiserMoments.prefixes.second, second)]
      .flatMap { prefix, block in
        tensors.map { (prefix + $0.name, $0.shape, block.base + $0.offset) }
      }
  }

  /// Writes them as a safetensors file of F32, durably.
  ///
  /// - Throws: `CheckpointError` where one is not finite, `StreamsError` where the file cannot be
  ///   written.
  func write(to path: String) throws {
    try SafetensorsWriter.write(
      stored.map { ($0.name, $0.shape, UnsafePointer($0.floats)) }, to: path)
  }

  /// Reads them from a file of exactly these tensors.
  ///
  /// - Throws: `CheckpointError` naming what does not fit, `StreamsError` where the file cannot be
  ///   read.
  func read(from path: String) throws {
    let file = try SafetensorsFile(path: path)
    let wanted = stored
    guard file.tensors.count == wanted.count else {
      throw CheckpointError(
        .broken, path: path,
        detail: "\(file.tensors.count) tensors where this run has \(wanted.count)")
    }
    let source = try FileSource(path: path)
    let data = file.tensors.last?.range.upperBound ?? 0
    let block = ByteBlock(capacity: FileSource.readSize)
    _ = try source.read(Int(source.size) - data, into: block)
    for (tensor, target) in zip(file.tensors, wanted) {
      guard tensor.name == target.name, tensor.shape == target.shape, tensor.type == .F32 else {
        throw CheckpointError(
          .shape, path: path, key: tensor.name, detail: "is not \(target.name) \(target.shape)")
      }
      let bytes = UnsafeMutableRawBufferPointer(start: target.floats, count: tensor.range.count)
      guard try source.read(into: bytes) == bytes.count else {
        throw CheckpointError(
          .broken, path: path, key: tensor.name, detail: "changed while it was read")
      }
    }
  }
}
