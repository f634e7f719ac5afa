/// Memory that operations use and forget: it grows in the first step and is there in the next.
///
/// What a worker has is used within one tile; a slot of the operation's own is used by one
/// operation at a time. Growing ends the process when there is no memory, as any allocation of
/// Swift's does.
final class Scratch: @unchecked Sendable {
  /// What an operation keeps while its tiles run.
  enum Slot: Int, CaseIterable {
    /// Partial sums over tiles of rows.
    case partials
    /// The logits of a chunk.
    case logits
    /// The hidden states of a chunk and their gradients.
    case hidden
    /// What passes between the two matrices of a low-rank adapter.
    case lowRank
    /// The rows of a product, in the order of its kernel.
    case packed
  }

  private struct Room {
    var base = UnsafeMutablePointer<Float>.allocate(capacity: 0)
    var capacity = 0

    mutating func hold(_ floats: Int) -> UnsafeMutablePointer<Float> {
      if floats > capacity {
        base.deallocate()
        capacity = floats + floats / 4
        base = UnsafeMutableRawPointer.allocate(byteCount: capacity * 4, alignment: 64)
          .bindMemory(to: Float.self, capacity: capacity)
      }
      return base
    }
  }

  // Rooms of workers lie apart, so that growing one touches nothing of another's.
  private let workers: [UnsafeMutablePointer<Room>]
  private let slots: [UnsafeMutablePointer<Room>]

  init(workers count: Int) {
    func room(_: Int) -> UnsafeMutablePointer<Room> {
      let room = UnsafeMutablePointer<Room>.allocate(capacity: 1)
      room.initialize(to: Room())
      return room
    }
    workers = (0..<count).map(room)
    slots = Slot.allCases.indices.map(room)
  }

  deinit {
    for room in workers + slots {
      room.pointee.base.deallocate()
      room.deallocate()
    }
  }

  /// At least `floats` floats for one worker, holding anything.
  func worker(_ worker: Int, floats: Int) -> UnsafeMutablePointer<Float> {
    workers[worker].pointee.hold(floats)
  }

  /// At least `floats` floats for one operation, holding anything.
  func slot(_ slot: Slot, floats: Int) -> UnsafeMutablePointer<Float> {
    slots[slot.rawValue].pointee.hold(floats)
  }
}
