import Foundation
import TestSupport
import Testing

/// What `cordon train` keeps, and what it must not touch.
@Suite struct TrainingOutputTests {
  private static let plan = """
    plan: output
    version: 1
    model: {architecture: llama, width: 16, layers: 1, heads: 2, context: 16, tied: true}
    tokenizer: {train: 300}
    data: {files: [texts.txt]}
    sequence: 8
    batch: 2
    steps: 2
    optimiser: {rate: 1e-3}

    """

  private func plan(_ folder: URL, _ change: (String) -> String = { $0 }) throws {
    let words = "the cat sat on the mat and looked at a bird in the tree of the old garden\n"
    try Data(String(repeating: words, count: 40).utf8)
      .write(to: folder.appendingPathComponent("texts.txt"))
    try Data(change(TrainingOutputTests.plan).utf8)
      .write(to: folder.appendingPathComponent("plan.yaml"))
  }

  private func train(_ folder: URL, _ more: [String] = []) throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      [
        "train", folder.appendingPathComponent("plan.yaml").path, "--output",
        folder.appendingPathComponent("out").path, "--quiet", "--threads", "1",
      ] + more)
  }

  private func exists(_ path: String, in folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent(path).path)
  }

  @Test("a model that no run wrote is left alone, and not taken for the result") func foreign()
    throws
  {
    try withScratchFolder { folder in
      try plan(folder)
      let model = folder.appendingPathComponent("out/model")
      try FileManager.default.createDirectory(at: model, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: model.appendingPathComponent("mine"))
      for more in [[], ["--fresh"]] {
        let result = try train(folder, more)
        #expect(result.status == 2, "\(result.stderr)")
        #expect(exists("out/model/mine", in: folder))
      }
    }
  }

  @Test("the same command writes a finished run's model again where it was damaged") func damaged()
    throws
  {
    try withScratchFolder { folder in
      try plan(folder)
      #expect(try train(folder).status == 0)
      let weights = folder.appendingPathComponent("out/model/model.safetensors")
      let before = try Data(contentsOf: weights)
      try (before + [0]).write(to: weights)
      #expect(try train(folder).status == 0)
      #expect(try Data(contentsOf: weights) == before)
    }
  }

  @Test("--fresh removes nothing before all that is read is there, and outside") func fresh() throws
  {
    try withScratchFolder { folder in
      try plan(folder)
      #expect(try train(folder).status == 0)
      try plan(folder) { $0.replacingOccurrences(of: "texts.txt", with: "absent.txt") }
      let missing = try train(folder, ["--fresh"])
      #expect(missing.status == 3, "\(missing.stderr)")
      #expect(exists("out/model/model.safetensors", in: folder))
      try plan(folder) {
        $0.replacingOccurrences(
          of: "model: {architecture: llama, width: 16, layers: 1, heads: 2, context: 16, "
            + "tied: true}\ntokenizer: {train: 300}", with: "model: {base: out/model}")
      }
      let inside = try train(folder, ["--fresh"])
      #expect(inside.status == 2, "\(inside.stderr)")
      #expect(inside.stderr.contains("name another output"))
      #expect(exists("out/model/model.safetensors", in: folder))
      try plan(folder)
      #expect(try train(folder, ["--fresh"]).status == 0)
    }
  }
}
