internal import Foundation

/// How a stage takes the items of its lane.
public enum StageKind: Sendable {
  /// One at a time, in the lane's order.
  case serial
  /// Any number at a time, in any order.
  case parallel
}

/// One stream of items through a pipeline: a shard whose batches are read, judged and committed.
///
/// The pipeline calls `next` and each serial stage from one worker at a time, in order, though not
/// always from the same one; parallel stages from many. `worker` is the number of the calling
/// worker, from 0: what a worker keeps for itself (a parser, buffers) is found by it.
public protocol PipelineLane: AnyObject, SendableMetatype {
  /// What flows.
  associatedtype Item
  /// The stages behind `next`, first to last.
  static var stages: [StageKind] { get }
  /// The bytes that an item keeps in memory while it is under way.
  static func weight(of item: Item) -> Int
  /// Reads the next item; nil at the end.
  func next(worker: Int) throws -> Item?
  /// Does the work of stage `stage` on an item.
  func run(stage: Int, item: Item, worker: Int) throws
  /// Called once, after the last item has left the last stage.
  func finish(worker: Int) throws
}

/// Workers that carry the items of many lanes through their stages.
///
/// A worker always takes the work nearest to the end of the oldest lane, so that what is in flight
/// stays small; a lane reads only while fewer than `window` of its items are under way and all
/// items together weigh less than `bytesInFlight`, and at most `lanesAtOnce` lanes are open: memory
/// is bounded by these, not by the input. The results do
/// not depend on the number of workers, because serial stages see the items in order.
///
/// Plain threads, because the stages block in file calls and `--threads` is a promise that the
/// cooperative pool cannot keep.
public final class Pipeline<Lane: PipelineLane>: @unchecked Sendable {
  // Everything below is guarded by `condition`, except that a lane's own methods run outside it.
  private final class Track {
    let lane: Lane
    let order: Int
    var reading = false
    var ended = false
    var finishing = false
    var inFlight = 0
    var nextSequence = 0
    var waiting: [[(sequence: Int, item: Lane.Item)]]
    var expected: [Int]
    var busy: [Bool]

    init(_ lane: Lane, order: Int) {
      self.lane = lane
      self.order = order
      waiting = Array(repeating: [], count: Lane.stages.count)
      expected = Array(repeating: 0, count: Lane.stages.count)
      busy = Array(repeating: false, count: Lane.stages.count)
    }
  }

  private enum Work {
    case stage(Track, Int, Int, Lane.Item)
    case read(Track)
    case finish(Track)
    case open
    case wait
    case done
  }

  private let condition = NSCondition()
  private let threads: Int
  private let window: Int
  private let lanesAtOnce: Int
  private let bytesInFlight: Int
  private var bytes = 0
  private var open: (Int) throws -> Lane?
  private var tracks: [Track] = []
  private var opening = false
  private var opened = 0
  private var noMoreLanes = false
  private var failure: (order: Int, error: any Error)?

  /// A pipeline.
  ///
  /// - Parameters:
  ///   - threads: the number of workers, at least 1.
  ///   - window: items of one lane in flight at most.
  ///   - lanesAtOnce: lanes open at most.
  ///   - bytesInFlight: the weight of all items above which no lane reads, unless nothing is under
  ///     way.
  public init(threads: Int, window: Int, lanesAtOnce: Int, bytesInFlight: Int = .max) {
    precondition(threads > 0 && window > 0 && lanesAtOnce > 0, "a pipeline has room for work")
    self.threads = threads
    self.window = window
    self.lanesAtOnce = lanesAtOnce
    self.bytesInFlight = bytesInFlight
    open = { _ in nil }
  }

  /// Carries all lanes to their end.
  ///
  /// - Parameter open: gives the lane of the number it is called with, counting from 0; nil behind
  ///   the last. It is called by one worker at a time.
  /// - Throws: the error of the first lane, in lane order, among those that had failed when the
  ///   work stopped; ``InterruptedError`` when a stop was asked for.
  public func run(opening open: @escaping (Int) throws -> Lane?) throws {
    self.open = open
    let ended = DispatchSemaphore(value: 0)
    for worker in 0..<threads {
      let thread = Thread { [self] in
        work(worker)
        ended.signal()
      }
      thread.stackSize = 4 << 20
      thread.start()
    }
    for _ in 0..<threads { ended.wait() }
    tracks = []
    self.open = { _ in nil }
    if let failure { throw failure.error }
  }

