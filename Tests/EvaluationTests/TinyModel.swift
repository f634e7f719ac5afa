import Foundation
import Language
import Streams
import TestSupport
import Tensors

@testable import Evaluation

extension TinyModel {
  static func subject(
    context: Int = 48, seed: UInt64 = 1, threads: Int = 1, startToken: Int32? = nil
  ) throws -> EvaluationSubject {
    EvaluationSubject(
      try model(context: context, seed: seed), tokenizer: try tokenizer(), startToken: startToken,
      on: Workers(count: threads))
  }

  /// The log-likelihood of the last token of `tokens`, in nats: read one token at a time, the
  /// sum in Double.
  static func logLikelihood(of tokens: [Int32], _ subject: EvaluationSubject) throws -> Double {
    let decoder = try CachedDecoder(
      subject.model, sequences: 1, capacity: tokens.count - 1, on: Workers(count: 1))
    var logits: [Double] = []
    for token in tokens.dropLast() {
      let view = try decoder.read([token], into: 0)
      logits = (0..<view.columns).map { Double(view[0, $0]) }
    }
    let largest = logits.max() ?? 0
    let sum = logits.reduce(0) { $0 + exp($1 - largest) }
    return logits[Int(tokens[tokens.count - 1])] - largest - log(sum)
  }
}

/// A folder with files, and a suite that names them.
func withSuite<Value>(
  _ suite: String, _ files: [String: String] = [:], _ body: (String) throws -> Value
) throws -> Value {
  try withScratchFolder { folder in
    for (name, text) in files {
      try Data(text.utf8).write(to: folder.appendingPathComponent(name))
    }
    let path = folder.appendingPathComponent("suite.yaml")
    try Data(suite.utf8).write(to: path)
    return try body(path.path)
  }
}
