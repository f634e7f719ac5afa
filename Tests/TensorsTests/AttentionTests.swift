import TestSupport
import Testing

@testable import Tensors

@Suite("Causal attention") struct AttentionTests {
  static let cases = [
    AttentionCase(1, 1, 1, 1, 3), AttentionCase(2, 7, 4, 2, 5), AttentionCase(3, 24, 4, 1, 12),
    AttentionCase(1, 65, 3, 3, 8), AttentionCase(2, 131, 2, 1, 9),
    AttentionCase(1, 205, 2, 1, 32),
  ]

  /// Forward and backward of ours, on heads that lie in one joint matrix where `joint`.
  private func ours(
    _ c: AttentionCase, _ workers: Workers, _ segments: Segments? = nil
  ) throws -> (y: Held, dq: Held, dk: Held, dv: Held) {
    let segments = segments ?? c.segments
    let (q, k, v, dy) = try (Held(c.q), Held(c.k), Held(c.v), Held(c.dy))
    let (y, dq, dk, dv) = try (Held(c.dy), Held(c.q), Held(c.k), Held(c.v))
    let kept = try Held(c.q.rows, 2 * c.heads).view
    func queries(_ held: Held) -> HeadsView { held.view.heads(c.heads, width: c.width) }
    func keys(_ held: Held) -> HeadsView { held.view.heads(c.keyHeads, width: c.width) }
    c.attention.forward(
      queries: queries(q), keys: keys(k), values: keys(v), segments: segments, into: queries(y),
      statistics: kept, on: workers)
    c.attention.backward(
      queries(dy), queries: queries(q), keys: keys(k), values: keys(v), segments: segments,
      y: queries(y), statistics: kept, dQueries: queries(dq), dKeys: keys(dk), dValues: keys(dv),
      on: workers)
    return (y, dq, dk, dv)
  }

  @Test("forward and backward", arguments: cases) func passes(c: AttentionCase) throws {
    let ours = try ours(c, Workers(count: 3))
    let truth = c.gradient()
    #expect(deviation(ours.y, from: c.forward(c.q, c.k, c.v)) < 2e-6)
    if c.length > 1 {
      #expect(deviation(ours.dq, from: truth.dq) < 5e-6)
      #expect(deviation(ours.dk, from: truth.dk) < 5e-6)
    }
    #expect(deviation(ours.dv, from: truth.dv) < 5e-6)
  }

  @Test("a segment of any length gives the bits that it gives alone") func segments() throws {
    let lengths = [5, 1, 64, 70, 3]
    let whole = AttentionCase(1, lengths.reduce(0, +), 4, 2, 6)
    let together = try ours(whole, Workers(count: 2), Segments(lengths: lengths))
    var first = 0
    for length in lengths {
      let part = whole.part(first..<(first + length))
      let alone = try ours(part, Workers(count: 1))
      for (all, own) in [
        (together.y, alone.y), (together.dq, alone.dq), (together.dk, alone.dk),
        (together.dv, alone.dv),
      ] {
        let columns = own.view.columns
        #expect(own.bits[...] == all.bits[(first * columns)..<((first + length) * columns)])
      }
      first += length
    }
  }

  @Test("what was in a worker's memory before changes nothing", arguments: cases)
  func leftovers(c: AttentionCase) throws {
    let workers = Workers(count: 1)
    workers.scratch.worker(0, floats: 1 << 20).update(repeating: .nan, count: 1 << 20)
    let (ours, fresh) = (try ours(c, workers), try ours(c, Workers(count: 1)))
    #expect(ours.y.bits == fresh.y.bits && ours.dq.bits == fresh.dq.bits)
    #expect(ours.dk.bits == fresh.dk.bits && ours.dv.bits == fresh.dv.bits)
    #expect(deviation(ours.y, from: c.forward(c.q, c.k, c.v)) < 2e-6)
  }

  @Test("mutants are caught") func mutants() throws {
    let c = AttentionCase(2, 7, 4, 2, 5)
    let ours = try ours(c, Workers(count: 1))
    for mutant in [AttentionCase.Mutant.scale, .future, .group] {
      #expect(deviation(ours.y, from: c.forward(c.q, c.k, c.v, mutant: mutant)) > 1e-3)
      #expect(deviation(ours.dk, from: c.gradient(mutant: mutant).dk) > 1e-3)
    }
    #expect(deviation(ours.dq, from: c.gradient(mutant: .mean).dq) > 1e-3)
  }

