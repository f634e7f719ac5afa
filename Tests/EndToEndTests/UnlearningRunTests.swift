import Foundation
import Streams
import TestSupport
import Testing

/// `cordon unlearn`: the same bytes however it was carried out, for one run of each objective.
@Suite struct UnlearningRunTests {
  /// Each objective with a retain term that asks the start model something.
  static let cases: [(objective: String, retain: String)] = [
    ("ascent", "retain_nll"), ("gradient_difference", "retain_nll"), ("npo", "retain_kl"),
    ("simnpo", "retain_hidden"), ("{dpo: {answers: answers.txt}}", "retain_nll"),
    ("undial", "retain_kl"), ("ceu", "retain_nll"), ("wga", "retain_nll"),
    ("satimp", "retain_nll"), ("flat", "retain_nll"), ("entropy", "retain_kl"),
    ("{rmu: {layers: [1]}}", "retain_hidden"), ("{reroute: {layers: [0, 1]}}", "retain_hidden"),
    ("{refusal: {answers: answers.txt}}", "retain_nll"),
    ("{task_vector: {scales: [2]}}", "retain_nll"),
  ]

  static func plan(_ objective: String, _ retain: String, more: String = "") -> String {
    """
    plan: bytes
    version: 1
    forget:
      - {name: things, data: forget.jsonl, objective: \(objective), batch: 6}
    retain:
      - {name: items, data: retain.jsonl, objective: \(retain), batch: 5,
         schedule: {from: 0.5, to: 1}}
    sequence: 24
    steps: 6
    slices: 3
    optimiser: {rate: 1e-2}
    reference: {memory: 48KiB}
    checkpoints: {every: 2}
    \(more)
    """
  }

