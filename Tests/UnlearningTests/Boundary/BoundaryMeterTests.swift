import Evaluation
import Foundation
import Language
import Streams
import Tensors
import TestSupport
import Testing
import Unlearning

@Suite struct BoundaryMeterTests {
  static func subject(threads: Int = 1) throws -> EvaluationSubject {
    EvaluationSubject(
      try TinyModel.model(context: 96), tokenizer: try TinyModel.tokenizer(),
      on: Workers(count: threads))
  }

  static func question(_ index: Int) -> String {
    """
    {"question": "the colour of thing \(index)", "choices": ["red", "blue", "pale green"], \
    "answer": \(index % 3)}
    """
  }

  /// Writes files and gives their folder to `body`.
  static func withFiles(
    _ files: [String: [String]], _ body: (String) throws -> Void
  ) throws {
    try withScratchFolder { folder in
      for (name, lines) in files {
        try Data((lines.joined(separator: "\n") + "\n").utf8)
          .write(to: folder.appendingPathComponent(name))
      }
      try body(folder.path)
    }
  }

  static let sound: [String: [String]] = [
    "a-dual.jsonl": (0..<7).map(question), "a-verdict.jsonl": (7..<30).map(question),
    "b-dual.jsonl": (0..<5).map { #"{"text": "a text of some words \#($0)"}"# },
    "b-verdict.jsonl": (5..<12).map { #"{"text": "a text of some other words \#($0)"}"# },
  ]

  static func constraints(_ folder: String) throws -> [Constraint] {
    [
      try Constraint(
        name: "hazard", term: "f", role: .hazard, metric: .accuracy, limit: .atMost(0.4),
        dualPath: folder + "/a-dual.jsonl", verdictPath: folder + "/a-verdict.jsonl"),
      try Constraint(
        name: "loss", term: "r", role: .capability, metric: .loss, limit: .losesShare(0.01),
        dualPath: folder + "/b-dual.jsonl", verdictPath: folder + "/b-verdict.jsonl"),
    ]
  }

  /// What the meter says is what a suite of the same files says.
  @Test func agreesWithASuite() throws {
    try Self.withFiles(Self.sound) { folder in
      let subject = try Self.subject()
      let meter = try BoundaryMeter(Self.constraints(folder), of: subject)
      #expect(meter.counts(.dual) == [7, 5])
      #expect(meter.counts(.verdict) == [23, 7])
      let other = try TinyModel.model(context: 96, seed: 2)
      let measured = try meter.measure(other, .verdict)
      let path = folder + "/suite.yaml"
      try Data(
        """
        suite: s
        version: 1
        tasks:
          - multiple-choice: {name: a, items: a-verdict.jsonl}
          - loss: {name: b, text: b-verdict.jsonl}
        """.utf8
      ).write(to: URL(fileURLWithPath: path))
      let evaluation = try Evaluation(of: subject.with(other), on: Suite(path: path))
      for (index, item) in evaluation.tasks[0].items.enumerated() {
        guard case .choice(let result) = item else { continue }
        let own = measured[0].items[index]
        #expect(own.right == (result.choice == result.answer))
        #expect(own.loss == -result.logLikelihoods[result.answer])
        let all = result.logLikelihoods.reduce(0) { $0 + exp($1) }
        #expect(abs(own.probability - exp(result.logLikelihoods[result.answer]) / all) < 1e-9)
        #expect(own.tokens > 0)
      }
      for (index, item) in evaluation.tasks[1].items.enumerated() {
        guard case .text(let result) = item else { continue }
        #expect(abs(measured[1].items[index].loss - result.negativeLogLikelihood) < 1e-6)
        #expect(measured[1].items[index].tokens == result.tokens)
      }
      #expect(measured.map(\.constraint) == ["hazard", "loss"])
      #expect(measured[0].accuracy == evaluation.tasks[0].metric("acc")?.value)
    }
  }

  @Test func theBitsDoNotDependOnThreads() throws {
    try Self.withFiles(Self.sound) { folder in
      let measured = try [1, 2, 3].map { threads in
        let subject = try Self.subject(threads: threads)
        return try BoundaryMeter(Self.constraints(folder), of: subject)
          .measure(subject.model, .dual)
      }
      #expect(measured[0] == measured[1] && measured[1] == measured[2])
    }
  }

  @Test func anItemServesOneThing() throws {
    for (file, lines, error) in [
      (
        "a-verdict.jsonl", (4..<9).map(Self.question),
        BoundaryError.overlap(verdict: "a-verdict.jsonl", row: 0, dual: "a-dual.jsonl", otherRow: 4)
      ),
      (
        "a-verdict.jsonl", [10, 11, 12, 11].map(Self.question),
        .twice(file: "a-verdict.jsonl", row: 3, first: 1)
      ),
      (
        "b-dual.jsonl", [#"{"text": "long enough"}"#, #"{"text": "x"}"#],
        .unscored(file: "b-dual.jsonl", row: 1)
      ),
    ] as [(String, [String], BoundaryError)] {
      var files = Self.sound
      files[file] = lines
      try Self.withFiles(files) { folder in
        #expect {
          _ = try BoundaryMeter(Self.constraints(folder), of: Self.subject())
        } throws: { thrown in
          guard let thrown = thrown as? BoundaryError else { return false }
          #expect(thrown.consequence == .usage)
          return thrown.description.replacingOccurrences(of: folder + "/", with: "")
            == error.description
        }
      }
    }
  }

  @Test func itemsThatAreNoneAreNamed() throws {
    var files = Self.sound
    files["a-dual.jsonl"] = [#"{"text": "no question"}"#]
    try Self.withFiles(files) { folder in
      #expect(throws: EvaluationError.self) {
        try BoundaryMeter(Self.constraints(folder), of: Self.subject())
      }
    }
  }
}
