import TestSupport
import Testing

@testable import Language
@testable import Tensors

@Suite("Shared beginnings") struct PrefixTreePassTests {
  /// Questions behind the same examples, each with some endings; a few that stand twice, and some
  /// that begin another.
  private static func sequences(
    _ generator: inout SeededGenerator, vocabulary: Int32 = 37
  ) -> [[Int32]] {
    func tokens(_ range: ClosedRange<Int>) -> [Int32] {
      (0..<Int.random(in: range, using: &generator)).map { _ in
        Int32.random(in: 0..<vocabulary, using: &generator)
      }
    }
    var sequences: [[Int32]] = []
    let examples = tokens(0...9)
    for _ in 0..<Int.random(in: 1...12, using: &generator) {
      let question = examples + tokens(1...8)
      for _ in 0..<Int.random(in: 1...5, using: &generator) {
        sequences.append(question + tokens(0...4))
      }
    }
    return sequences + sequences.prefix(2) + [sequences[0] + tokens(1...3)]
  }

  @Test("batches hold every sequence once, and each beginning once") func batches() {
    var generator = SeededGenerator(seed: 17)
    for _ in 0..<300 {
      let sequences = Self.sequences(&generator, vocabulary: 5)
      let limit = Int.random(in: 1...120, using: &generator)
      var seen: [Int] = []
      var started = 0
      for batch in PrefixBatches(sequences, rows: limit) {
        #expect(batch.tree.rows == batch.tokens.count)
        #expect(batch.sequences.count == batch.tree.branches.count)
        #expect(batch.tokens.count <= limit || batch.sequences.count == 1)
        var beginnings: Set<[Int32]> = []
        for (path, numbers) in zip(batch.tree.paths, batch.sequences) {
          let tokens = path.runs.flatMap { $0 }.map { batch.tokens[$0] }
          for number in numbers { #expect(sequences[number] == tokens) }
          for count in 1...tokens.count { beginnings.insert(Array(tokens[..<count])) }
          seen += numbers
        }
        #expect(beginnings.count == batch.tokens.count)
        started += 1
      }
      #expect(seen.sorted() == Array(sequences.indices))
      if limit >= sequences.reduce(0, { $0 + $1.count }) { #expect(started == 1) }
    }
  }

  @Test("batches do not depend on the order of the sequences") func order() {
    var generator = SeededGenerator(seed: 23)
    let sequences = Self.sequences(&generator)
    let batches = Array(PrefixBatches(sequences, rows: 40))
    let shuffled = Array(PrefixBatches(sequences.shuffled(using: &generator), rows: 40))
    #expect(batches.map(\.tokens) == shuffled.map(\.tokens))
    #expect(batches.map(\.tree) == shuffled.map(\.tree))
  }

  /// The hidden states of a batch's rows.
  private static func hidden(
    _ model: LanguageModel, _ batch: PrefixBatches.Batch, _ pass: PrefixTreePass
  ) throws -> [Float] {
    let final = try pass.forward(batch.tokens, tree: batch.tree)
    return (0..<(final.rows * final.columns)).map { final.base[$0] }
  }

  @Test("a row is what it is where its sequence stands alone", arguments: TinyCheckpoint.allCases)
  func alone(kind: TinyCheckpoint) throws {
    let model = try kind.model()
    let width = model.shape.width
    var generator = SeededGenerator(seed: 31)
    let pass = PrefixTreePass(model, on: Workers(count: 2))
    let single = TrainingPass(model, on: Workers(count: 1))
    for limit in [200, 30, 300] {
      for batch in PrefixBatches(Self.sequences(&generator), rows: limit) {
        let hidden = try Self.hidden(model, batch, pass)
        for (path, branch) in zip(batch.tree.paths, batch.tree.branches) {
          let rows = path.runs.flatMap { $0 }
          try single.forward(rows.map { batch.tokens[$0] }, length: rows.count, for: .values)
          for (position, row) in rows.enumerated().dropFirst(branch.shared) {
            for column in 0..<width {
              let (ours, truth) = (hidden[row * width + column], single.final[position, column])
              #expect(abs(ours - truth) <= 2e-5, "\(branch.length), \(position)")
            }
          }
        }
      }
    }
  }

  @Test("the same bits for 1 to 4 workers", arguments: TinyCheckpoint.allCases)
  func bits(kind: TinyCheckpoint) throws {
    let model = try kind.model()
    var generator = SeededGenerator(seed: 37)
    let batches = Array(PrefixBatches(Self.sequences(&generator), rows: 60))
    let all = try (1...4).map { count in
      let pass = PrefixTreePass(model, on: Workers(count: count))
      // Twice: memory that was used before changes nothing.
      return try (batches + batches).flatMap { try Self.hidden(model, $0, pass).map(\.bitPattern) }
    }
    #expect(all[0][..<(all[0].count / 2)] == all[0][(all[0].count / 2)...])
    for bits in all { #expect(bits == all[0]) }
  }

  @Test("tokens that the model cannot read are errors") func strangers() throws {
    let pass = PrefixTreePass(try TinyCheckpoint.llama.model(), on: Workers(count: 1))
    #expect(throws: ModelInputError.token(37, vocabulary: 37)) {
      _ = try pass.forward([1, 37], tree: PrefixTree([(shared: 0, own: 2)]))
    }
    let long = PrefixTree([(shared: 0, own: 30), (shared: 30, own: 3)])
    #expect(throws: ModelInputError.tooLong(length: 33, context: 32)) {
      _ = try pass.forward(TinyCheckpoint.tokens(33), tree: long)
    }
  }
}
