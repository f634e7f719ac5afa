import Foundation
import Streams
import Synchronization
import Testing

/// A lane of numbers that notes what its serial stages saw.
private final class NumberLane: PipelineLane {
  static let stages: [StageKind] = [.serial, .parallel, .serial]

  let count: Int
  let failAt: Int?
  let seen = Mutex<(first: [Int], last: [Int], open: Int, peak: Int, finished: Bool)>(
    ([], [], 0, 0, false))
  private var given = 0

  init(_ count: Int, failAt: Int? = nil) {
    self.count = count
    self.failAt = failAt
  }

  static func weight(of item: Int) -> Int { 10 }

  func next(worker: Int) throws -> Int? {
    guard given < count else { return nil }
    defer { given += 1 }
    seen.withLock {
      $0.open += 1
      $0.peak = max($0.peak, $0.open)
    }
    return given
  }

  func run(stage: Int, item: Int, worker: Int) throws {
    switch stage {
    case 0: seen.withLock { $0.first.append(item) }
    case 1:
      // Uneven work, so that items overtake one another.
      var x = item
      for _ in 0..<(item % 7 * 400) { x = x &* 31 &+ 7 }
      if item == failAt { throw StreamsError(.full, path: "\(x == 0)", detail: "planted") }
    default:
      seen.withLock {
        $0.last.append(item)
        $0.open -= 1
      }
    }
  }

  func finish(worker: Int) throws { seen.withLock { $0.finished = true } }
}

@Suite struct PipelineTests {
  @Test("serial stages see every item in order; no more than the window is in flight")
  func order() throws {
    for threads in [1, 2, 3, 4] {
      let lanes = (0..<5).map { NumberLane(300 + $0) }
      let pipeline = Pipeline<NumberLane>(threads: threads, window: 6, lanesAtOnce: 2)
      try pipeline.run { $0 < lanes.count ? lanes[$0] : nil }
      for lane in lanes {
        lane.seen.withLock {
          #expect($0.first == Array(0..<lane.count))
          #expect($0.last == Array(0..<lane.count))
          #expect($0.peak <= 6)
          #expect($0.finished)
        }
      }
    }
  }

  @Test("no more than the allowed weight is in flight; one item always is") func weight() throws {
    for (limit, peak) in [(1, 1), (30, 3)] {
      let lane = NumberLane(200)
      let pipeline = Pipeline<NumberLane>(
        threads: 3, window: 50, lanesAtOnce: 1, bytesInFlight: limit)
      try pipeline.run { $0 == 0 ? lane : nil }
      lane.seen.withLock {
        #expect($0.peak <= peak)
        #expect($0.last == Array(0..<200))
      }
    }
  }

  @Test("an error ends the work and is thrown; its lane is not finished")
  func failure() {
    for threads in [1, 4] {
      let lanes = [NumberLane(50), NumberLane(1000, failAt: 20)]
      let pipeline = Pipeline<NumberLane>(threads: threads, window: 4, lanesAtOnce: 2)
      #expect(throws: StreamsError.self) {
        try pipeline.run { $0 < lanes.count ? lanes[$0] : nil }
      }
      lanes[1].seen.withLock {
        #expect(!$0.finished)
        #expect(!$0.last.contains(20))
        #expect($0.last == Array(0..<$0.last.count))
      }
    }
  }

  @Test("no lanes, and lanes without items, end") func empty() throws {
    try Pipeline<NumberLane>(threads: 3, window: 1, lanesAtOnce: 1).run { _ in nil }
    let lane = NumberLane(0)
    try Pipeline<NumberLane>(threads: 3, window: 1, lanesAtOnce: 1).run { $0 == 0 ? lane : nil }
    lane.seen.withLock { #expect($0.finished) }
  }
}
