import Language
import Settings
import Streams
import Testing
import Training

@Suite("The plan of a training run") struct TrainingPlanTests {
  private static let whole = """
    plan: tiny
    version: 1
    model:
      architecture: llama
      width: 128
      layers: 4
      heads: 4
      keyHeads: 2
      context: 256
      tied: true
    tokenizer: {train: 2048, preTokenizer: qwen2}
    data:
      corpus: ../safe
      fields: {text: text}
      mask: secret
      validation: 0.05
      packing: documents
    sequence: 256
    batch: 16
    slices: 4
    steps: 2000
    optimiser: {rate: 3e-4, decay: 0.1, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, clip: 0}
    schedule: {kind: cosine, warmup: 100, final: 0.1}
    seeds: {initialisation: 11, order: 12, validation: 13}
    freeze: [embedding, layers.0]
    lora: ~
    recompute: true
    validate: 100
    checkpoints: {every: 500, last: 2, best: true}
    memory: 3GB
    """

  private static func plan(_ text: String) throws -> TrainingPlan {
    try TrainingPlan(path: "plans/tiny.yaml", bytes: Array(text.utf8))
  }

  @Test("every key is read") func everyKey() throws {
    let plan = try Self.plan(Self.whole)
    #expect(plan.name == "tiny" && plan.version == "1")
    guard case .new(let model) = plan.model else {
      Issue.record("a new model")
      return
    }
    #expect(model.architecture == "llama" && model.width == 128 && model.layers == 4)
    #expect(model.heads == 4 && model.keyHeads == 2 && model.inner == 352)
    #expect(model.context == 256 && model.tied)
    #expect(plan.tokenizer == .train(size: 2048, words: .qwen2, sample: 64 << 20))
    #expect(plan.data.source == .corpus(folder: "plans/../safe", ledger: nil))
    #expect(plan.data.fields == .text("text") && plan.data.mask == "secret")
    #expect(plan.data.validation == .share(0.05) && plan.data.packing == .documents)
    #expect(plan.sequence == 256 && plan.batch == 16 && plan.slices == 4)
    #expect(plan.length == .steps(2000))
    #expect(plan.optimiser.rate == 3e-4 && plan.optimiser.clip == nil)
    #expect(plan.schedule.kind == .cosine && plan.schedule.warmup == 100)
    #expect(plan.seeds.named.map(\.seed) == [11, 12, 13])
    #expect(plan.freeze == ["embedding", "layers.0"])
    let adapter = try Self.plan(
      Self.whole.replacing("freeze: [embedding, layers.0]", with: "freeze: ~")
        .replacing("lora: ~", with: "lora: {rank: 8, alpha: 16, targets: [q_proj, v_proj]}"))
    #expect(adapter.lora?.rank == 8 && adapter.lora?.alpha == 16)
    #expect(plan.recompute && plan.validate == 100 && plan.memory == 3_000_000_000)
    #expect(plan.checkpoints.every == 500 && plan.checkpoints.last == 2)
    #expect(plan.checkpoints.best == true)
    #expect(plan.digest == Digest256(hashing: Array(Self.whole.utf8)))
  }

  @Test("what is not said has its usual value") func usual() throws {
    let plan = try Self.plan(
      """
      plan: more
      version: 2
      model: {base: /models/small}
      data: {files: [a.jsonl, /b.jsonl], fields: {question: q, answer: a.b}}
      sequence: 64
      batch: 8
      epochs: 3
      """)
    #expect(plan.model == .base(folder: "/models/small") && plan.tokenizer == nil)
    #expect(plan.data.source == .files(["plans/a.jsonl", "/b.jsonl"]))
    #expect(plan.data.fields == .questionAnswer(question: "q", answer: "a.b"))
    #expect(plan.data.packing == .items && plan.data.validation == .none)
    #expect(plan.slices == 1 && !plan.recompute && plan.validate == nil && plan.lora == nil)
    #expect(plan.schedule.kind == .constant && plan.schedule.final == 1)
    #expect(plan.optimiser.clip == 1 && plan.optimiser.beta2 == 0.95)
    // 3 epochs of 11 sequences are 33: five steps of eight.
    #expect(plan.length.steps(sequences: 11, batch: 8) == 5)
  }

