import Foundation
import Language
import TestSupport
import Testing

@testable import Evaluation

@Suite struct TrainedTokenizerTests {
  static let file = Repository.root.appendingPathComponent(
    "Tests/EvaluationTests/Fixtures/tldr-512.json")

  /// `CORDON_RECORD_FIXTURES=1 swift test --filter TrainedTokenizerTests` writes it anew.
  @Test(
    "the fixture is what we learn from tldr_en",
    .enabled(if: Repository.shared != nil, "needs ../shared")) func fixture() throws
  {
    let corpus = NamedFile(
      name: "tldr", path: Repository.shared("data/tldr_pages/tldr_en.jsonl.zst").path)
    var trainer = BPETrainer()
    for text in try RecordFile.texts(of: corpus, field: "text") { trainer.add(text) }
    let json = try trainer.train(vocabularySize: 512)
    if ProcessInfo.processInfo.environment["CORDON_RECORD_FIXTURES"] == "1" {
      try Data(json).write(to: Self.file)
    }
    #expect(try Data(json) == Data(contentsOf: Self.file))
    #expect(try Tokenizer(path: Self.file.path).vocabularySize == 512)
  }
}
