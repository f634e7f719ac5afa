@testable import Corpus
@testable import Curation
import Foundation
import Ledger
import Streams
import TestSupport
import Testing

@Suite("Resolving") struct ResolverTests {
  private struct Place: Hashable {
    var shard: Int
    var row: UInt64
  }

  /// A shard as hand-made rows, all records of ten bytes.
  private struct Judged {
    var rows: [JudgedRow]
    var trustedBytes: Int64?

    func write(_ layout: OutputLayout, _ index: Int, batchSize: Int) throws {
      let file = try OutputFile(temporaryPath: layout.judged(index))
      var batch = 0
      for start in stride(from: 0, to: rows.count, by: batchSize) {
        var part = Array(rows[start..<min(start + batchSize, rows.count)])
        for index in part.indices {
          part[index].start = UInt32(10 * index)
          part[index].length = 10
        }
        let block = Example.judged(part, batch: batch, byteCount: 10 * part.count)
        try file.write(block.bytes)
        batch += 1
      }
      try file.close()
      let summary = JudgedShard(
        rows: rows.count, batches: batch, fileSize: 0, bytes: Int64(10 * rows.count),
        recordBytes: 0, refused: 0, compression: "none", damage: nil, trustedBytes: trustedBytes)
      try JSONEncoder().encode(summary)
        .write(to: URL(fileURLWithPath: layout.judged(index) + ".json"))
    }
  }

  /// What was resolved: survivors by place, and repeated ids by shard.
  private struct Answer: Equatable {
    var survivors: [Place: Place] = [:]
    var repeatedIDs: [Int64]
  }

  private func resolve(
    _ judged: [Judged], memory: Int, batchSize: Int, plan: String = Example.plan
  ) throws -> Answer {
    try withScratchFolder { folder throws in
      let shards = judged.indices.map { Example.shard("\($0).jsonl") }
      let context = try Example.context(Example.plan(plan, in: folder), shards, in: folder)
      for (index, shard) in judged.enumerated() {
        try shard.write(context.layout, index, batchSize: batchSize)
      }
      #expect(try Resolver.outcome(context.layout) == nil)
      try Resolver(context: context, memory: memory).run()
      let outcome = try #require(try Resolver.outcome(context.layout))
      #expect(outcome.near == nil)
      var answer = Answer(repeatedIDs: outcome.repeatedIDs)
      var expectedNames = ["done"]
      for index in judged.indices {
        let reader = try ResolutionReader(path: context.layout.duplicates(index))
        var rows: [UInt64] = []
        while let duplicate = try reader.next(below: .max) {
          rows.append(duplicate.row)
          #expect(duplicate.reason == .exact)
          #expect(duplicate.evidence == nil)
          answer.survivors[Place(shard: index, row: duplicate.row)] = duplicate.survivor.map {
            Place(shard: $0.shard, row: $0.row)
          }
        }
        #expect(rows == rows.sorted())
        if !rows.isEmpty { expectedNames.append("\(index).duplicates") }
      }
      let names = try Folder.names(in: context.layout.work + "/resolved")
      #expect(names == expectedNames.sorted(), "nothing else is left")
      return answer
    }
  }

  /// Every row against the ones before it.
  private func bruteForce(_ judged: [Judged]) -> Answer {
    var answer = Answer(repeatedIDs: Array(repeating: 0, count: judged.count))
    var first: [Digest256: Place] = [:]
    var ids: Set<UInt64> = []
    for (shard, content) in judged.enumerated() {
      for (row, judgedRow) in content.rows.enumerated() {
        if judgedRow.hasID && !ids.insert(judgedRow.idHash).inserted {
          answer.repeatedIDs[shard] += 1
        }
        let isInDoubt = content.trustedBytes.map { Int64(10 * (row + 1)) > $0 } ?? false
        guard judgedRow.outcome == .clean || judgedRow.outcome == .tagged, !isInDoubt else {
          continue
        }
        let place = Place(shard: shard, row: UInt64(row))
        if let survivor = first[judgedRow.digest] {
          answer.survivors[place] = survivor
        } else {
          first[judgedRow.digest] = place
        }
      }
    }
    return answer
  }

  @Test("random rows: brute force, whatever the budget and the batches", arguments: 0..<6)
  func random(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let outcomes: [JudgedRow.Outcome] = [
      .clean, .clean, .clean, .tagged, .quarantined, .dropped, .issue,
    ]
    let kinds = Int.random(in: 1...60, using: &random)
    let judged = (0..<Int.random(in: 1...6, using: &random)).map { number -> Judged in
      let rows = (0..<Int.random(in: 0...80, using: &random)).map { _ in
        let id = Int.random(in: 0..<3 * kinds, using: &random)
        return Example.row(
          outcomes.randomElement(using: &random) ?? .clean,
          "text \(Int.random(in: 0..<kinds, using: &random))", id: id % 3 == 0 ? nil : "\(id)",
          reason: 1)
      }
      let trusted = Int64.random(in: 0...Int64(10 * rows.count), using: &random)
      return Judged(rows: rows, trustedBytes: number % 3 == 2 ? trusted : nil)
    }
    let expected = bruteForce(judged)
    for (memory, batchSize) in [(1 << 20, 7), (1000, 1), (1000, 1000), (1, 7)] {
      #expect(try resolve(judged, memory: memory, batchSize: batchSize) == expected)
    }
  }

