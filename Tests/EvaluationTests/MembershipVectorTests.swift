import Evidence
import Foundation
import Language
import Streams
import Tensors
import TestSupport
import Testing

@testable import Evaluation

/// What PyTorch gives in float64 for the same texts (`Scripts/make-membership-vectors`); needs
/// ../shared.
@Suite(.enabled(if: Repository.shared != nil, "needs ../shared"))
struct MembershipVectorTests {
  struct Record: Decodable {
    var kind: String
    var row: Int?
    var tokens: Int?
    var es: Double?
    var em: Double?
    var ids: [Int32]?
    var loss: Double
    var zlib: Double
    var minK: Double
    var minKPlusPlus: Double
    var privleak: Double?
  }

  static let tolerance = 1e-4

  static func records() throws -> [Record] {
    let file = Repository.root.appendingPathComponent(
      "Tests/EvaluationTests/Fixtures/membership.jsonl")
    return try Data(contentsOf: file).split(separator: 10).map {
      try JSONDecoder().decode(Record.self, from: $0)
    }
  }

  static func subject() throws -> EvaluationSubject {
    EvaluationSubject(
      try LanguageModel.load(folder: Repository.shared("data/stories260K/hf").path),
      tokenizer: try Tokenizer(path: TrainedTokenizerTests.file.path), on: Workers(count: 2))
  }

  /// The first lines of a file of TOFU.
  static func lines(_ name: String) throws -> String {
    let bytes = try Data(contentsOf: Repository.shared("data/tofu/\(name).json"))
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(100)
      .joined(separator: "\n") + "\n"
  }

  static func compare(
    _ value: Double?, _ truth: Double, _ what: String, location: SourceLocation = #_sourceLocation
  ) {
    guard let value else {
      Issue.record("\(what) is missing", sourceLocation: location)
      return
    }
    #expect(
      abs(value - truth) <= tolerance * max(1e-3, abs(truth)), "\(what): \(value), \(truth)",
      sourceLocation: location)
  }

  @Test("scores and areas of two hundred texts, and of a hundred answers, are PyTorch's")
  func tasks() throws {
    let records = try Self.records()
    let suite = """
      suite: t
      version: 1
      tasks:
        - membership: {name: tofu, members: forget.jsonl, others: retain.jsonl, field: answer}
        - memorisation: {name: texts, text: [forget.jsonl, retain.jsonl], field: answer}
        - memorisation: {name: answers, items: forget.jsonl}
      """
    let files = [
      "forget.jsonl": try Self.lines("forget10"), "retain.jsonl": try Self.lines("retain95"),
    ]
    let tasks = try withSuite(suite, files) { path in
      try Evaluation(of: Self.subject(), on: Suite(path: path)).tasks
    }
    func items(_ task: TaskResult) -> [MeasuredItem] {
      task.items.compactMap { if case .measured(let item) = $0 { item } else { nil } }
    }
    let texts = records.filter { $0.kind == "members" || $0.kind == "others" }
    #expect(texts.count == 200)
    for (record, item) in zip(texts, items(tasks[0])) {
      let what = "\(record.kind) \(record.row ?? -1)"
      #expect(item.value("member") == (record.kind == "members" ? 1 : 0))
      #expect(item.value("tokens").map { Int($0) } == record.tokens)
      Self.compare(item.value("loss"), record.loss, "loss of \(what)")
      Self.compare(item.value("zlib"), record.zlib, "zlib of \(what)")
      Self.compare(item.value("minK"), record.minK, "minK of \(what)")
      Self.compare(item.value("minKPlusPlus"), record.minKPlusPlus, "minK++ of \(what)")
    }
    let answers = records.filter { $0.kind == "answers" }
    for (records, task) in [(texts, tasks[1]), (answers, tasks[2])] {
      #expect(items(task).count == records.count)
      for (record, item) in zip(records, items(task)) {
        let what = "\(record.kind) \(record.row ?? -1)"
        let tokens = try #require(item.value("tokens"))
        #expect(Int(tokens) == record.tokens)
        // The published loop has no 0; ours has.
        let published = item.value("extractionStrength").map { max($0, 1 / tokens) }
        Self.compare(published, try #require(record.es), "ES of \(what)")
        Self.compare(item.value("exactMemorisation"), try #require(record.em), "EM of \(what)")
      }
    }
    let areas = try #require(records.first { $0.kind == "areas" })
    for (name, truth) in [
      ("loss_auc", areas.loss), ("zlib_auc", areas.zlib), ("min_k_auc", areas.minK),
      ("min_k_plus_plus_auc", areas.minKPlusPlus),
      ("privleak", try #require(areas.privleak)), ("under_forgetting", 0),
      ("over_forgetting", try #require(areas.privleak)),
    ] {
      let metric = try #require(tasks[0].metric(name))
      // A pair of texts that are as familiar may be in the other order: a ten-thousandth.
      #expect(abs(metric.value - truth) <= (name.hasSuffix("auc") ? 1.01e-4 : 0.021), "\(name)")
      let interval = try #require(metric.interval)
      #expect(interval.lower <= metric.value && metric.value <= interval.upper)
    }
  }

  @Test("continuations of the model's own are memorised but for one token") func continuations()
    throws
  {
    let records = try Self.records().filter { $0.kind == "continuations" }
    #expect(records.count == 20)
    let subject = try Self.subject()
    let texts = records.compactMap(\.ids)
    let read = try StridedWindows.whole(of: subject).tokens(
      of: texts, from: texts.map { _ in 8 }, subject)
    for (record, tokens) in zip(records, read) {
      #expect(tokens.count == 24)
      let strength = Memorisation.extractionStrength(tokens)
      Self.compare(max(strength, 1 / 24), try #require(record.es), "ES")
      Self.compare(Memorisation.exact(tokens), try #require(record.em), "EM")
      let scores = Dictionary(
        uniqueKeysWithValues: Membership.all.map { ($0.item, $0.score(tokens, 8)) })
      Self.compare(scores["loss"], record.loss, "loss")
      Self.compare(scores["minK"], record.minK, "minK")
      Self.compare(scores["minKPlusPlus"], record.minKPlusPlus, "minK++")
    }
    #expect(Set(records.map(\.es)).count >= 15)
  }
}