  @Test("the reference is the derivative") func reference() {
    let c = AttentionCase(2, 4, 4, 2, 3)
    let (dq, dk, dv) = c.gradient()
    func objective(_ q: Table, _ k: Table, _ v: Table) -> Double {
      c.forward(q, k, v).weighed(by: c.dy)
    }
    #expect(deviation(differences(c.q) { objective($0, c.k, c.v) }, from: dq) < 1e-8)
    #expect(deviation(differences(c.k) { objective(c.q, $0, c.v) }, from: dk) < 1e-8)
    #expect(deviation(differences(c.v) { objective(c.q, c.k, $0) }, from: dv) < 1e-8)
  }

  @Test("heads in a joint matrix give the same bits") func joint() throws {
    let c = AttentionCase(2, 9, 3, 3, 7)
    var all = Table(c.q.rows, 3 * c.q.columns)
    for row in 0..<all.rows {
      for head in 0..<3 {
        for (part, table) in [c.q, c.k, c.v].enumerated() {
          for column in 0..<7 {
            all[row, (head * 3 + part) * 7 + column] = table[row, head * 7 + column]
          }
        }
      }
    }
    let held = try Held(all)
    let parts = (0..<3).map { held.view.heads(3, width: 7, first: $0 * 7, step: 21) }
    let y = try Held(c.dy)
    let workers = Workers(count: 2)
    c.attention.forward(
      queries: parts[0], keys: parts[1], values: parts[2], segments: c.segments,
      into: y.view.heads(3, width: 7), statistics: try Held(c.q.rows, 6).view, on: workers)
    #expect(y.bits == (try ours(c, workers).y.bits))
  }

  @Test("decoding with a cache gives what the whole sequence gives", arguments: cases)
  func decoding(c: AttentionCase) throws {
    let truth = c.forward(c.q, c.k, c.v)
    let (q, k, v) = try (Held(c.q), Held(c.k), Held(c.v))
    let workers = Workers(count: 2)
    // Whole at once, token by token, and in uneven steps; each sequence alone or all together.
    for steps in [[c.length], Array(repeating: 1, count: c.length), uneven(c.length)] {
      for slots in [[Array(0..<c.sequences)], (0..<c.sequences).reversed().map { [$0] }] {
        let cache = try KeyValueCache(
          layers: 2, sequences: c.sequences, heads: c.keyHeads, width: c.width,
          capacity: c.length)
        let y = try Held(c.dy)
        for slots in slots {
          var past = 0
          for step in steps {
            try decode(c, (q, k, v), y, cache, slots, past, step, workers)
            past += step
          }
        }
        #expect(cache.lengths == Array(repeating: c.length, count: c.sequences))
        #expect(deviation(y, from: truth) < 2e-6)
      }
    }
  }

  private func uneven(_ length: Int) -> [Int] {
    var (steps, left, next) = ([Int](), length, 3)
    while left > 0 {
      steps.append(min(left, next))
      left -= steps.last ?? left
      next = next % 11 + 2
    }
    return steps
  }

  /// One step of some sequences: rows are gathered, as a model has them.
  private func decode(
    _ c: AttentionCase, _ held: (Held, Held, Held), _ y: Held, _ cache: KeyValueCache,
    _ slots: [Int], _ past: Int, _ count: Int, _ workers: Workers
  ) throws {
    let rows = slots.flatMap { slot in (0..<count).map { slot * c.length + past + $0 } }
    func gathered(_ table: Table) throws -> Held {
      var part = Table(rows.count, table.columns)
      for (index, row) in rows.enumerated() {
        for column in 0..<table.columns { part[index, column] = table[row, column] }
      }
      return try Held(part)
    }
    let (q, k, v) = try (gathered(c.q), gathered(c.k), gathered(c.v))
    let out = try Held(rows.count, c.q.columns)
    cache.store(
      keys: k.view.heads(c.keyHeads, width: c.width),
      values: v.view.heads(c.keyHeads, width: c.width), layer: 1, slots: slots)
    c.attention.forward(
      queries: q.view.heads(c.heads, width: c.width), cache: cache, layer: 1, slots: slots,
      into: out.view.heads(c.heads, width: c.width), on: workers)
    cache.advance(slots, by: count)
    for (index, row) in rows.enumerated() {
      for column in 0..<c.q.columns { y.view[row, column] = out.view[index, column] }
    }
  }

  @Test("the same bits for 1 to 4 workers", arguments: cases) func bits(c: AttentionCase) throws {
    let same = try sameBits { workers in
      let ours = try ours(c, workers)
      let cache = try KeyValueCache(
        layers: 2, sequences: c.sequences, heads: c.keyHeads, width: c.width, capacity: c.length)
      let y = try Held(c.dy)
      let held = try (Held(c.q), Held(c.k), Held(c.v))
      try decode(c, held, y, cache, Array(0..<c.sequences), 0, c.length, workers)
      return ours.y.bits + ours.dq.bits + ours.dk.bits + ours.dv.bits + y.bits
    }
    #expect(same)
  }
}