  @Test("a refused document neither survives nor is a duplicate")
  func refused() throws {
    let judged = [
      Judged(rows: [Example.row(.dropped, "a", reason: 1), Example.row(.issue, "a", reason: 1)]),
      Judged(rows: [Example.row(.quarantined, "a", reason: 1), Example.row(.tagged, "a")]),
      Judged(rows: [Example.row(.dropped, "a", reason: 1), Example.row(.clean, "a")]),
    ]
    let answer = try resolve(judged, memory: 1 << 20, batchSize: 1)
    #expect(answer.survivors == [Place(shard: 2, row: 1): Place(shard: 1, row: 1)])
  }

  @Test("a plan without duplicates finds none, and still counts ids")
  func withoutDuplicates() throws {
    let rows = ["a", "a", "a"].map { Example.row(.clean, $0, id: "one") }
    let answer = try resolve(
      [Judged(rows: rows), Judged(rows: rows)], memory: 1 << 20, batchSize: 2,
      plan: "plan: a\nversion: 1\n")
    #expect(answer == Answer(repeatedIDs: [2, 3]))
  }

  @Test("a shard that is not judged yet is an error that says what to do")
  func notJudged() throws {
    try withScratchFolder { folder throws in
      let context = try Example.context(
        Example.plan(in: folder), [Example.shard("a.jsonl")], in: folder)
      let error = #expect(throws: CurationError.self) {
        try Resolver(context: context, memory: 1000).run()
      }
      #expect(error?.code == .stageMissing)
      #expect(error?.consequence == .usage)
      #expect(try Resolver.outcome(context.layout) == nil)
    }
  }

  @Test("intermediate files that are damaged are named", arguments: ["", "{}", "[1", "no JSON"])
  func damaged(content: String) throws {
    try withScratchFolder { folder throws in
      let context = try Example.context(
        Example.plan(in: folder), [Example.shard("a.jsonl")], in: folder)
      let layout = context.layout
      try Folder.make(Folder.parent(of: layout.resolvedFile))
      for path in [layout.judged(0) + ".json", layout.resolvedFile] {
        try Data(content.utf8).write(to: URL(fileURLWithPath: path))
      }
      let summary = #expect(throws: CurationError.self) { try JudgedShard.read(layout, 0) }
      let resolved = #expect(throws: CurationError.self) { try Resolver.outcome(layout) }
      for (error, path) in [(summary, layout.judged(0) + ".json"), (resolved, layout.resolvedFile)]
      {
        #expect(error?.code == .damagedWork)
        #expect(error?.description == "\(path): is damaged; start anew with --fresh")
      }
    }
  }

  /// Resolutions of every shape, with numbers at the ends of their ranges.
  private static let shapes: [Resolution] = [3, 4, 1000, 1 << 40, .max - 1].enumerated().map {
    var resolution = Resolution(
      row: $0.element, reason: ReasonTable.Duplicates.allCases[$0.offset % 3])
    if $0.offset != 2 {
      resolution.survivor = Resolution.Place(shard: $0.offset << 20, row: .max >> $0.offset)
    }
    if $0.offset != 3 {
      resolution.evidence = Resolution.Evidence(
        cluster: Resolution.Place(shard: 1, row: 2),
        neighbour: Resolution.Place(shard: Int(UInt32.max), row: .max), shared: 5,
        united: .max)
    }
    return resolution
  }

  @Test("resolutions are read as they were written, up to a row and no further")
  func reader() throws {
    try withScratchFolder { folder throws in
      let none = try ResolutionReader(path: folder.path + "/9.duplicates")
      #expect(try none.next(below: .max) == nil)
      var writer = ResolutionWriter { "\(folder.path)/\($0).duplicates" }
      for shard in [0, 2] {
        for resolution in Self.shapes { try writer.write(resolution, shard: shard) }
      }
      try writer.finish()
      #expect(try Folder.names(in: folder.path) == ["0.duplicates", "2.duplicates"])
      for shard in [0, 2] {
        let reader = try ResolutionReader(path: "\(folder.path)/\(shard).duplicates")
        #expect(try reader.next(below: 3) == nil)
        #expect(try reader.next(below: 4) == Self.shapes[0])
        #expect(try reader.next(below: 4) == nil)
        for shape in Self.shapes.dropFirst() { #expect(try reader.next(below: .max) == shape) }
        #expect(try reader.next(below: .max) == nil)
      }
    }
  }

  @Test("ordinals name places, over empty shards too", arguments: 0..<20)
  func survivalOrder(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let shards = Array(0..<Int.random(in: 1...9, using: &random)).shuffled(using: &random)
    var rows: [Int: Int] = [:]
    for shard in shards { rows[shard] = [0, 0, 1, 2, 5].randomElement(using: &random) ?? 0 }
    let order = SurvivalOrder(shards, rows: rows)
    var ordinal: UInt64 = 0
    for shard in shards {
      for row in 0..<UInt64(rows[shard] ?? 0) {
        #expect(order.place(of: ordinal) == Resolution.Place(shard: shard, row: row))
        ordinal += 1
      }
    }
    #expect(order.count == ordinal)
  }
}
