import Foundation
import Streams
import TestSupport
import Testing

/// `cordon train` from a curated corpus: the same bytes however it was carried out.
@Suite struct TrainingRunTests {
  private static let plan = """
    plan: tiny
    version: 1
    model: {architecture: llama, width: 16, layers: 2, heads: 2, context: 32, tied: true}
    tokenizer: {train: 300}
    data:
      corpus: safe
      validation: 0.2
    sequence: 16
    batch: 6
    slices: 3
    steps: 9
    optimiser: {rate: 1e-2}
    schedule: {kind: cosine, warmup: 2, final: 0.1}
    validate: 2
    checkpoints: {every: 2, last: 2}

    """

  /// What must be the same: log, curve, checkpoints, model, and what the ledger says.
  private struct Trained: Equatable {
    var files: [String: Data]
    var trace: String

    init(of output: URL) throws {
      files = try contents(of: output).filter {
        $0.key.hasPrefix("checkpoints/") || $0.key.hasPrefix("model/")
          || ["log.jsonl", "learning-curve.svg", "documents.index"].contains($0.key)
      }
      let dump = try BuiltCommand.run(
        ["audit", "dump", "--output", output.deletingLastPathComponent().path + "/safe"])
      trace = String(decoding: dump.stdout, as: UTF8.self)
    }
  }

  /// A curated corpus and a plan beside it.
  private func prepare(_ folder: URL, _ plan: String = plan) throws {
    let corpus = Repository.root.appendingPathComponent("Corpora/demo")
    let safe = folder.appendingPathComponent("safe").path
    let demo = Repository.root.appendingPathComponent("Filters/plans/demo.yaml").path
    let result = try BuiltCommand.run(
      ["curate", demo, "--input", corpus.path, "--output", safe, "--quiet"])
    #expect(result.status <= 1, "\(result.stderr)")
    _ = try writePlan(plan, in: folder)
  }

