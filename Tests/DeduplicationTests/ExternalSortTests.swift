import Foundation
import Streams
import TestSupport
import Testing

@testable import Deduplication

@Suite("Sorting on disk") struct ExternalSortTests {
  /// Words that are spread, few, skewed, all equal, in order, or in the wrong order.
  private func words(_ kind: Int, _ count: Int, _ random: inout SeededGenerator) -> [UInt64] {
    switch kind {
    case 0: (0..<count).map { _ in random.next() }
    case 1: (0..<count).map { _ in UInt64.random(in: 0..<7, using: &random) }
    case 2: (0..<count).map { _ in 1 << UInt64.random(in: 0..<64, using: &random) }
    case 3: Array(repeating: UInt64.max, count: count)
    case 4: (0..<UInt64(count)).map { $0 }
    default: (0..<UInt64(count)).map { UInt64.max - $0 }
    }
  }

  private func sort(
    _ pairs: [OrdinalPair], memory: Int, writers: Int, removesDuplicates: Bool, in folder: String,
    chunk: Int = 100
  ) throws -> [OrdinalPair] {
    let sort = ExternalSort<OrdinalPair>(
      folder: folder, name: "test", memory: memory, writers: writers,
      removesDuplicates: removesDuplicates)
    let places = (0..<writers).map { _ in sort.writer() }
    for (index, pair) in pairs.enumerated() { try places[index % writers].add(pair) }
    let sorted = try sort.sorted(places)
    var found: [OrdinalPair] = []
    let target = UnsafeMutableBufferPointer<OrdinalPair>.allocate(capacity: chunk)
    defer { target.deallocate() }
    while true {
      let got = try sorted.next(into: target)
      found += target[..<got]
      if got < chunk { break }
    }
    #expect(try sorted.next(into: target) == 0, "the end is the end")
    return found
  }

  private func expected(_ pairs: [OrdinalPair], removesDuplicates: Bool) -> [OrdinalPair] {
    let sorted = pairs.sorted { ($0.high, $0.low) < ($1.high, $1.low) }
    guard removesDuplicates else { return sorted }
    return sorted.enumerated().filter { $0.offset == 0 || sorted[$0.offset - 1] != $0.element }
      .map(\.element)
  }

  @Test("whatever the words, the budget and the writers", arguments: 0..<6, 0..<6)
  func random(high: Int, low: Int) throws {
    var random = SeededGenerator(seed: UInt64(high * 6 + low))
    try withScratchFolder { folder throws in
      for count in [0, 1, 2, 31, 32, 33, 63, 64, 65, 1000, 6000] {
        let pairs = zip(words(high, count, &random), words(low, count, &random))
          .map { OrdinalPair(high: $0, low: $1) }.shuffled(using: &random)
        for (memory, writers) in [(1 << 30, 1), (1 << 30, 3), (4096, 1), (10_000, 3), (1, 2)] {
          // 6,000 records of a run each 64, two at a time: seven passes.
          for removesDuplicates in [true, false] {
            let found = try sort(
              pairs, memory: memory, writers: writers, removesDuplicates: removesDuplicates,
              in: folder.path)
            #expect(found == expected(pairs, removesDuplicates: removesDuplicates))
          }
        }
      }
      #expect(try Folder.names(in: folder.path).isEmpty, "no file of a sort is left")
    }
  }

  @Test("what does not fit goes to files, and no more is held than was granted")
  func spills() throws {
    try withScratchFolder { folder throws in
      let sort = ExternalSort<DirectedEdge>(
        folder: folder.path, name: "test", memory: 100_000, writers: 1, removesDuplicates: false)
      let writer = sort.writer()
      for index in 0..<20_000 {
        try writer.add(
          DirectedEdge(document: UInt64(index * 7919 % 20_011), neighbour: 1, shared: 2, united: 3))
      }
      // 100,000 bytes of twice 24: 2,083 records a run.
      let names = try Folder.names(in: folder.path)
      #expect(names.count == 20_000 / 2083)
      for name in names {
        let size = try #require(Folder.size(of: "\(folder.path)/\(name)"))
        #expect(Int(size) == 2083 * 24)
      }
      let sorted = try sort.sorted([writer])
      let target = UnsafeMutableBufferPointer<DirectedEdge>.allocate(capacity: 30_000)
      defer { target.deallocate() }
      #expect(try sorted.next(into: target) == 20_000)
      #expect(try Folder.names(in: folder.path).isEmpty)
      let found = target[..<20_000].map(\.document)
      #expect(found == (0..<20_000).map { UInt64($0 * 7919 % 20_011) }.sorted())
    }
  }

  @Test("a run that was cut short is an error that names it")
  func cutShort() throws {
    try withScratchFolder { folder throws in
      let sort = ExternalSort<OrdinalPair>(
        folder: folder.path, name: "test", memory: 4096, writers: 1, removesDuplicates: false)
      let writer = sort.writer()
      for index in 0..<1000 { try writer.add(OrdinalPair(high: UInt64(index), low: 0)) }
      let name = try #require(try Folder.names(in: folder.path).first)
      try Data().write(to: folder.appendingPathComponent(name))
      let error = #expect(throws: StreamsError.self) { _ = try sort.sorted([writer]) }
      #expect(error?.path.hasSuffix(name) == true)
    }
  }
}
