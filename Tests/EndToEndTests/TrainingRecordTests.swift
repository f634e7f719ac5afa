import Foundation
import Streams
import TestSupport
import Testing

/// What `cordon train` refuses before it packs, what it says of its data, and how an audit finds
/// the record of a run.
@Suite struct TrainingRecordTests {
  private func plan(_ data: String, _ more: String = "") -> String {
    """
    plan: tiny
    version: 1
    model: {architecture: llama, width: 16, layers: 1, heads: 2, context: 32}
    tokenizer: {train: 300}
    data: \(data)
    sequence: 16
    batch: 2
    steps: 2
    \(more)

    """
  }

  private func prepare(_ folder: URL) throws {
    var content = ""
    for row in 0..<40 { content += "{\"id\":\"d\(row)\",\"text\":\"text number \(row)\"}\n" }
    let input = folder.appendingPathComponent("in.jsonl")
    try Data(content.utf8).write(to: input)
    let plan = try writePlan("plan: p\nversion: 1\nscreens: []\n", in: folder)
    _ = try BuiltCommand.curate(plan, [input.path], to: folder.path + "/safe", expecting: 0)
  }

  private func train(
    _ folder: URL, _ plan: String, _ more: [String] = []
  ) throws -> BuiltCommand.Result {
    let path = try writePlan(plan, in: folder)
    return try BuiltCommand.run(
      ["train", path, "--output", folder.path + "/out", "--json", "--quiet", "--threads", "2"]
        + more)
  }

  @Test("a checkpoint leads to its ledger, in the corpus or beside it") func pointer() throws {
    try withScratchFolder { folder in
      try prepare(folder)
      for data in ["{corpus: safe}", "{files: in.jsonl}"] {
        let run = try train(folder, plan(data), ["--fresh"])
        #expect(run.status == 0, "\(run.stderr)")
        for arguments in [
          ["--checkpoint", folder.path + "/out/model"],
          ["--checkpoint", folder.path + "/out/checkpoints/step-00000002"],
          ["--checkpoint", folder.path + "/out/model", "--output", folder.path + "/out"],
        ] {
          let trace = try BuiltCommand.run(["audit", "trace"] + arguments)
          #expect(trace.status == 0, "\(trace.stderr)")
          #expect(String(decoding: trace.stdout, as: UTF8.self).contains("step 2 of training run"))
        }
        guard data.contains("corpus") else { continue }
        // Two steps do not read all: whether it was seen is the order's to say.
        let seen = try BuiltCommand.run(
          ["audit", "trace", "--checkpoint", folder.path + "/out/model", "--id", "d7"])
        #expect(seen.status <= 1, "\(seen.stderr)")
        #expect(String(decoding: seen.stdout, as: UTF8.self).contains("Document d7 "))
      }
      let none = try BuiltCommand.run(["audit", "trace", "--checkpoint", folder.path + "/safe"])
      #expect(none.status != 0)
      #expect(try BuiltCommand.run(["audit", "summary"]).status == 2)
    }
  }

  @Test(
    "what cannot be done is refused before packing, with the plan's line and key",
    arguments: [
      ("{corpus: nowhere}", "", 3, "plan.yaml:5: data.corpus"),
      ("{files: nowhere.jsonl}", "", 3, "plan.yaml:5: data.files"),
      ("{corpus: safe}", "freeze: [nothing]", 2, "plan.yaml:9: freeze"),
      ("{corpus: safe}", "lora: {rank: 1, targets: [no_proj]}", 2, "plan.yaml:9: lora.targets"),
      (
        "{corpus: safe}", "freeze: [embedding]\nlora: {rank: 1, targets: [q_proj]}", 2,
        "plan.yaml:9: freeze"
      ),
    ])
  func refused(data: String, more: String, status: Int, place: String) throws {
    try withScratchFolder { folder in
      try prepare(folder)
      for flags in [[], ["--dry-run"]] {
        let run = try train(folder, plan(data, more), flags)
        #expect(run.status == Int32(status), "\(run.stderr)")
        #expect(run.stderr.contains(place), "\(run.stderr)")
        #expect(!Folder.exists(folder.path + "/out/.work/data.json"))
      }
    }
  }

  @Test("a ledger that does not hold the snapshot is refused") func otherLedger() throws {
    try withScratchFolder { folder in
      try prepare(folder)
      let run = try train(
        folder, plan("{corpus: safe}"), ["--ledger", folder.path + "/other.sqlite"])
      #expect(run.status == 2 && run.stderr.contains("does not hold the snapshot"), "\(run.stderr)")
      #expect(!Folder.exists(folder.path + "/other.sqlite"))
    }
  }

  @Test("what was cut, and what is validated on though it is trained on, is said") func notes()
    throws
  {
    try withScratchFolder { folder in
      let lines = [
        #"{"p":"\#(String(repeating: "zq", count: 40))","r":"yes"}"#, #"{"p":"a","r":"b"}"#,
      ]
      let text = lines.map { $0 + "\n" }.joined()
      try Data(text.utf8).write(to: folder.appendingPathComponent("in.jsonl"))
      let data =
        "{files: in.jsonl, validation: {files: in.jsonl}, fields: {prompt: p, response: r}}"
      let run = try train(
        folder, plan(data).replacingOccurrences(of: "train: 300", with: "train: 257"))
      #expect(run.status == 0, "\(run.stderr)")
      #expect(run.stderr.contains("2 of 4 items") && run.stderr.contains("trained on too: 2"))
      let json = try run.json()
      #expect(json["cut"] as? Int == 2 && json["trainedValidation"] as? Int == 2)
      #expect(json["lostTokens"] as? Int ?? 0 > 0)
      let trace = try BuiltCommand.run(
        ["audit", "trace", "--checkpoint", folder.path + "/out/model"])
      #expect(String(decoding: trace.stdout, as: UTF8.self).contains(#""cut":2"#))
    }
  }
}