  private func train(
    _ folder: URL, threads: Int = 2, crashAt: Int? = nil, _ more: [String] = []
  ) throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      [
        "train", folder.appendingPathComponent("plan.yaml").path, "--output",
        folder.appendingPathComponent("out").path, "--json", "--quiet", "--threads", "\(threads)",
      ] + more, environment: crashAt.map { ["CORDON_CRASH_AT": "\($0)"] } ?? [:])
  }

  @Test("1 to 4 threads, and killed at every few file operations: the same bytes") func bytes()
    throws
  {
    var all: [Trained] = []
    for threads in 1...4 {
      try withScratchFolder { folder in
        try prepare(folder)
        let result = try train(folder, threads: threads)
        #expect(result.status == 0, "\(result.stderr)")
        let json = try result.json()
        #expect(json["steps"] as? Int == 9 && json["done"] as? Int == 9)
        all.append(try Trained(of: folder.appendingPathComponent("out")))
      }
    }
    for other in all.dropFirst() {
      #expect(other.files == all[0].files)
      #expect(other.trace == all[0].trace)
    }
    try killed(against: all[0])
  }

  /// One run after the other is killed a little later than the one before.
  private func killed(against whole: Trained) throws {
    try withScratchFolder { folder in
      try prepare(folder)
      var (kills, point) = (0, 3)
      while true {
        let result = try train(folder, threads: kills % 3 + 1, crashAt: point)
        guard result.wasKilled else {
          #expect(result.status == 0, "\(result.stderr)")
          break
        }
        kills += 1
        point += 6
        try #require(kills < 200)
      }
      #expect(kills > 5)
      let resumed = try Trained(of: folder.appendingPathComponent("out"))
      #expect(resumed.files.keys.sorted() == whole.files.keys.sorted())
      #expect(resumed.files == whole.files)
      #expect(resumed.trace == whole.trace)
    }
  }

  @Test("the same command again changes nothing; another plan is refused") func again() throws {
    try withScratchFolder { folder in
      try prepare(folder)
      #expect(try train(folder).status == 0)
      let output = folder.appendingPathComponent("out")
      let first = try Trained(of: output)
      let again = try train(folder)
      #expect(try again.json()["done"] as? Int == 0)
      #expect(try Trained(of: output) == first)
      let other = TrainingRunTests.plan.replacingOccurrences(of: "rate: 1e-2", with: "rate: 2e-2")
      _ = try writePlan(other, in: folder)
      let refused = try train(folder)
      #expect(refused.status == 2)
      #expect(refused.stderr.contains("--fresh"))
      #expect(try train(folder, ["--fresh"]).status == 0)
    }
  }

  @Test("adapters: trained, killed, merged; the base stays as it is") func adapters() throws {
    try withScratchFolder { folder in
      try prepare(folder)
      #expect(try train(folder).status == 0)
      try FileManager.default.moveItem(
        at: folder.appendingPathComponent("out"), to: folder.appendingPathComponent("base"))
      let base = try contents(of: folder.appendingPathComponent("base/model"))
      let plan = TrainingRunTests.plan
        .replacingOccurrences(
          of:
            "model: {architecture: llama, width: 16, layers: 2, heads: 2, context: 32, tied: true}",
          with: "model: {base: base/model}\nlora: {rank: 2, alpha: 4, targets: [q_proj, up_proj]}"
        )
        .replacingOccurrences(of: "tokenizer: {train: 300}\n", with: "")
      _ = try writePlan(plan, in: folder)
      #expect(try train(folder).status == 0)
      let output = folder.appendingPathComponent("out")
      let whole = try Trained(of: output)
      #expect(whole.files.keys.contains("checkpoints/step-00000009/adapter_model.safetensors"))
      #expect(try contents(of: folder.appendingPathComponent("base/model")) == base)
      let killed = try train(folder, crashAt: 60, ["--fresh"])
      #expect(killed.wasKilled)
      #expect(try train(folder, threads: 1).status == 0)
      #expect(try Trained(of: output).files == whole.files)
      let merged = try BuiltCommand.run(
        ["generate", output.path + "/model", "--prompt", "the", "--max-tokens", "3", "--greedy"])
      #expect(merged.status == 0, "\(merged.stderr)")
      let trace = try BuiltCommand.run(["audit", "trace", "--checkpoint", output.path + "/model"])
      #expect(trace.status == 0, "\(trace.stderr)")
      let text = String(decoding: trace.stdout, as: UTF8.self)
      #expect(text.contains("-merged.") && text.contains("made by run"))
      let adapter = try contents(of: output)["adapter/adapter_config.json"] ?? Data()
      #expect(String(decoding: adapter, as: UTF8.self).contains(#""base/model""#))
    }
  }

  @Test("a dry run writes nothing and says what is needed") func dryRun() throws {
    try withScratchFolder { folder in
      try prepare(folder)
      let result = try train(folder, ["--dry-run"])
      #expect(result.status == 0, "\(result.stderr)")
      let memory = try #require(try result.json()["memory"] as? Int)
      #expect(memory > 1 << 20)
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
      _ = try writePlan(TrainingRunTests.plan + "memory: 2MB\n", in: folder)
      let refused = try train(folder)
      #expect(refused.status == 4)
      #expect(refused.stderr.contains("recompute"))
    }
  }

  @Test("an exploding rate stops with step, batch and the last good checkpoint") func explodes()
    throws
  {
    try withScratchFolder { folder in
      let slow = TrainingRunTests.plan.replacingOccurrences(of: "warmup: 2, ", with: "warmup: 8, ")
        .replacingOccurrences(of: "every: 2", with: "every: 1")
      try prepare(folder, slow.replacingOccurrences(of: "rate: 1e-2", with: "rate: 3"))
      let result = try train(folder)
      #expect(result.status == 1, "\(result.stderr)")
      #expect(result.stderr.contains("step "))
      #expect(result.stderr.contains("checkpoints/step-0000000"))
      // What the last good checkpoint is called is one whose update was good.
      _ = try writePlan(
        slow.replacingOccurrences(of: "rate: 1e-2", with: "rate: 60")
          .replacingOccurrences(of: "steps: 9", with: "steps: 1")
          .replacingOccurrences(of: "warmup: 8", with: "warmup: 0"), in: folder)
      let last = try train(folder, ["--fresh"])
      #expect(last.status == 1, "\(last.stderr)")
      #expect(last.stderr.contains("there is no checkpoint yet"))
      #expect(!Folder.exists(folder.appendingPathComponent("out/model").path))
      #expect(!Folder.exists(folder.appendingPathComponent("out/checkpoints/step-00000001").path))
    }
  }

  @Test("where there is no room a run ends with exit 4, and goes on when there is") func full()
    throws
  {
    try withScratchFolder { folder in
      try prepare(
        folder, TrainingRunTests.plan.replacingOccurrences(of: "width: 16", with: "width: 48"))
      let arguments = [
        "train", folder.appendingPathComponent("plan.yaml").path, "--output",
        folder.appendingPathComponent("out").path, "--quiet", "--threads", "1",
      ]
      // The moments are the largest file that the run writes.
      let full = try BuiltCommand.run(arguments, prelude: "ulimit -f 450")
      #expect(full.status == 4, "\(full.stderr)")
      #expect(full.stderr.contains("no checkpoint yet"))
      let steps = try? FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("out/checkpoints").path)
      #expect(steps ?? [] == [])
      #expect(try train(folder).status == 0)
    }
  }

  @Test("under mpirun a build without MPI refuses") func processes() throws {
    try withScratchFolder { folder in
      try prepare(folder)
      let result = try BuiltCommand.run(
        [
          "train", folder.appendingPathComponent("plan.yaml").path, "--output",
          folder.appendingPathComponent("out").path,
        ], environment: ["OMPI_COMM_WORLD_SIZE": "2"])
      #expect(result.status == 2)
      #expect(result.stderr.contains("--traits MPI"))
    }
  }
}
