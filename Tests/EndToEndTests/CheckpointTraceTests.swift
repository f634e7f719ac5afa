import Foundation
import Ledger
import Streams
import TestSupport
import Testing
import Training

/// `audit trace --checkpoint`, and what `audit trace` says of training, beside a curated corpus.
@Suite struct CheckpointTraceTests {
  /// A curated corpus of three documents, two of which a training run read: one in step 1.
  private struct Trained {
    let output: String
    let checkpoint: String
    let weights: Digest256

    /// - Parameter shared: a ledger of its own file, which the model's folder points to; nil for
    ///   that of the curation's output.
    init(in folder: URL, ledger shared: String? = nil) throws {
      let texts = ["one text", "another text", "a third text"]
      var content = ""
      for (row, text) in texts.enumerated() {
        content += "{\"id\":\"d\(row)\",\"text\":\"\(text)\"}\n"
      }
      let input = folder.appendingPathComponent("in.jsonl")
      try Data(content.utf8).write(to: input)
      let plan = try writePlan("plan: p\nversion: 1\nscreens: []\n", in: folder)
      output = folder.appendingPathComponent("safe").path
      _ = try BuiltCommand.curate(
        plan, [input.path], to: output, expecting: 0, shared.map { ["--ledger", $0] } ?? [])

      let index = folder.appendingPathComponent("documents.index").path
      let writer = try DocumentIndexWriter(path: index, work: index + ".work")
      let order = DataOrder(count: 10, seed: 3)
      for (text, position) in zip(texts, [0, 19]) {
        try writer.append(
          DocumentPlace(
            digest: Digest256(hashing: Array(text.utf8)), part: .training, first: order[position],
            count: 1))
      }
      let artefact = try writer.finish(trainingSequences: 10, validationSequences: 0)
      checkpoint = folder.appendingPathComponent(shared == nil ? "step" : "none/model").path
      try FileManager.default.createDirectory(
        atPath: checkpoint, withIntermediateDirectories: true)
      for name in ["config.json", "model.safetensors"] {
        try Data(name.utf8).write(to: URL(fileURLWithPath: "\(checkpoint)/\(name)"))
      }
      let row = try SavedCheckpoint.row(ofModel: checkpoint)
      weights = row.files[1].artefact.sha256
      let ledger = shared ?? output + "/ledger.sqlite"
      if shared != nil { try LedgerPointer.write(ledger, in: folder.path + "/none") }
      let root = try Ledger(reading: ledger).summary(of: nil).root
      // Positions 0 to 3 are those of step 1; 19 is of the second epoch and of step 5.
      let run = TrainingRow(
        id: "feed", plan: [], settings: "{}", seeds: [NamedSeed("order", 3)], snapshotRoot: root,
        base: nil, data: .zero, documentIndex: artefact.sha256, sequences: 10, rows: 8, batch: 4,
        orderSeed: 3, code: CodeVersion(version: "0", binary: .zero, swift: "6.3", libraries: "x"))
      _ = try RunRecord(
        run, ledger: ledger, index: index,
        machine: MachineDescription(os: "", cpu: "", cores: 1, sqlite: ""))
      let writing = try Ledger(creating: ledger)
      try writing.record(
        TrainedCheckpointRow(
          training: "feed", step: 1, checkpoint: row, parent: nil, loss: 2, validation: 2.5))
      try writing.close()
    }

    func trace(_ arguments: [String]) throws -> BuiltCommand.Result {
      try BuiltCommand.run(["audit", "trace", "--output", output] + arguments)
    }
  }

