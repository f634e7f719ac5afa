internal import Foundation
internal import Streams

/// A sorted run in a file.
struct SortedRun: Sendable {
  let path: String
  let byteCount: Int64
}

/// A place in a sorted run, in memory or in a file, which is removed when it is used up.
final class SortedCursor<Record: SortRecord> {
  private(set) var records: UnsafeMutablePointer<Record>
  private(set) var count: Int
  private var source: FileSource?
  private let path: String?
  private let capacity: Int
  /// What owns the records of a run in memory.
  private let owner: AnyObject?

  init(writer: AnyObject, records: UnsafeMutablePointer<Record>, count: Int) {
    self.records = records
    self.count = count
    owner = writer
    path = nil
    capacity = 0
  }

  init(run: SortedRun, bufferBytes: Int) throws {
    path = run.path
    let source = try FileSource(path: run.path)
    guard source.size == run.byteCount else {
      throw StreamsError(.unreadable, path: run.path, detail: "changed while it was in use")
    }
    self.source = source
    capacity = max(1, bufferBytes / MemoryLayout<Record>.stride)
    records = .allocate(capacity: capacity)
    count = 0
    owner = nil
  }

  deinit {
    if path != nil { records.deallocate() }
  }

  /// Replaces the records, all used, by the next ones; false at the end.
  func refill() throws -> Bool {
    guard let source else { return false }
    let size = MemoryLayout<Record>.stride
    let got = try source.read(
      into: UnsafeMutableRawBufferPointer(start: records, count: capacity * size))
    guard got % size == 0 else {
      throw StreamsError(.unreadable, path: source.path, detail: "changed while it was in use")
    }
    count = got / size
    if count > 0 { return true }
    self.source = nil
    if let path { try Folder.remove(path) }
    return false
  }
}

/// The records of several sorted runs, merged.
///
/// A tree of losers (Knuth, TAOCP 3, 5.4.1): a record costs one comparison for each level.
final class SortedRecords<Record: SortRecord> {
  private struct Head {
    /// What comes next of the run, and how many are there.
    var next: UnsafeMutablePointer<Record>
    var left: Int
    var record: Record
  }

  private let cursors: [SortedCursor<Record>]
  private let removesDuplicates: Bool
  private var heads: UnsafeMutablePointer<Head>
  /// The loser of each match; the winner of all at 0. -1 stands for a run that is used up.
  private var losers: UnsafeMutablePointer<Int>
  private let size: Int
  private var isStarted = false
  private var last: Record?

  init(_ cursors: [SortedCursor<Record>], removesDuplicates: Bool) {
    self.cursors = cursors
    self.removesDuplicates = removesDuplicates
    size = cursors.count
    heads = .allocate(capacity: max(1, size))
    losers = .allocate(capacity: max(1, size))
  }

  deinit {
    heads.deallocate()
    losers.deallocate()
  }

  /// Fills `target` with the next records.
  ///
  /// - Returns: how many; fewer than fit only at the end.
  @specialized(where Record == OrdinalPair)
  @specialized(where Record == DirectedEdge)
  func next(into target: UnsafeMutableBufferPointer<Record>) throws -> Int {
    if !isStarted { try start() }
    guard size > 0 else { return 0 }
    var filled = 0
    while filled < target.count {
      let winner = losers[0]
      if winner < 0 { break }
      let record = heads[winner].record
      try advance(winner)
      replay(winner)
      if removesDuplicates {
        if let last, !last.precedes(record) { continue }
        last = record
      }
      target[filled] = record
      filled += 1
    }
    return filled
  }

  private func start() throws {
    isStarted = true
    guard size > 0 else { return }
    var isAlive = Array(repeating: true, count: size)
    for index in 0..<size {
      let cursor = cursors[index]
      let hasRecords = try cursor.count > 0 || cursor.refill()
      isAlive[index] = hasRecords
      guard hasRecords else { continue }
      (heads + index).initialize(
        to: Head(
          next: cursor.records + 1, left: cursor.count - 1, record: cursor.records[0]))
    }
    // Bottom up: the winners of all matches, of which the losers stay.
    var winners = Array(repeating: -1, count: 2 * size)
    for index in 0..<size { winners[size + index] = isAlive[index] ? index : -1 }
    for node in stride(from: size - 1, to: 0, by: -1) {
      let (winner, loser) = match(winners[2 * node], winners[2 * node + 1])
      winners[node] = winner
      losers[node] = loser
    }
    losers[0] = winners[1]
  }

  @inline(__always)
  private func match(_ first: Int, _ second: Int) -> (winner: Int, loser: Int) {
    if first < 0 { return (second, first) }
    if second < 0 { return (first, second) }
    return heads[second].record.precedes(heads[first].record) ? (second, first) : (first, second)
  }

  /// Moves a run to its next record; one that is used up is marked so by `left`.
  @inline(__always)
  private func advance(_ run: Int) throws {
    if heads[run].left > 0 {
      heads[run].record = heads[run].next[0]
      heads[run].next += 1
      heads[run].left -= 1
      return
    }
    try refill(run)
  }

  @inline(never)
  private func refill(_ run: Int) throws {
    if Interruption.isRequested { throw InterruptedError() }
    let cursor = cursors[run]
    guard try cursor.refill() else {
      heads[run].left = -1
      return
    }
    heads[run].next = cursor.records + 1
    heads[run].left = cursor.count - 1
    heads[run].record = cursor.records[0]
  }

  /// Plays the matches of a run from its leaf to the root.
  @inline(__always)
  private func replay(_ run: Int) {
    var winner = heads[run].left < 0 ? -1 : run
    var node = (size + run) / 2
    while node > 0 {
      let (better, worse) = match(losers[node], winner)
      losers[node] = worse
      winner = better
      node /= 2
    }
    losers[0] = winner
  }
}