  private func work(_ worker: Int) {
    condition.lock()
    defer { condition.unlock() }
    while true {
      switch choose() {
      case .done:
        condition.broadcast()
        return
      case .wait: condition.wait()
      case .open: openLane()
      case .read(let track): read(track, worker)
      case .stage(let track, let stage, let sequence, let item):
        runStage(track, stage, sequence, item, worker)
      case .finish(let track): finish(track, worker)
      }
    }
  }

  private func choose() -> Work {
    if failure == nil && Interruption.isRequested { failure = (Int.max, InterruptedError()) }
    if failure != nil { return .done }
    for track in tracks {
      if let work = stageWork(of: track) { return work }
      if track.ended && track.inFlight == 0 && !track.finishing && !track.reading {
        return .finish(track)
      }
    }
    let isFull = bytes >= bytesInFlight && tracks.contains { $0.inFlight > 0 || $0.reading }
    for track in tracks where !isFull && !track.reading && !track.ended && track.inFlight < window {
      return .read(track)
    }
    if !noMoreLanes && !opening && tracks.count < lanesAtOnce { return .open }
    if noMoreLanes && tracks.isEmpty { return .done }
    return .wait
  }

  private func stageWork(of track: Track) -> Work? {
    for stage in Lane.stages.indices.reversed() where !track.waiting[stage].isEmpty {
      switch Lane.stages[stage] {
      case .parallel:
        let (sequence, item) = track.waiting[stage].removeFirst()
        return .stage(track, stage, sequence, item)
      case .serial:
        guard !track.busy[stage],
          let index = track.waiting[stage].firstIndex(where: {
            $0.sequence == track.expected[stage]
          })
        else { continue }
        let (sequence, item) = track.waiting[stage].remove(at: index)
        track.busy[stage] = true
        return .stage(track, stage, sequence, item)
      }
    }
    return nil
  }

  /// Does `body` outside the lock and notes its error.
  private func outside<Value>(_ order: Int, _ body: () throws -> Value) -> Value? {
    condition.unlock()
    let result = Result { try body() }
    condition.lock()
    switch result {
    case .success(let value): return value
    case .failure(let error):
      if failure.map({ order < $0.order }) ?? true { failure = (order, error) }
      condition.broadcast()
      return nil
    }
  }

  private func openLane() {
    opening = true
    let number = opened
    let lane = outside(number) { try open(number) }
    opening = false
    if let lane, let lane {
      opened += 1
      tracks.append(Track(lane, order: number))
    } else {
      noMoreLanes = true
    }
    condition.broadcast()
  }

  private func read(_ track: Track, _ worker: Int) {
    track.reading = true
    let item = outside(track.order) { try track.lane.next(worker: worker) }
    track.reading = false
    if let item, let item {
      track.waiting[0].append((track.nextSequence, item))
      track.nextSequence += 1
      track.inFlight += 1
      bytes += Lane.weight(of: item)
    } else {
      track.ended = true
    }
    condition.broadcast()
  }

  private func runStage(
    _ track: Track, _ stage: Int, _ sequence: Int, _ item: Lane.Item, _ worker: Int
  ) {
    let done: Void? = outside(track.order) {
      try track.lane.run(stage: stage, item: item, worker: worker)
    }
    if Lane.stages[stage] == .serial {
      track.busy[stage] = false
      track.expected[stage] += 1
    }
    guard done != nil else { return }
    if stage + 1 < Lane.stages.count {
      track.waiting[stage + 1].append((sequence, item))
    } else {
      track.inFlight -= 1
      bytes -= Lane.weight(of: item)
    }
    condition.broadcast()
  }

  private func finish(_ track: Track, _ worker: Int) {
    track.finishing = true
    _ = outside(track.order) { try track.lane.finish(worker: worker) }
    tracks.removeAll { $0 === track }
    condition.broadcast()
  }
}
