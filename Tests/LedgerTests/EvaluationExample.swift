import Ledger
import Streams

/// Invented evaluations.
enum EvaluationExample {
  static func file(_ name: String, bytes: Int64 = 10) -> NamedArtefact {
    NamedArtefact(
      name: name, artefact: Artefact(sha256: Example.digest("file " + name), bytes: bytes))
  }

  static func evaluation(checkpoint: String = "a", value: Double = 0.25) -> EvaluationRow {
    EvaluationRow(
      checkpoint: CheckpointRow(
        files: [file("config.json"), file("model-\(checkpoint).safetensors", bytes: 1000)]),
      suite: SuiteRow(name: "quiz", version: "1", body: Array("suite: quiz\n".utf8)),
      inputs: [file("q.jsonl"), file("shown.jsonl"), file("q.jsonl")], settings: "{}",
      items: Example.digest("items \(value)"),
      metrics: [
        MetricRow(task: "quiz", metric: "acc", value: value, count: 100),
        MetricRow(task: "quiz", metric: "acc_norm", value: 1 / 3.0, count: 100),
        MetricRow(task: "prose", metric: "nll_per_token", value: 3, count: 0),
      ],
      code: Example.run().code)
  }

  static let machine = Example.run().machine

  /// One whose first number has an interval, which ledgers of earlier versions do not know.
  static func bounded() -> EvaluationRow {
    var row = evaluation(checkpoint: "c", value: 0.75)
    row.metrics[0].interval = MetricInterval(
      lower: 0.625, upper: 0.875, confidence: 0.95, method: "exact")
    return row
  }

  /// Two checkpoints on one suite, the second twice with different outcomes.
  static func record(in ledger: Ledger) throws {
    try ledger.record(evaluation(), on: machine)
    try ledger.record(evaluation(checkpoint: "b"), on: machine)
    try ledger.record(evaluation(checkpoint: "b", value: 0.5), on: machine)
  }
}
