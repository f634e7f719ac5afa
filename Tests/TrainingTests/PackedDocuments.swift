import Streams
import TestSupport
import Tensors
import Training

/// Invented documents, and what a model should learn from them, told without packing.
enum PackedDocuments {
  static let vocabulary = 10_000

  /// A document of these tokens.
  static func document(
    _ name: Int, _ tokens: [Int32], unscored: Set<Int> = [], prompt: Int = 0
  ) -> TokenizedDocument {
    TokenizedDocument(
      digest: Digest256(hashing: Array("\(name)".utf8)), tokens: tokens,
      scored: tokens.indices.map { $0 >= prompt && !unscored.contains($0) }, promptCount: prompt,
      byteCount: tokens.count)
  }

  /// Documents of 0 to `longest` tokens, some of them masked; no token stands twice in all.
  static func random(count: Int, longest: Int, prompts: Bool, seed: UInt64) -> [TokenizedDocument] {
    var generator = SeededGenerator(seed: seed)
    var next: Int32 = 0
    return (0..<count).map { name in
      let length = Int.random(in: 0...longest, using: &generator)
      let prompt = prompts && length > 0 ? Int.random(in: 0..<length, using: &generator) : 0
      let unscored = Set(
        (0..<length).filter { _ in UInt8.random(in: 0..<4, using: &generator) == 0 })
      let tokens = Array(next..<next + Int32(length))
      next += Int32(length)
      return document(name, tokens, unscored: unscored, prompt: prompt)
    }
  }

  /// What a row sees of its own piece, and what it is to predict.
  struct Lesson: Hashable, Comparable {
    var seen: [Int32]
    var target: Int32

    static func < (left: Lesson, right: Lesson) -> Bool {
      (left.seen + [left.target]).lexicographicallyPrecedes(right.seen + [right.target])
    }
  }

  /// The scored rows of a batch.
  static func lessons(_ batch: TrainingBatch) -> [Lesson] {
    (0..<batch.segments.count).flatMap { index -> [Lesson] in
      let rows = batch.segments[index]
      return rows.compactMap { row -> Lesson? in
        let target = batch.targets[row]
        guard target != CrossEntropy.ignored else { return nil }
        return Lesson(seen: Array(batch.tokens[rows.lowerBound...row]), target: target)
      }
    }
  }
}
