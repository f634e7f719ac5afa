import Streams
import Foundation
import TestSupport
import Testing

@testable import Language
@testable import Tensors

@Suite("Generation") struct GeneratorTests {
  /// The logits `[T, V]` of one sequence by a full pass.
  private static func logits(_ model: LanguageModel, _ tokens: [Int32]) throws -> [[Float]] {
    let pass = TrainingPass(model, on: Workers(count: 1))
    try pass.forward(tokens, length: tokens.count, for: .values)
    var rows: [[Float]] = []
    pass.overLogits(rows: tokens.indices.map { Int32($0) }) { _, logits in
      for row in 0..<logits.rows { rows.append(GeneratorTests.row(logits, row)) }
    }
    return rows
  }

  private static func row(_ matrix: MatrixView, _ row: Int) -> [Float] {
    Array(UnsafeBufferPointer(start: matrix.row(row), count: matrix.columns))
  }

  private static func deviation(_ own: [Float], _ exact: [Float]) -> Float {
    let largest = exact.reduce(0) { max($0, abs($1)) }
    return zip(own, exact).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
  }

  @Test("decoding with the cache is the full pass", arguments: TinyCheckpoint.allCases)
  func cached(kind: TinyCheckpoint) throws {
    let model = try kind.model()
    // Prompts of different lengths, read in chunks of 4, then step by step side by side.
    let prompts = [TinyCheckpoint.tokens(9, seed: 1), [5], TinyCheckpoint.tokens(4, seed: 2)]
    let more = (0..<3).map { TinyCheckpoint.tokens(12, seed: UInt64(20 + $0)) }
    let exact = try (0..<3).map { try GeneratorTests.logits(model, prompts[$0] + more[$0]) }
    let decoder = try CachedDecoder(
      model, sequences: 3, capacity: 32, chunk: 4, on: Workers(count: 2))
    for slot in 0..<3 {
      let own = try decoder.read(prompts[slot], into: slot)
      #expect(
        GeneratorTests.deviation(
          GeneratorTests.row(own, 0), exact[slot][prompts[slot].count - 1]) < 1e-5)
    }
    for step in 0..<12 {
      // The middle one rests at times.
      let slots = step % 3 == 1 ? [2, 0] : [0, 1, 2]
      let own = try decoder.step(
        slots.map { more[$0][decoder.length(of: $0) - prompts[$0].count] }, slots: slots)
      for (row, slot) in slots.enumerated() {
        let place = decoder.length(of: slot) - 1
        #expect(
          GeneratorTests.deviation(GeneratorTests.row(own, row), exact[slot][place]) < 1e-5)
      }
    }
    // Truncated, it goes on from there.
    decoder.truncate(0, to: 5)
    let again = try decoder.read(Array((prompts[0] + more[0])[5..<16]), into: 0)
    #expect(GeneratorTests.deviation(GeneratorTests.row(again, 0), exact[0][15]) < 1e-5)
  }

  @Test("greedy answers, alone and side by side, are what full passes say")
  func greedy() throws {
    for kind in TinyCheckpoint.allCases {
      let model = try kind.model()
      let prompts = [[7, 3, 9], [1], TinyCheckpoint.tokens(8)]
      let generator = Generator(model, on: Workers(count: 1))
      let answers = try generator.generate(prompts.map { Generator.Request($0, limit: 10) })
      for (prompt, answer) in zip(prompts, answers) {
        var row = prompt
        for _ in 0..<10 {
          let last = try GeneratorTests.logits(model, row).last ?? []
          let best = last.indices.max { last[$0] < last[$1] } ?? 0
          row.append(Int32(best))
        }
        #expect(answer.all == row && answer.ending == .limit, "\(kind)")
      }
    }
  }

  @Test("answers are the same for 1 to 4 workers and do not depend on their neighbours' seeds")
  func seeds() throws {
    let model = try TinyCheckpoint.qwen3.model()
    let sampling = Sampling(temperature: 1.3, topK: 20, topP: 0.95)
    func answers(_ workers: Int, _ seeds: [UInt64]) throws -> [[Int32]] {
      try Generator(model, on: Workers(count: workers)).generate(
        seeds.map { Generator.Request([3, 4], limit: 20, sampling: sampling, seed: $0) }
      ).map(\.tokens)
    }
    let first = try answers(1, [1, 2, 1])
    #expect(first[0] == first[2] && first[0] != first[1])
    for count in 2...4 { #expect(try answers(count, [1, 2, 1]) == first) }
    #expect(try answers(1, [1, 9, 5])[0] == first[0])
  }

  @Test("more requests than there is room for wait for their turn", arguments: [1, 2, 3])
  func waiting(sequences: Int) throws {
    let model = try TinyCheckpoint.llamaTied.model()
    let requests = (0..<7).map { number in
      Generator.Request(
        TinyCheckpoint.tokens(1 + number % 4, seed: UInt64(number)),
        limit: [5, 1, 9, 0][number % 4])
    }
    let alone = try requests.flatMap {
      try Generator(model, on: Workers(count: 1)).generate([$0])
    }
    var seen: [Int: [Int32]] = [:]
    var tapped: [Int: Int] = [:]
    let answers = try Generator(model, sequences: sequences, on: Workers(count: 1)).generate(
      requests,
      onToken: { request, token in
        seen[request, default: []].append(token)
        return true
      },
      tap: { layer, hidden, numbers in
        for number in numbers where layer == 0 {
          tapped[number, default: 0] += hidden.rows / numbers.count
        }
      })
    #expect(answers == alone)
    for (number, answer) in answers.enumerated() where !answer.tokens.isEmpty {
      #expect(seen[number] == answer.tokens)
      // The newest token is never read.
      #expect(tapped[number] == answer.all.count - 1)
    }
  }

  @Test("stops, limits, the end of the context, and a callback") func endings() throws {
    let model = try TinyCheckpoint.llama.model()
    let generator = Generator(model, on: Workers(count: 1))
    let whole = try generator.generate([Generator.Request([1, 2], limit: 12)])[0].tokens
    let stop = Array(whole[3...4])
    var seen: [Int: [Int32]] = [:]
    let first = whole.indices.first { $0 > 0 && Array(whole[($0 - 1)...$0]) == stop } ?? 0
    let answers = try generator.generate([
      Generator.Request([1, 2], limit: 12, stops: [stop]),
      Generator.Request([1, 2], limit: 12),
      Generator.Request([1, 2], limit: 0),
      Generator.Request([1, 2], limit: 1_000_000),
    ]) { request, token in
      seen[request, default: []].append(token)
      return !(request == 1 && seen[request]?.count == 6)
    }
    #expect(answers[0].tokens == Array(whole[...first]) && answers[0].ending == .stop)
    #expect(answers[1].tokens == Array(whole[..<6]) && answers[1].ending == .callback)
    #expect(answers[2].tokens == [] && answers[2].ending == .limit)
    #expect(answers[3].all.count == 33 && answers[3].ending == .context)
    #expect(seen[0] == answers[0].tokens && seen[3] == answers[3].tokens && seen[2] == nil)
  }

  @Test("logits that are no numbers are a damaged checkpoint, however tokens are chosen")
  func notFinite() throws {
    let model = try TinyCheckpoint.llama.model()
    let head = model.layout.parameters[model.layout.head].place
    for value in [Float.infinity, -.infinity, .nan] {
      // Of one token alone, of 37: neither the first eight nor the largest.
      for index in 0..<24 { model.weights.base[head.offset + 33 * 24 + index] = value }
      let modes = [
        Sampling.greedy, Sampling(), Sampling(temperature: 0.5, topK: 3), Sampling(topP: 0.5),
      ]
      for sampling in modes {
        let request = Generator.Request([1, 2], limit: 4, sampling: sampling)
        let error = #expect(throws: GenerationError.notFinite(tokens: 2)) {
          _ = try Generator(model, on: Workers(count: 1)).generate([request])
        }
        #expect(error?.consequence == .input)
      }
    }
  }

  @Test("every number that is none is seen, wherever it stands") func finite() {
    for count in [1, 7, 8, 9, 37, 64] {
      var logits = (0..<count).map { Float($0) - 3e38 }
      logits.withUnsafeBufferPointer { #expect(Sampling.areFinite($0)) }
      for place in 0..<count {
        for value in [Float.nan, .infinity, -.infinity] {
          let kept = logits[place]
          logits[place] = value
          logits.withUnsafeBufferPointer { #expect(!Sampling.areFinite($0), "\(place)") }
          logits[place] = kept
        }
      }
    }
  }

  @Test("a tap sees the stream and may change it") func tap() throws {
    let model = try TinyCheckpoint.gpt2.model()
    let generator = Generator(model, on: Workers(count: 2))
    let requests = [[1, 2, 3], [4]].map { Generator.Request($0, limit: 5) }
    let plain = try generator.generate(requests)
    let pass = TrainingPass(model, on: Workers(count: 1))
    try pass.forward(plain[0].all, length: 8)
    var rows: [[Float]] = []
    let same = try generator.generate(
      requests,
      tap: { layer, hidden, slots in
        guard layer == 1, let index = slots.firstIndex(of: 0) else { return }
        let count = hidden.rows / slots.count
        for row in 0..<count { rows.append(GeneratorTests.row(hidden, index * count + row)) }
      })
    #expect(same == plain && rows.count == 7)
    for (row, own) in rows.enumerated() {
      let exact = GeneratorTests.row(pass.hidden(after: 1), row)
      #expect(GeneratorTests.deviation(own, exact) < 1e-5)
    }
    let changed = try generator.generate(
      requests,
      tap: { layer, hidden, _ in
        if layer == 0 { for row in 0..<hidden.rows { hidden[row, 3] += 25 } }
      })
    #expect(changed != plain)
  }

  @Test("prompts that cannot be read") func refusals() throws {
    let generator = Generator(try TinyCheckpoint.neox.model(), on: Workers(count: 1))
    #expect(throws: ModelInputError.empty) {
      try generator.generate([Generator.Request([], limit: 1)])
    }
    #expect(throws: ModelInputError.token(40, vocabulary: 37)) {
      try generator.generate([Generator.Request([40], limit: 1)])
    }
    #expect(throws: ModelInputError.tooLong(length: 33, context: 32)) {
      try generator.generate([Generator.Request(TinyCheckpoint.tokens(33), limit: 1)])
    }
  }

  /// A continuation of the published stories260K by llama2.c.
  private struct Story: Decodable {
    let prompt_ids: [Int32]
    let ids: [Int32]
  }

  @Test(
    "stories260K goes on token for token",
    .enabled(if: Repository.shared != nil, "needs ../shared"), arguments: [false, true])
  func stories(together: Bool) throws {
    let data = Repository.shared("data/stories260K")
    let model = try LanguageModel.load(folder: data.appendingPathComponent("hf").path)
    let stories = try JSONDecoder().decode(
      [Story].self, from: Data(contentsOf: data.appendingPathComponent("golden_A.json")))
    #expect(!stories.isEmpty)
    let requests = stories.map {
      Generator.Request($0.prompt_ids, limit: $0.ids.count - $0.prompt_ids.count)
    }
    let generator = Generator(model, on: Workers(count: 2))
    let answers =
      try together
      ? generator.generate(requests) : requests.flatMap { try generator.generate([$0]) }
    for (story, answer) in zip(stories, answers) { #expect(answer.all == story.ids) }
  }
}
