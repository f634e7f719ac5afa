internal import Foundation
internal import Streams
internal import Synchronization

/// Sorts more records than fit in memory: sorted runs go to files, which are merged.
///
/// Several threads add at once, each with its own writer. What comes out depends on the records
/// alone, if those of equal words are equal.
final class ExternalSort<Record: SortRecord>: Sendable {
  private let folder: String
  private let name: String
  private let memory: Int
  private let removesDuplicates: Bool
  private let runCount = Atomic<Int>(0)
  private let spilled = Mutex<[SortedRun]>([])
  /// Records that one writer gathers: no more than sort within a second.
  private let capacity: Int

  /// A sort.
  ///
  /// - Parameters:
  ///   - folder: where runs go; it is there.
  ///   - name: what their names begin with.
  ///   - memory: bytes that records and buffers may take.
  ///   - writers: how many writers there will be at most.
  ///   - removesDuplicates: of records of equal words one is given.
  init(folder: String, name: String, memory: Int, writers: Int, removesDuplicates: Bool) {
    self.folder = folder
    self.name = name
    self.memory = memory
    self.removesDuplicates = removesDuplicates
    // Twice: records and scratch.
    let share = memory / max(1, writers) / (2 * MemoryLayout<Record>.stride)
    capacity = min(max(64, share), 16 << 20)
  }

  /// A place to add records; for one thread.
  func writer() -> Writer { Writer(self) }

  /// Records on their way into a sort.
  final class Writer: @unchecked Sendable {
    private let sort: ExternalSort
    fileprivate var records: UnsafeMutablePointer<Record>
    fileprivate private(set) var count = 0
    private var room = 0
    private var scratch: UnsafeMutablePointer<Record>?

    fileprivate init(_ sort: ExternalSort) {
      self.sort = sort
      room = min(64, sort.capacity)
      records = .allocate(capacity: room)
    }

    deinit {
      records.deallocate()
      scratch?.deallocate()
    }

    /// Adds a record.
    @inline(__always)
    func add(_ record: Record) throws {
      if count == room { try makeRoom() }
      records[count] = record
      count += 1
    }

    @inline(never)
    private func makeRoom() throws {
      guard room == sort.capacity else {
        // Grown as it fills: a small corpus takes little.
        let larger = min(room * 4, sort.capacity)
        let target = UnsafeMutablePointer<Record>.allocate(capacity: larger)
        target.update(from: records, count: count)
        records.deallocate()
        records = target
        room = larger
        return
      }
      try spill()
    }

    /// Sorts what was gathered; equal records become one.
    fileprivate func arrange() throws {
      let scratch = scratch ?? .allocate(capacity: room)
      self.scratch = scratch
      RadixSort.sort(records, scratch: scratch, count: count)
      if Interruption.isRequested { throw InterruptedError() }
      guard sort.removesDuplicates, count > 1 else { return }
      var kept = 1
      for index in 1..<count where records[kept - 1].precedes(records[index]) {
        records[kept] = records[index]
        kept += 1
      }
      count = kept
    }

    fileprivate func spill() throws {
      try arrange()
      let run = try sort.write { output in
        try output.write(
          UnsafeRawBufferPointer(UnsafeBufferPointer(start: records, count: count)))
      }
      sort.spilled.withLock { $0.append(run) }
      count = 0
    }

    /// Keeps the sorted records and gives back the rest.
    fileprivate func settle() throws {
      try arrange()
      scratch?.deallocate()
      scratch = nil
    }

    fileprivate func release() {
      records.deallocate()
      scratch?.deallocate()
      scratch = nil
      room = min(64, sort.capacity)
      records = .allocate(capacity: room)
      count = 0
    }
  }

  private func write(_ body: (OutputFile) throws -> Void) throws -> SortedRun {
    let number = runCount.wrappingAdd(1, ordering: .relaxed).newValue
    let output = try OutputFile(temporaryPath: "\(folder)/\(name)-\(number)", buffer: bufferBytes)
    try body(output)
    try output.close(durably: false)
    return SortedRun(path: output.temporaryPath, byteCount: output.size)
  }

  /// Bytes of the buffer of one run, and how many are merged at once.
  private var bufferBytes: Int {
    let stride = MemoryLayout<Record>.stride
    return max(16, min(256 << 10, memory / 16) / stride) * stride
  }
  private var fanIn: Int { min(128, max(2, memory / bufferBytes - 1)) }

  /// All records in order, once; nothing is added afterwards.
  func sorted(_ writers: [Writer]) throws -> SortedRecords<Record> {
    var runs = spilled.withLock { $0 }
    if runs.isEmpty {
      for writer in writers { try writer.settle() }
      return SortedRecords(
        writers.map { SortedCursor(writer: $0, records: $0.records, count: $0.count) },
        removesDuplicates: removesDuplicates)
    }
    for writer in writers {
      if writer.count > 0 { try writer.spill() }
      writer.release()
    }
    runs = spilled.withLock { $0 }
    var first = 0
    while runs.count - first > fanIn {
      // The oldest are the smallest: a merged run comes last.
      let group = runs[first..<min(first + fanIn, runs.count)]
      first += group.count
      runs.append(try merge(group))
    }
    return SortedRecords(
      try runs[first...].map { try SortedCursor(run: $0, bufferBytes: bufferBytes) },
      removesDuplicates: removesDuplicates)
  }

  private func merge(_ runs: ArraySlice<SortedRun>) throws -> SortedRun {
    let records = SortedRecords<Record>(
      try runs.map { try SortedCursor(run: $0, bufferBytes: bufferBytes) },
      removesDuplicates: removesDuplicates)
    let size = max(1, bufferBytes / MemoryLayout<Record>.stride)
    let target = UnsafeMutableBufferPointer<Record>.allocate(capacity: size)
    defer { target.deallocate() }
    return try write { output in
      while true {
        if Interruption.isRequested { throw InterruptedError() }
        let got = try records.next(into: target)
        if got == 0 { return }
        try output.write(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: target[..<got])))
      }
    }
  }
}
