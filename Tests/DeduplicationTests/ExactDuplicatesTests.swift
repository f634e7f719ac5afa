import Deduplication
import Foundation
import Streams
import TestSupport
import Testing

@Suite("Exact duplicates") struct ExactDuplicatesTests {
  private struct Entry {
    var digest: Digest256
    var shard: UInt32
    var row: UInt64
  }

  private struct Place: Hashable {
    var shard: UInt32
    var row: UInt64
  }

  /// Budgets in bytes for `count` entries: in memory, and through 2, some and 256 files.
  private func budgets(_ count: Int) -> [Int] {
    let needed = max(1, count) * ExactDuplicates.entryByteCount
    return [needed, needed - 1, needed / 7 + 1, 1].filter { $0 > 0 }
  }

  private func resolve(
    _ entries: [Entry], memory: Int, expected: Int? = nil, in folder: String
  ) throws -> [Place: Place] {
    var search = try ExactDuplicates(
      folder: folder, expected: expected ?? entries.count, memory: memory)
    for entry in entries { try search.add(entry.digest, shard: entry.shard, row: entry.row) }
    var found: [Place: Place] = [:]
    try search.resolve {
      let place = Place(shard: $0.shard, row: $0.row)
      #expect(found[place] == nil, "a document is told once")
      found[place] = Place(shard: $0.survivorShard, row: $0.survivorRow)
    }
    return found
  }

  /// Every document against every other.
  private func bruteForce(_ entries: [Entry]) -> [Place: Place] {
    var found: [Place: Place] = [:]
    for entry in entries {
      var survivor = Place(shard: entry.shard, row: entry.row)
      for other in entries where other.digest == entry.digest {
        if (other.shard, other.row) < (survivor.shard, survivor.row) {
          survivor = Place(shard: other.shard, row: other.row)
        }
      }
      if survivor != Place(shard: entry.shard, row: entry.row) {
        found[Place(shard: entry.shard, row: entry.row)] = survivor
      }
    }
    return found
  }

  private func digest(_ number: Int) -> Digest256 { Digest256(hashing: Array("\(number)".utf8)) }

  private func places(_ count: Int) -> [Place] {
    (0..<count).map { number in
      let row = UInt64(number / 5)
      // Rows beyond 32 bits are rows too.
      return Place(shard: UInt32(number % 5), row: number % 2 == 0 ? row : row << 33)
    }
  }

  @Test("random documents: brute force, whatever the budget and the order", arguments: 0..<6)
  func random(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let count = Int.random(in: 1...220, using: &random)
    let kinds = Int.random(in: 1...count, using: &random)
    let entries = places(count).map {
      Entry(
        digest: digest(Int.random(in: 0..<kinds, using: &random)), shard: $0.shard, row: $0.row)
    }
    let expected = bruteForce(entries)
    try withScratchFolder { folder throws in
      for memory in budgets(count) {
        let shuffled = entries.shuffled(using: &random)
        #expect(try resolve(shuffled, memory: memory, in: folder.path) == expected)
        guard memory > 1 else { continue }
        // The number expected is a hint, not a limit.
        for hint in [0, 1, 10 * count] {
          let found = try resolve(shuffled, memory: memory, expected: hint, in: folder.path)
          #expect(found == expected)
        }
      }
      #expect(try Folder.names(in: folder.path).isEmpty, "no file of a search is left")
    }
  }

  @Test("all equal, all distinct, none", arguments: [0, 1, 2, 97])
  func extremes(count: Int) throws {
    try withScratchFolder { folder throws in
      for memory in budgets(count) {
        let places = places(count)
        let distinct = places.enumerated().map {
          Entry(digest: digest($0.offset), shard: $0.element.shard, row: $0.element.row)
        }
        #expect(try resolve(distinct, memory: memory, in: folder.path).isEmpty)
        let equal = places.reversed().map {
          Entry(digest: digest(7), shard: $0.shard, row: $0.row)
        }
        let found = try resolve(equal, memory: memory, in: folder.path)
        #expect(found.count == max(0, count - 1))
        #expect(found.values.allSatisfy { $0 == Place(shard: 0, row: 0) })
      }
    }
  }

  @Test("digests that share all but one byte are no duplicates")
  func nearlyEqual() throws {
    try withScratchFolder { folder throws in
      let base = digest(1).bytes
      var entries = [Entry(digest: digest(1), shard: 0, row: 0)]
      for index in 0..<32 {
        var bytes = base
        bytes[index] ^= 1
        let digest = bytes.withUnsafeBytes { Digest256(bytes: $0) }
        entries.append(Entry(digest: digest, shard: 0, row: UInt64(index + 1)))
      }
      for memory in budgets(33) {
        #expect(try resolve(entries, memory: memory, in: folder.path).isEmpty)
      }
      // Each of them again, so that equal ones are mixed with nearly equal ones.
      entries += entries.map { Entry(digest: $0.digest, shard: 1, row: $0.row) }
      let expected = bruteForce(entries)
      #expect(expected.count == 33)
      for memory in budgets(66) {
        #expect(try resolve(entries, memory: memory, in: folder.path) == expected)
      }
    }
  }

  @Test("what does not fit in memory is spread evenly over the files")
  func spread() throws {
    try withScratchFolder { folder throws in
      let count = 40_000
      var search = try ExactDuplicates(
        folder: folder.path, expected: count,
        memory: count * ExactDuplicates.entryByteCount / 4)
      for row in 0..<count { try search.add(digest(row), shard: 0, row: UInt64(row)) }
      let names = try Folder.names(in: folder.path)
      #expect(names.count == 8)
      // 64 KiB of each stand in a buffer at most.
      let share = Int64(count * ExactDuplicates.entryByteCount / names.count)
      for name in names {
        let size = Folder.size(of: "\(folder.path)/\(name)") ?? 0
        #expect(size < share * 5 / 4, "\(name)")
        #expect(size > share * 3 / 4 - 65_536, "\(name)")
      }
      try search.resolve { _ in }
    }
  }

  @Test("documents in sorted places stay in memory; the folder is not even made")
  func inMemory() throws {
    try withScratchFolder { folder throws in
      let path = folder.path + "/never"
      let entries = [Entry(digest: digest(1), shard: 0, row: 0)]
      #expect(try resolve(entries, memory: 48, in: path).isEmpty)
      #expect(!Folder.exists(path))
    }
  }

  @Test("an error of the caller ends the search")
  func callerError() throws {
    struct Stop: Error {}
    try withScratchFolder { folder throws in
      for memory in budgets(3) {
        var search = try ExactDuplicates(folder: folder.path, expected: 3, memory: memory)
        for row in 0..<3 { try search.add(digest(0), shard: 0, row: UInt64(row)) }
        #expect(throws: Stop.self) { try search.resolve { _ in throw Stop() } }
      }
    }
  }

  @Test("a folder that cannot be made is an error that names it")
  func unwritable() throws {
    try withScratchFile([]) { path in
      let error = #expect(throws: StreamsError.self) {
        _ = try ExactDuplicates(folder: path + "/below", expected: 100, memory: 1)
      }
      #expect(error?.description.contains(path) == true)
    }
  }
}
