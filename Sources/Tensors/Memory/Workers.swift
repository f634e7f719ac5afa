internal import Dispatch
internal import Foundation
internal import Synchronization

/// A fixed number of threads that share the tiles of one operation after the other.
///
/// Which worker computes a tile is left to chance; what a tile is never is. Tiles are cut by shapes
/// alone and write to places of their own, so the bits of every result are the same for any number
/// of workers. The calling thread is worker 0. Every worker calls BLAS single-threaded.
///
/// Plain threads, because `--threads` is a promise that the cooperative pool cannot keep, and
/// because the next operation follows within microseconds: a worker without work looks around for a
/// moment before it sleeps.
public final class Workers: @unchecked Sendable {
  /// How many workers there are, the calling thread included.
  public let count: Int
  private let state: WorkerState
  private let inUse = Atomic<Bool>(false)
  let scratch: Scratch
  /// Where the time goes; nil where nobody asks.
  public var profile: OperationProfile?

  /// Starts `count - 1` threads.
  ///
  /// - Parameter count: at least 1.
  public init(count: Int) {
    precondition(count > 0, "at least one worker")
    BLAS.prepare()
    self.count = count
    scratch = Scratch(workers: count)
    let state = WorkerState()
    self.state = state
    for worker in 1..<max(count, 1) {
      let thread = Thread { state.serve(worker) }
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  deinit { state.stop() }

  /// Calls `body` once for every tile, from any worker and in any order, and returns after the
  /// last.
  ///
  /// One thread at a time calls this, and no tile calls it. Two tiles must not write to the same
  /// place.
  ///
  /// - Parameters:
  ///   - tiles: how many there are; a function of shapes only.
  ///   - body: gets the number of the tile and that of the worker, which finds what a worker keeps
  ///     for itself.
  ///   - file: whose operation it is, for ``profile``: one file is one operation.
  public func run(
    tiles: Int, file: StaticString = #fileID, _ body: (_ tile: Int, _ worker: Int) -> Void
  ) {
    precondition(tiles >= 0 && tiles < 1 << 31, "too many tiles")
    let wasInUse = inUse.exchange(true, ordering: .acquiring)
    precondition(!wasInUse, "workers carry one operation at a time")
    defer { inUse.store(false, ordering: .releasing) }
    let start = profile.map { _ in DispatchTime.now() }
    defer { if let start { profile?.add(start, file) } }
    if count == 1 || tiles <= 1 {
      for tile in 0..<tiles { body(tile, 0) }
    } else {
      withoutActuallyEscaping(body) { state.run(tiles: tiles, $0) }
    }
  }
}

/// What the threads share. They keep it alive; nobody keeps the `Workers` that they serve.
private final class WorkerState: @unchecked Sendable {
  /// Looks at the ticket before a thread sleeps: about 50 microseconds.
  private static let looks = 4_000

  /// The tiles that nobody has taken yet. A tile is taken by counting down, and `body` is read only
  /// behind that: the operation cannot end before the tile does.
  private let remaining = Atomic<Int>(0)
  private let unfinished = Atomic<Int>(0)
  private let sleepers = Atomic<Int>(0)
  private let callerSleeps = Atomic<Bool>(false)
  private let stopped = Atomic<Bool>(false)
  private let wake = NSCondition()
  private let done = NSCondition()
  private var body: ((Int, Int) -> Void)?

  func run(tiles: Int, _ body: @escaping (Int, Int) -> Void) {
    self.body = body
    unfinished.store(tiles, ordering: .sequentiallyConsistent)
    remaining.store(tiles, ordering: .sequentiallyConsistent)
    if sleepers.load(ordering: .sequentiallyConsistent) > 0 {
      wake.lock()
      wake.broadcast()
      wake.unlock()
    }
    work(0)
    var looks = 0
    while unfinished.load(ordering: .acquiring) > 0 && looks < WorkerState.looks {
      looks += 1
      if looks & 63 == 0 { sched_yield() }
    }
    if unfinished.load(ordering: .acquiring) > 0 { sleepUntilDone() }
    self.body = nil
  }

  private func sleepUntilDone() {
    done.lock()
    callerSleeps.store(true, ordering: .sequentiallyConsistent)
    while unfinished.load(ordering: .sequentiallyConsistent) > 0 { done.wait() }
    callerSleeps.store(false, ordering: .sequentiallyConsistent)
    done.unlock()
  }

  /// Takes tiles as long as there are any.
  private func work(_ worker: Int) {
    var left = remaining.load(ordering: .acquiring)
    while left > 0 {
      let (taken, seen) = remaining.compareExchange(
        expected: left, desired: left - 1, ordering: .sequentiallyConsistent)
      guard taken else {
        left = seen
        continue
      }
      call(tile: left - 1, worker)
      let before = unfinished.subtract(1, ordering: .sequentiallyConsistent).oldValue
      if before == 1 && callerSleeps.load(ordering: .sequentiallyConsistent) {
        done.lock()
        done.broadcast()
        done.unlock()
      }
      left = remaining.load(ordering: .acquiring)
    }
  }

  /// Not inlined: whatever holds `body` is let go before the tile counts as finished.
  @inline(never)
  private func call(tile: Int, _ worker: Int) { body?(tile, worker) }

  func serve(_ worker: Int) {
    while !stopped.load(ordering: .acquiring) {
      work(worker)
      var looks = 0
      while remaining.load(ordering: .acquiring) == 0 && looks < WorkerState.looks {
        looks += 1
        if looks & 63 == 0 { sched_yield() }
      }
      if remaining.load(ordering: .acquiring) == 0 { sleepUntilWork() }
    }
  }

  private func sleepUntilWork() {
    wake.lock()
    sleepers.add(1, ordering: .sequentiallyConsistent)
    while remaining.load(ordering: .sequentiallyConsistent) == 0
      && !stopped.load(ordering: .sequentiallyConsistent)
    { wake.wait() }
    sleepers.subtract(1, ordering: .sequentiallyConsistent)
    wake.unlock()
  }

  func stop() {
    wake.lock()
    stopped.store(true, ordering: .sequentiallyConsistent)
    wake.broadcast()
    wake.unlock()
  }
}