  /// A line of the whole plan that is replaced, and the line and key that the mistake must name.
  struct Mistake: Sendable, CustomTestStringConvertible {
    var line: Int
    var text: String
    var key: String
    var at: Int?
    var testDescription: String { text }
  }

  @Test(
    "a mistake names its line and key",
    arguments: [
      Mistake(line: 1, text: "plam: tiny", key: "plam"),
      Mistake(line: 4, text: "  architecture: lama", key: "model.architecture"),
      Mistake(line: 5, text: "  width: 0", key: "model.width"),
      Mistake(line: 7, text: "  heads: 3", key: "model.heads"),
      Mistake(line: 7, text: "  heads: 128", key: "model.heads"),
      Mistake(line: 8, text: "  keyHeads: 3", key: "model.keyHeads"),
      Mistake(line: 9, text: "  context: 255", key: "sequence", at: 18),
      Mistake(line: 11, text: "tokenizer: {train: 256}", key: "tokenizer.train"),
      Mistake(line: 11, text: "tokenizer: {train: 900, end: x}", key: "tokenizer.end"),
      Mistake(
        line: 11, text: "tokenizer: {train: 900, preTokenizer: x}", key: "tokenizer.preTokenizer"),
      Mistake(line: 13, text: "  corpus: ''", key: "data.corpus"),
      Mistake(line: 14, text: "  fields: {text: a..b}", key: "data.fields.text"),
      Mistake(line: 14, text: "  fields: {prompt: a}", key: "data.fields"),
      Mistake(line: 14, text: "  fields: {prompt: a, response: b}", key: "data.mask", at: 15),
      Mistake(line: 16, text: "  validation: 1.5", key: "data.validation"),
      Mistake(line: 17, text: "  packing: packed", key: "data.packing"),
      Mistake(line: 18, text: "sequence: 257", key: "sequence"),
      Mistake(line: 20, text: "slices: 3", key: "slices"),
      Mistake(line: 20, text: "epochs: 3", key: "epochs"),
      Mistake(line: 22, text: "optimiser: {beta1: 1}", key: "optimiser.beta1"),
      Mistake(line: 22, text: "optimiser: {momentum: 1}", key: "optimiser.momentum"),
      Mistake(line: 23, text: "schedule: {warmup: 2000}", key: "schedule.warmup"),
      Mistake(line: 23, text: "schedule: {final: 0.1}", key: "schedule.final"),
      Mistake(line: 24, text: "seeds: {order: -1}", key: "seeds.order"),
      Mistake(line: 25, text: "freeze: [a, a]", key: "freeze[1]"),
      Mistake(line: 26, text: "lora: {rank: 0, targets: [a]}", key: "lora.rank"),
      Mistake(line: 26, text: "lora: {rank: 1}", key: "lora"),
      Mistake(line: 26, text: "lora: {rank: 1, targets: [a]}", key: "freeze", at: 25),
      Mistake(line: 28, text: "validate: 0", key: "validate"),
      Mistake(line: 29, text: "checkpoints: {last: 0}", key: "checkpoints.last"),
      Mistake(line: 30, text: "memory: 3 apples", key: "memory"),
      Mistake(line: 30, text: "memory: 1KB", key: "memory"),
    ])
  func mistakes(_ mistake: Mistake) throws {
    var lines = Self.whole.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines[mistake.line - 1] = mistake.text
    let error = #expect(throws: SettingsError.self) {
      try Self.plan(lines.joined(separator: "\n"))
    }
    #expect(error?.line == mistake.at ?? mistake.line)
    #expect(error?.keyPath == mistake.key)
  }

  @Test("what measures or keeps the best needs something to validate on") func validation() throws {
    let without = Self.whole.replacing("  validation: 0.05\n", with: "")
    let error = #expect(throws: SettingsError.self) { try Self.plan(without) }
    #expect(error?.keyPath == "validate" && error?.line == 27)
    let unmeasured = without.replacing("validate: 100\n", with: "")
    let best = #expect(throws: SettingsError.self) { try Self.plan(unmeasured) }
    #expect(best?.keyPath == "checkpoints.best")
    let all = #expect(throws: SettingsError.self) {
      try Self.plan(
        Self.whole.replacing("tokenizer: {train: 2048, preTokenizer: qwen2}\n", with: ""))
    }
    #expect(all?.message.contains("tokenizer") == true)
  }
}
