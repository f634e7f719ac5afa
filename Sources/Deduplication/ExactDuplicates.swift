internal import Foundation
public import Streams

/// A document that has the same text as an earlier one.
public struct ExactDuplicate: Sendable, Equatable {
  /// Its shard, by number in name order.
  public var shard: UInt32
  /// Its row.
  public var row: UInt64
  /// The survivor's shard.
  public var survivorShard: UInt32
  /// The survivor's row.
  public var survivorRow: UInt64
}

/// Finds documents of equal SHA-256, in memory where they fit and else through files.
///
/// The survivor of a group is its smallest (shard, row). Entries are spread over partitions by the
/// first bytes of the digest, so that equal ones meet in one partition; a partition is sorted by
/// (digest, shard, row). The answer does not depend on the order of entries or on the budget.
public struct ExactDuplicates {
  /// Bytes of one entry, on disk and in memory: digest, shard, row.
  public static let entryByteCount = 48

  private struct Entry {
    var digest: Digest256
    var shard: UInt32
    var row: UInt64
  }

  private let folder: String
  private let partitionCount: Int
  private var entries: [Entry] = []
  private var spills: [OutputFile] = []
  private var counts: [Int]

  /// A search over about `expected` documents.
  ///
  /// - Parameters:
  ///   - folder: where files go if they must; made when it is missing.
  ///   - expected: the number of entries that will be added; more is right but takes more memory.
  ///   - memory: bytes that entries may take.
  public init(folder: String, expected: Int, memory: Int) throws(StreamsError) {
    precondition(expected >= 0 && memory > 0, "a search has a budget")
    self.folder = folder
    let needed = expected * ExactDuplicates.entryByteCount
    partitionCount = needed <= memory ? 1 : min(256, (needed + memory - 1) / memory * 2)
    counts = Array(repeating: 0, count: partitionCount)
    guard partitionCount > 1 else {
      entries.reserveCapacity(expected)
      return
    }
    try Folder.make(folder)
    for partition in 0..<partitionCount {
      spills.append(
        try OutputFile(temporaryPath: "\(folder)/exact-\(partition)", buffer: 64 << 10))
    }
  }

  /// Adds a document that may survive: one that is neither dropped nor quarantined.
  public mutating func add(_ digest: Digest256, shard: UInt32, row: UInt64) throws(StreamsError) {
    guard partitionCount > 1 else {
      entries.append(Entry(digest: digest, shard: shard, row: row))
      return
    }
    // Shifts bind tighter than products in Swift.
    let partition = (Int(digest.words.0 >> 48) * partitionCount) >> 16
    counts[partition] += 1
    var bytes = [UInt8](repeating: 0, count: ExactDuplicates.entryByteCount)
    bytes.withUnsafeMutableBytes {
      digest.copy(to: $0)
      $0.storeBytes(of: shard, toByteOffset: 32, as: UInt32.self)
      $0.storeBytes(of: row, toByteOffset: 40, as: UInt64.self)
    }
    try spills[partition].write(bytes)
  }

  /// Calls `body` with every document but the first of its group, in no stated order.
  public mutating func resolve(_ body: (ExactDuplicate) throws -> Void) throws {
    if partitionCount == 1 {
      try ExactDuplicates.resolve(&entries, body)
      entries = []
      return
    }
    for partition in 0..<partitionCount {
      try spills[partition].close(durably: false)
      var part = try load(spills[partition].temporaryPath, count: counts[partition])
      try ExactDuplicates.resolve(&part, body)
      try Folder.remove(spills[partition].temporaryPath)
    }
    spills = []
  }

  private func load(_ path: String, count: Int) throws -> [Entry] {
    let file = try FileSource(path: path)
    let size = ExactDuplicates.entryByteCount
    var part: [Entry] = []
    part.reserveCapacity(count)
    let block = ByteBlock(capacity: size << 12)
    while true {
      block.truncate(to: 0)
      let got = try file.read(size << 12, into: block)
      precondition(got % size == 0, "a spill file of ours holds whole entries")
      for start in stride(from: 0, to: got, by: size) {
        let bytes = block.bytes(start..<start + size)
        part.append(
          Entry(
            digest: Digest256(bytes: UnsafeRawBufferPointer(rebasing: bytes[..<32])),
            shard: bytes.loadUnaligned(fromByteOffset: 32, as: UInt32.self),
            row: bytes.loadUnaligned(fromByteOffset: 40, as: UInt64.self)))
      }
      if got < size << 12 { break }
    }
    precondition(part.count == count, "a spill file of ours is complete")
    return part
  }

  private static func resolve(_ entries: inout [Entry], _ body: (ExactDuplicate) throws -> Void)
    rethrows
  {
    entries.sort {
      if $0.digest.words.0 != $1.digest.words.0 { return $0.digest.words.0 < $1.digest.words.0 }
      if $0.digest != $1.digest { return $0.digest < $1.digest }
      return ($0.shard, $0.row) < ($1.shard, $1.row)
    }
    var first = 0
    for index in entries.indices.dropFirst() {
      if entries[index].digest != entries[first].digest {
        first = index
        continue
      }
      try body(
        ExactDuplicate(
          shard: entries[index].shard, row: entries[index].row,
          survivorShard: entries[first].shard, survivorRow: entries[first].row))
    }
  }
}