  /// Calls `body` with a model and items.
  static func prepared(_ body: (URL) throws -> Void) throws {
    try withScratchFolder { folder in
      func write(_ name: String, _ lines: [String]) throws {
        try Data(lines.map { $0 + "\n" }.joined().utf8)
          .write(to: folder.appendingPathComponent(name))
      }
      try write("corpus.jsonl", (0..<60).map { #"{"text":"Item \#($0) is green."}"# })
      try write(
        "forget.jsonl",
        (0..<11).map { #"{"question":"What is thing \#($0)?","answer":"It is red."}"# })
      try write("retain.jsonl", (0..<13).map { #"{"text":"Item \#($0) stays."}"# })
      try write("answers.txt", ["I do not know.", "No."])
      let train = """
        plan: base
        version: 1
        model: {architecture: llama, width: 16, layers: 2, heads: 2, context: 32}
        tokenizer: {train: 280}
        data: {files: [corpus.jsonl]}
        sequence: 16
        batch: 4
        steps: 60
        optimiser: {rate: 1e-2}
        """
      let result = try BuiltCommand.run([
        "train", try writePlan(train, in: folder, named: "train.yaml"), "--output",
        folder.path + "/base", "--quiet", "--threads", "1",
      ])
      #expect(result.status == 0, "\(result.stderr)")
      try body(folder)
    }
  }

  static func unlearn(
    _ folder: URL, _ output: String = "out", threads: Int = 1, crashAt: Int? = nil,
    more: [String] = []
  ) throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      [
        "unlearn", folder.path + "/plan.yaml", "--model", folder.path + "/base/model", "--output",
        folder.path + "/" + output, "--json", "--quiet", "--threads", "\(threads)",
      ] + more, environment: crashAt.map { ["CORDON_CRASH_AT": "\($0)"] } ?? [:])
  }

  @Test("1 to 4 threads, killed and resumed: the same bytes", arguments: cases.indices)
  func bytes(index: Int) throws {
    try UnlearningRunTests.prepared { folder in
      let (objective, retain) = UnlearningRunTests.cases[index]
      _ = try writePlan(UnlearningRunTests.plan(objective, retain), in: folder)
      var whole: [String: Data] = [:]
      for threads in 1...4 {
        let result = try UnlearningRunTests.unlearn(folder, "out\(threads)", threads: threads)
        #expect(result.status == 0, "\(result.stderr)")
        let files = try UnlearningRunTests.results(of: folder, "out\(threads)")
        if threads == 1 { whole = files }
        #expect(files == whole, "\(objective) with \(threads) threads")
      }
      #expect(whole.keys.contains("model/model.safetensors") && whole.keys.contains("log.jsonl"))
      var (kills, point) = (0, 4 + index % 7)
      while true {
        let result = try UnlearningRunTests.unlearn(
          folder, threads: kills % 3 + 1, crashAt: point)
        guard result.wasKilled else {
          #expect(result.status == 0, "\(result.stderr)")
          break
        }
        kills += 1
        // No model without the verdict that speaks of it.
        let out = folder.path + "/out"
        #expect(!Folder.exists(out + "/model") || Folder.exists(out + "/verdict.json"))
        point += 11
        try #require(kills < 60)
      }
      #expect(kills > 1, "\(objective)")
      #expect(try UnlearningRunTests.results(of: folder, "out") == whole, "\(objective), killed")
    }
  }

  /// What must be the same.
  static func results(of folder: URL, _ output: String) throws -> [String: Data] {
    try contents(of: folder.appendingPathComponent(output)).filter { name, _ in
      ["model/", "adapter/"].contains { name.hasPrefix($0) }
        || ["log.jsonl", "verdict.json", "duals.jsonl", "layers.json"].contains(name)
        || name.hasSuffix(".svg")
    }
  }

  @Test("a dry run says what it takes and writes nothing; too little memory is exit 4")
  func dryRun() throws {
    try UnlearningRunTests.prepared { folder in
      _ = try writePlan(UnlearningRunTests.plan("npo", "retain_kl"), in: folder)
      let result = try UnlearningRunTests.unlearn(folder, more: ["--dry-run"])
      #expect(result.status == 0, "\(result.stderr)")
      let json = try result.json()
      #expect(try #require(json["memory"] as? Int) > 1 << 20)
      #expect(json["items"] as? [String: Int] == ["things": 11, "items": 13])
      #expect(!FileManager.default.fileExists(atPath: folder.path + "/out"))
      _ = try writePlan(
        UnlearningRunTests.plan("npo", "retain_kl").replacingOccurrences(
          of: "48KiB", with: "1KiB"), in: folder)
      let refused = try UnlearningRunTests.unlearn(folder)
      #expect(refused.status == 4)
      #expect(refused.stderr.contains("reference: memory"))
    }
  }

  @Test("another plan in the same folder is refused and names --fresh") func other() throws {
    try UnlearningRunTests.prepared { folder in
      _ = try writePlan(UnlearningRunTests.plan("npo", "retain_nll"), in: folder)
      #expect(try UnlearningRunTests.unlearn(folder).status == 0)
      let again = try UnlearningRunTests.unlearn(folder)
      #expect(again.status == 0)
      #expect(try again.json()["done"] as? Int == 0)
      _ = try writePlan(UnlearningRunTests.plan("ascent", "retain_nll"), in: folder)
      let refused = try UnlearningRunTests.unlearn(folder)
      #expect(refused.status == 2 && refused.stderr.contains("--fresh"), "\(refused.stderr)")
      #expect(try UnlearningRunTests.unlearn(folder, more: ["--fresh"]).status == 0)
    }
  }

  @Test("the output of a training run is left alone, its model is no start for itself")
  func training() throws {
    try UnlearningRunTests.prepared { folder in
      _ = try writePlan(UnlearningRunTests.plan("npo", "retain_nll"), in: folder)
      let before = try contents(of: folder.appendingPathComponent("base"))
      for more in [[], ["--fresh"]] {
        let refused = try UnlearningRunTests.unlearn(folder, "base", more: more)
        #expect(refused.status == 2, "\(refused.stderr)")
      }
      let after = try contents(of: folder.appendingPathComponent("base"))
      #expect(after == before)
    }
  }

  @Test("a model that no run wrote is left alone, also with --fresh") func foreign() throws {
    try UnlearningRunTests.prepared { folder in
      _ = try writePlan(UnlearningRunTests.plan("npo", "retain_nll"), in: folder)
      let mine = folder.appendingPathComponent("out/model/mine")
      try FileManager.default.createDirectory(
        at: mine.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: mine)
      for more in [[], ["--fresh"]] {
        let refused = try UnlearningRunTests.unlearn(folder, more: more)
        #expect(refused.status == 2, "\(refused.stderr)")
        #expect(Folder.exists(mine.path))
      }
    }
  }
}