  @Test("a checkpoint is asked for by folder and by hash") func checkpoint() throws {
    try withScratchFolder { folder in
      let trained = try Trained(in: folder)
      for name in [trained.checkpoint, trained.weights.hex] {
        let result = try trained.trace(["--checkpoint", name, "--json"])
        #expect(result.status == 0, "\(result.stderr)")
        let answer = try JSONSerialization.jsonObject(with: result.stdout) as? [[String: Any]]
        let trace = try #require(answer?.first)
        #expect(trace["training"] as? String == "feed" && trace["step"] as? Int == 1)
        #expect((trace["snapshot"] as? [String: Any])?["run"] is String)
        #expect(trace["parent"] is NSNull && trace["validation"] as? Double == 2.5)
        let text = try trained.trace(["--checkpoint", name])
        #expect(
          String(decoding: text.stdout, as: UTF8.self).contains("step 1 of training run feed"))
      }
      try Data("x".utf8).write(to: URL(fileURLWithPath: trained.checkpoint + "/model.safetensors"))
      let unknown = try trained.trace(["--checkpoint", trained.checkpoint])
      #expect(unknown.status == 1 && unknown.stderr.contains("knows no training run"))
      #expect(try trained.trace(["--checkpoint", folder.path]).status == 1)
      #expect(try trained.trace(["--checkpoint", "x", "--near-text", "y"]).status == 2)
    }
  }

  @Test("the curation is found beside a shared ledger, or named where it stands elsewhere")
  func sharedLedger() throws {
    try withScratchFolder { folder in
      let ledger = folder.path + "/ledger.sqlite"
      let trained = try Trained(in: folder, ledger: ledger)
      // The newest curation of the ledger is another one.
      let other = folder.appendingPathComponent("other.jsonl")
      try Data(#"{"id":"o","text":"other text"}"#.utf8).write(to: other)
      _ = try BuiltCommand.curate(
        folder.path + "/plan.yaml", [other.path], to: folder.path + "/other", expecting: 0,
        ["--ledger", ledger])
      func trace(_ arguments: [String]) throws -> BuiltCommand.Result {
        try BuiltCommand.run(["audit", "trace", "--id", "d0"] + arguments)
      }
      let checkpoint = ["--checkpoint", trained.checkpoint]
      for more in [[], ["--output", trained.output]] {
        let result = try trace(checkpoint + more)
        #expect(result.status == 0, "\(result.stderr)")
        let text = String(decoding: result.stdout, as: UTF8.self)
        #expect(text.contains("Document d0 (") && text.contains("this checkpoint has seen it."))
      }
      // The curation's folder does not say where its ledger is.
      let alone = try trace(["--output", trained.output])
      #expect(alone.status == 2 && alone.stderr.contains("--ledger"), "\(alone.stderr)")
      try FileManager.default.createDirectory(
        atPath: folder.path + "/far/off", withIntermediateDirectories: true)
      let moved = folder.path + "/far/off/safe"
      try FileManager.default.moveItem(atPath: trained.output, toPath: moved)
      let lost = try trace(checkpoint)
      #expect(lost.status == 2 && lost.stderr.contains("--output"), "\(lost.stderr)")
      #expect(try trace(checkpoint + ["--output", moved]).status == 0)
    }
  }

  @Test("whether it has seen a document decides the exit code") func documents() throws {
    try withScratchFolder { folder in
      let trained = try Trained(in: folder)
      for (id, status) in [("d0", 0), ("d1", 1), ("d2", 1), ("d9", 1)] {
        let result = try trained.trace(["--checkpoint", trained.weights.hex, "--id", id, "--json"])
        #expect(result.status == Int32(status), "\(id): \(result.stderr)")
        guard id != "d9" else { continue }
        let answer = try JSONSerialization.jsonObject(with: result.stdout) as? [[String: Any]]
        let documents = try #require(answer?.first?["documents"] as? [[String: Any]])
        #expect(documents.map { $0["seen"] as? Bool } == [status == 0])
      }
      let text = folder.appendingPathComponent("text")
      try Data("one text".utf8).write(to: text)
      #expect(
        try trained.trace(["--checkpoint", trained.weights.hex, "--text", text.path]).status == 0)
    }
  }

  @Test("a document's own trace names the checkpoint, also after a takedown") func takedown() throws
  {
    try withScratchFolder { folder in
      let trained = try Trained(in: folder)
      let ids = folder.appendingPathComponent("ids")
      try Data("d0\n".utf8).write(to: ids)
      for isTakenDown in [false, true] {
        if isTakenDown {
          let result = try BuiltCommand.run([
            "curate", "--without", ids.path, "--output", trained.output, "--quiet",
          ])
          #expect(result.status == 0, "\(result.stderr)")
        }
        let result = try trained.trace(["--id", "d0"])
        let text = String(decoding: result.stdout, as: UTF8.self)
        #expect(text.contains("taken down since") == isTakenDown)
        #expect(
          text.contains("In training run feed it was first read in step 1, in 1 step in all."))
        #expect(text.contains("step 1, weights \(trained.weights)"))
      }
      let summary = try BuiltCommand.run(["audit", "summary", "--output", trained.output, "--json"])
      #expect(try summary.json()["trainings"] as? Int == 1)
      #expect(try summary.json()["checkpoints"] as? Int == 1)
      let checkpoint = try trained.trace(["--checkpoint", trained.checkpoint])
      #expect(
        String(decoding: checkpoint.stdout, as: UTF8.self)
          .contains("Documents were taken out of that snapshot since"))
    }
  }
}
