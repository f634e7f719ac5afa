import Ledger
import Streams

/// Invented unlearnings.
enum UnlearningExample {
  static func constraint(_ name: String, _ verdict: UnlearningRow.Verdict)
    -> UnlearningRow.Constraint
  {
    UnlearningRow.Constraint(
      name: name, term: "toxins", role: "hazard", metric: "accuracy", area: "chemical",
      level: "red",
      before: 1, after: 0.1 + 0.2, value: 0.1 + 0.2, lower: -0.0, upper: 1 / 3.0, limit: 0.35,
      items: 480, verdict: verdict, neededItems: verdict == .notEnoughItems ? 900 : nil)
  }

  static func row(
    _ id: String = "cafe", verdict: UnlearningRow.Verdict? = .met,
    base: CheckpointRow = TrainingExample.model("feed 1000")
  ) -> UnlearningRow {
    UnlearningRow(
      id: id, plan: Array("plan: forget\n".utf8), settings: "{\"steps\":150}",
      seeds: [NamedSeed("order", 1), NamedSeed("direction", .max)], base: base,
      result: verdict == .met || verdict == nil ? TrainingExample.model("forgot \(id)") : nil,
      steps: 150,
      files: [
        .init(use: .forget, term: "toxins", file: EvaluationExample.file("forget.jsonl")),
        .init(use: .retain, term: "general", file: EvaluationExample.file("general.jsonl")),
        .init(use: .verdict, term: "hazard", file: EvaluationExample.file("items.jsonl")),
      ],
      documents: (0..<5).map { .init(term: "toxins", digest: Example.digest("secret \($0)")) },
      verdict: verdict, neededItems: verdict == .notEnoughItems ? 900 : nil,
      confidence: verdict == nil ? nil : 0.95,
      constraints: verdict.map { [constraint("hazard", $0), constraint("other", .met)] } ?? [],
      duals: verdict == nil
        ? []
        : (1...3).map {
          .init(
            step: 5 * $0, name: "hazard", value: 1 / Double($0), surrogate: -0.0, aim: 0.3,
            dual: 0.1 * Double($0), decision: "best")
        }, code: Example.run().code)
  }

  /// One that met its boundary, one that did not, one with too few items, one without a boundary,
  /// one with its retain set.
  static let all: [UnlearningRow] = [
    row(), row("dead", verdict: .notMet), row("beef", verdict: .notEnoughItems),
    row("f00d", verdict: nil, base: TrainingExample.model("forgot cafe")), retaining,
  ]

  /// One that says what it retained.
  static var retaining: UnlearningRow {
    var row = row("fade", verdict: .notMet)
    row.retained = (0..<3).map { .init(term: "general", digest: Example.digest("known \($0)")) }
    return row
  }

  static func record(in ledger: Ledger) throws {
    for row in all { try ledger.record(row, on: EvaluationExample.machine) }
  }
}
