internal import Foundation

/// One allocation of floats at a fixed place, aligned to 64 bytes: all parameters of a model, all
/// their gradients, or the activations of a step.
///
/// It is not copied on write, so that a model is never copied by accident; whoever holds the block
/// sees to it that nobody reads what another thread writes. A view into it keeps it alive.
public final class FloatBlock: @unchecked Sendable {
  /// Floats in one cache line; places in a block are rounded up to it.
  public static let lane = 16

  /// The first float.
  public let base: UnsafeMutablePointer<Float>
  /// How many floats there are.
  public let count: Int

  /// A block of zeros.
  ///
  /// - Parameter count: how many floats, at least 1.
  /// - Throws: ``TensorsError/outOfMemory(floats:)``.
  public init(count: Int) throws(TensorsError) {
    precondition(count > 0, "a block holds at least one float")
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Float>.stride)
    // Fresh pages are zero, and one that nobody writes to takes no memory: what is frozen has
    // places for its gradient and moments that cost nothing.
    guard !overflow,
      let memory = mmap(
        nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED
    else { throw .outOfMemory(floats: count) }
    base = memory.bindMemory(to: Float.self, capacity: count)
    self.count = count
  }

  deinit { munmap(base, count * MemoryLayout<Float>.stride) }

  /// All floats.
  public var floats: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }

  /// The matrix `[rows, columns]` that begins at float `offset`, its rows behind one another.
  ///
  /// - Precondition: it lies within the block.
  public func matrix(at offset: Int = 0, rows: Int, columns: Int) -> MatrixView {
    precondition(
      offset >= 0 && rows >= 0 && columns >= 0 && offset + rows * columns <= count,
      "a matrix outside the block")
    return MatrixView(base + offset, rows: rows, columns: columns, owner: self)
  }

  /// The matrix at a place that a plan gave.
  public func matrix(_ place: BlockPlan.Place) -> MatrixView {
    matrix(at: place.offset, rows: place.rows, columns: place.columns)
  }

  /// Adds the floats of another block in a range.
  ///
  /// - Precondition: both have the range.
  public func add(_ other: FloatBlock, in range: Range<Int>, on workers: Workers) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= min(count, other.count), "outside a block")
    let tile = 32_768
    workers.run(tiles: pieces(range.count, of: tile)) { index, _ in
      let part = piece(index, of: tile, in: range.count)
      let first = range.lowerBound + part.lowerBound
      addScaled(other.base + first, 1, to: self.base + first, part.count)
    }
  }

  /// Sets every float to zero.
  public func clear() { memset(base, 0, count * MemoryLayout<Float>.stride) }
}

/// Where the matrices of a model lie in a block, each beginning on a cache line.
///
/// The same plan serves parameters, gradients and the optimiser's moments: the same offset means
/// the same parameter in each. What rounding leaves between two matrices is zero everywhere and
/// stays so.
public struct BlockPlan: Sendable, Equatable {
  /// One matrix `[rows, columns]` of the plan.
  public struct Place: Sendable, Equatable {
    /// Its first float, counted from the block's.
    public let offset: Int
    /// How many rows it has.
    public let rows: Int
    /// How many columns it has.
    public let columns: Int
    /// The floats that it takes.
    public var range: Range<Int> { offset..<(offset + rows * columns) }
  }

  /// The floats that a block of this plan needs.
  public private(set) var count = 0

  /// An empty plan.
  public init() {}

  /// Sets a matrix `[rows, columns]` behind what is planned already.
  ///
  /// - Precondition: both are positive.
  public mutating func reserve(rows: Int, columns: Int) -> Place {
    precondition(rows > 0 && columns > 0, "a matrix has rows and columns")
    let place = Place(offset: count, rows: rows, columns: columns)
    let lane = FloatBlock.lane
    count += (rows * columns + lane - 1) / lane * lane
    return place
  }
}
