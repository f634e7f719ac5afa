internal import Tensors

/// The sum of the gradients of slices over processes, in the order of the slices.
///
/// The first process adds its slices up, the next adds its own to what it receives, and so on; the
/// last one has the sum of all, and gives it to everybody. That is the order in which one process
/// alone adds them, so the bits are the same. Pieces follow each other through the processes.
struct SliceSum {
  let group: any ProcessGroup
  let ranges: [Range<Int>]
  let workers: Workers

  private static let piece = 1 << 20

  /// Leaves the sum in `total` of every process, and gives the sum of all losses.
  ///
  /// - Parameters:
  ///   - losses: of the slices of this process.
  ///   - gradients: a block for each of them.
  func sum(
    _ losses: [Double], gradients: [FloatBlock], into total: FloatBlock
  ) throws(ProcessGroupError) -> Double {
    for range in ranges {
      for first in stride(from: range.lowerBound, to: range.upperBound, by: SliceSum.piece) {
        let part = first..<min(first + SliceSum.piece, range.upperBound)
        try add(gradients, in: part, to: total)
      }
    }
    for range in ranges { try group.broadcast(bytes(of: total, in: range), from: group.count - 1) }
    return try sum(losses)
  }

  private func add(
    _ gradients: [FloatBlock], in part: Range<Int>, to total: FloatBlock
  ) throws(ProcessGroupError) {
    let room = bytes(of: total, in: part)
    if group.rank > 0 { try group.receive(room, from: group.rank - 1) }
    for (index, block) in gradients.enumerated() {
      if index == 0 && group.rank == 0 {
        (total.base + part.lowerBound).update(
          from: block.base + part.lowerBound, count: part.count)
      } else {
        total.add(block, in: part, on: workers)
      }
    }
    guard group.rank < group.count - 1 else { return }
    try group.send(UnsafeRawBufferPointer(room), to: group.rank + 1)
  }

  private func sum(_ losses: [Double]) throws(ProcessGroupError) -> Double {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 8, alignment: 8)
    defer { room.deallocate() }
    room.storeBytes(of: 0, as: Double.self)
    if group.rank > 0 { try group.receive(room, from: group.rank - 1) }
    room.storeBytes(of: losses.reduce(room.load(as: Double.self), +), as: Double.self)
    if group.rank < group.count - 1 {
      try group.send(UnsafeRawBufferPointer(room), to: group.rank + 1)
    }
    try group.broadcast(room, from: group.count - 1)
    return room.load(as: Double.self)
  }

  private func bytes(of block: FloatBlock, in range: Range<Int>) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      UnsafeMutableBufferPointer(rebasing: block.floats[range]))
  }
}
