import Streams
import Synchronization
import TestSupport
import Testing

@testable import Tensors

@Suite("Workers") struct WorkersTests {
  @Test("every tile is computed once", arguments: 1...5) func everyTile(count: Int) {
    let workers = Workers(count: count)
    for tiles in [0, 1, 2, 3, 7, 64, 1_000] {
      let seen = (0..<tiles).map { _ in UnsafeMutablePointer<Int>.allocate(capacity: 1) }
      for place in seen { place.initialize(to: 0) }
      for _ in 0..<20 {
        workers.run(tiles: tiles) { tile, worker in
          precondition(worker >= 0 && worker < count)
          seen[tile].pointee += 1
        }
      }
      #expect(seen.allSatisfy { $0.pointee == 20 })
      for place in seen { place.deallocate() }
    }
  }

  @Test("a short operation after the other, and pauses in which workers sleep")
  func manyOperations() {
    let workers = Workers(count: 4)
    let total = Atomic<Int>(0)
    for round in 0..<3_000 {
      workers.run(tiles: 5) { tile, _ in total.add(tile, ordering: .relaxed) }
      if round % 500 == 0 {
        for _ in 0..<200_000 where total.load(ordering: .acquiring) < 0 { break }
      }
    }
    #expect(total.load(ordering: .acquiring) == 30_000)
  }

  @Test("many pools end with their last user") func pools() {
    for _ in 0..<50 {
      let workers = Workers(count: 3)
      workers.run(tiles: 8) { _, _ in }
    }
  }

  @Test("BLAS stays on one thread") func single() {
    _ = Workers(count: 2)
    #expect(BLAS.description.contains("OpenBLAS"))
  }
}

@Suite("Blocks and views") struct BlockTests {
  @Test("a block is zero, and aligned") func zeros() throws {
    let block = try FloatBlock(count: 1_001)
    #expect(UInt(bitPattern: block.base) % 64 == 0)
    #expect(block.floats.allSatisfy { $0 == 0 })
  }

  @Test("a block that nobody has memory for is an error") func tooLarge() {
    #expect(throws: TensorsError.outOfMemory(floats: Int.max / 2)) {
      try FloatBlock(count: Int.max / 2)
    }
    #expect(throws: TensorsError.outOfMemory(floats: 1 << 60)) { try FloatBlock(count: 1 << 60) }
    #expect(TensorsError.outOfMemory(floats: 1).consequence == .resource)
  }

  @Test("a plan's matrices do not overlap") func plan() throws {
    var plan = BlockPlan()
    let shapes = [(3, 5), (1, 1), (4, 16), (7, 9)]
    let places = shapes.map { plan.reserve(rows: $0.0, columns: $0.1) }
    for (place, next) in zip(places, places.dropFirst()) {
      #expect(place.range.upperBound <= next.range.lowerBound && next.offset % 16 == 0)
    }
    let block = try FloatBlock(count: plan.count)
    #expect(block.matrix(places[3]).rows == 7 && block.matrix(places[3]).columns == 9)
  }

  @Test("views of views point to the same floats") func views() throws {
    let held = try Held(Table(6, 12, (0..<72).map(Double.init)))
    let part = held.view.rows(2..<5).columns(4..<10)
    #expect(part[1, 2] == held.view[3, 6])
    let heads = held.view.heads(2, width: 2, first: 4, step: 6)
    #expect(heads.at(row: 5, head: 1)[1] == held.view[5, 11])
    let whole = try Held(Table(6, 12, (0..<72).map(Double.init)), padding: 0)
    #expect(whole.view.reshaped(rows: 18, columns: 4)[4, 1] == 17)
  }
}
