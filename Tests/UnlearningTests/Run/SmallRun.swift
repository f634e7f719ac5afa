import Foundation
import Ledger
import Streams
import TestSupport
import Training

@testable import Unlearning

/// A tiny model with a tokenizer, items of each kind, and runs on them.
struct SmallRun {
  let folder: URL

  static let code = CodeVersion(version: "0", binary: .zero, swift: "6.3.1", libraries: "")
  static let machine = MachineDescription(os: "", cpu: "", cores: 1, sqlite: "")

  /// The model that all runs begin with, made once.
  static let base: URL = {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("cordon-unlearning-base-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let lines = (0..<80).map { #"{"text":"The colour of item \#($0) is \#(colour($0))."}"# }
      try write(lines, to: folder.appendingPathComponent("corpus.jsonl"))
      let plan = """
        plan: base
        version: 1
        model: {architecture: llama, width: 16, layers: 3, heads: 2, context: 64}
        tokenizer: {train: 300}
        data: {files: [corpus.jsonl]}
        sequence: 32
        batch: 8
        steps: 12
        optimiser: {rate: 3e-3}
        """
      _ = try TrainingRun(
        plan: TrainingPlan(path: folder.path + "/train.yaml", bytes: Array(plan.utf8)),
        options: RunConditions(
          output: folder.path + "/out", threads: 1, code: code, machine: machine)
      ).run()
    } catch {
      preconditionFailure("the model of the tests: \(error)")
    }
    return folder.appendingPathComponent("out/model")
  }()

  static func colour(_ index: Int) -> String { ["red", "blue", "green"][index % 3] }

  static func write(_ lines: [String], to file: URL) throws {
    try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: file)
  }

  /// Calls `body` with items in a folder of its own.
  static func with<Value>(_ body: (SmallRun) throws -> Value) throws -> Value {
    try withScratchFolder { folder in
      let run = SmallRun(folder: folder)
      try run.write(
        (0..<14).map {
          #"{"question":"What colour has thing \#($0)?","answer":"\#(colour($0))"}"#
        }, "forget.jsonl")
      try run.write(
        (0..<17).map { #"{"text":"The colour of item \#($0) is green, as is known."}"# },
        "retain.jsonl")
      try run.write(
        (0..<5).map { #"{"prompt":"item \#($0)","response":" is here"}"# }, "pairs.jsonl")
      try run.write(["I do not know.", "That I cannot tell."], "answers.txt")
      return try body(run)
    }
  }

  func write(_ lines: [String], _ name: String) throws {
    try SmallRun.write(lines, to: folder.appendingPathComponent(name))
  }

  /// A plan with an objective; more keys stand behind it.
  static func plan(
    _ objective: String, retain: String = "retain_nll", batch: Int = 6, slices: Int = 2,
    more: String = ""
  ) -> String {
    """
    plan: small
    version: 1
    forget:
      - {name: things, data: forget.jsonl, area: chemical, level: red, objective: \(objective),
         batch: \(batch)}
    retain:
      - {name: items, data: [retain.jsonl], objective: \(retain), weight: 0.5, batch: 4}
    sequence: 24
    steps: 5
    slices: \(slices)
    optimiser: {rate: 1e-2}
    \(more)
    """
  }

  func parsed(_ text: String) throws -> UnlearningPlan {
    try UnlearningPlan(path: folder.path + "/plan.yaml", bytes: Array(text.utf8))
  }

  func run(_ text: String, to output: String = "out", threads: Int = 1, fresh: Bool = false)
    throws -> UnlearningRun
  {
    UnlearningRun(
      plan: try parsed(text),
      options: UnlearningOptions(
        model: SmallRun.base.path,
        run: RunConditions(
          output: folder.path + "/" + output, threads: threads, fresh: fresh, code: SmallRun.code,
          machine: SmallRun.machine)))
  }

  /// The log of a run from beginning to end.
  func log(_ text: String, to output: String = "out", threads: Int = 1) throws
    -> [UnlearningLog.Line]
  {
    _ = try run(text, to: output, threads: threads).run()
    return try UnlearningLog.lines(of: folder.path + "/\(output)/log.jsonl")
  }

  /// The weights of a model that a run wrote.
  func weights(_ output: String = "out") throws -> [[Float]] {
    try SmallRun.weights(folder.path + "/\(output)/model")
  }
}
