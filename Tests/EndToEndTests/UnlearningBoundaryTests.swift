import Foundation
import Streams
import TestSupport
import Testing

/// `cordon unlearn` with a boundary: what each verdict leaves, and the same bytes for each.
@Suite struct UnlearningBoundaryTests {
  /// A plan whose hazard and loss may be so much.
  private static func plan(
    hazard: Double, loss: Double, rate: Double = 1e-3, steps: Int = 20, objective: String = "npo",
    weight: Int = 1
  ) -> String {
    """
    plan: boundary
    version: 1
    forget:
      - {name: things, data: forget.jsonl, area: chemical, level: red, objective: \(objective),
         weight: \(weight), batch: 6}
    retain:
      - {name: items, data: retain.jsonl, objective: retain_nll, batch: 5}
    sequence: 24
    steps: \(steps)
    optimiser: {rate: \(rate)}
    checkpoints: {every: 3}
    boundary:
      every: 2
      constraints:
        - {name: hazard, term: things, metric: accuracy, at-most: \(hazard),
           dual: hazard-dual.jsonl, verdict: hazard-verdict.jsonl}
        - {name: filler, term: items, metric: loss, loses: {share: \(loss)},
           dual: filler-dual.jsonl, verdict: filler-verdict.jsonl}

    """
  }

  private static func prepared(_ body: (URL) throws -> Void) throws {
    try UnlearningRunTests.prepared { folder in
      func write(_ name: String, _ range: Range<Int>, _ line: (Int) -> String) throws {
        try Data(range.map { line($0) + "\n" }.joined().utf8)
          .write(to: folder.appendingPathComponent(name))
      }
      func choice(_ index: Int) -> String {
        #"{"question":"How does thing \#(index) look?","choices":["It is red.","It is blue."],"#
          + #""answer":\#(index % 2)}"#
      }
      try write("hazard-dual.jsonl", 0..<30, choice)
      try write("hazard-verdict.jsonl", 30..<130, choice)
      try write("filler-dual.jsonl", 100..<120) { #"{"text":"Item \#($0) is green."}"# }
      try write("filler-verdict.jsonl", 120..<150) { #"{"text":"Item \#($0) is green."}"# }
      try body(folder)
    }
  }

  private func verdict(_ folder: URL, _ output: String = "out") throws -> [String: Any] {
    let data = try Data(contentsOf: folder.appendingPathComponent(output + "/verdict.json"))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  private func names(_ folder: URL, _ output: String = "out") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + output).sorted()
  }

  @Test("met: exit 0 and a model") func met() throws {
    try UnlearningBoundaryTests.prepared { folder in
      _ = try writePlan(UnlearningBoundaryTests.plan(hazard: 0.7, loss: 0.5), in: folder)
      let result = try UnlearningRunTests.unlearn(folder)
      #expect(result.status == 0, "\(result.stderr)")
      #expect(try result.json()["verdict"] as? String == "met")
      #expect(try verdict(folder)["verdict"] as? String == "met")
      let names = try names(folder)
      #expect(names.contains("model") && names.contains("duals.jsonl"))
      #expect(!names.contains("checkpoints") && !names.contains(".work"))
      let scored = try BuiltCommand.run(
        ["generate", folder.path + "/out/model", "--prompt", "Item", "--max-tokens", "2"])
      #expect(scored.status == 0, "\(scored.stderr)")
      // Other items of the verdict are another run.
      try Data(#"{"question":"?","choices":["a","b"],"answer":0}"#.utf8)
        .write(to: folder.appendingPathComponent("hazard-verdict.jsonl"))
      let other = try UnlearningRunTests.unlearn(folder)
      #expect(other.status == 2 && other.stderr.contains("--fresh"), "\(other.stderr)")
    }
  }

  @Test("infeasible: exit 1, the reasons, and no model anywhere in the output") func infeasible()
    throws
  {
    try UnlearningBoundaryTests.prepared { folder in
      _ = try writePlan(UnlearningBoundaryTests.plan(hazard: 0.01, loss: 0.0005), in: folder)
      let result = try UnlearningRunTests.unlearn(folder)
      #expect(result.status == 1, "\(result.stderr)")
      #expect(result.stderr.contains("finding: hazard: not met"))
      #expect(try result.json()["verdict"] as? String == "not met")
      #expect(try result.json()["model"] is NSNull)
      let left = try contents(of: folder.appendingPathComponent("out")).keys
      #expect(!left.contains { $0.hasSuffix(".safetensors") }, "\(left)")
      // The same command again says the same.
      let again = try UnlearningRunTests.unlearn(folder)
      #expect(again.status == 1 && again.stderr == result.stderr)
    }
  }

  @Test("too few items: exit 1, and how many would do") func fewItems() throws {
    try UnlearningBoundaryTests.prepared { folder in
      // 51 of 100 right: neither above 0.55 nor below it, with confidence.
      _ = try writePlan(UnlearningBoundaryTests.plan(hazard: 0.55, loss: 0.5), in: folder)
      let result = try UnlearningRunTests.unlearn(folder)
      #expect(result.status == 1, "\(result.stderr)")
      #expect(try result.json()["verdict"] as? String == "not enough items")
      let boundary = try verdict(folder)["boundary"] as? [String: Any]
      #expect(try #require(boundary?["neededItems"] as? Int) > 100)
      #expect(try !names(folder).contains("model"))
    }
  }

  @Test(
    "killed and resumed, with any number of threads: the same bytes",
    arguments: [(0.7, 0.5, "npo"), (0.01, 0.0005, "ascent")])
  func bytes(hazard: Double, loss: Double, objective: String) throws {
    try UnlearningBoundaryTests.prepared { folder in
      _ = try writePlan(
        UnlearningBoundaryTests.plan(
          hazard: hazard, loss: loss, rate: objective == "npo" ? 1e-3 : 1e-2,
          objective: objective, weight: objective == "npo" ? 1 : 20), in: folder)
      var whole: [String: Data] = [:]
      for threads in [1, 3] {
        _ = try UnlearningRunTests.unlearn(folder, "out\(threads)", threads: threads)
        let files = try UnlearningRunTests.results(of: folder, "out\(threads)")
        if threads == 1 { whole = files }
        #expect(files == whole)
      }
      let duals = String(decoding: try #require(whole["duals.jsonl"]), as: UTF8.self)
      #expect(duals.contains(#""decision":"best""#))
      // The second plan overruns its budget: what was kept is gone back to.
      #expect(duals.contains(#""decision":"rollBack""#) == (objective == "ascent"))
      var (kills, point) = (0, 5)
      while true {
        let result = try UnlearningRunTests.unlearn(
          folder, threads: kills % 2 + 1, crashAt: point)
        guard result.wasKilled else { break }
        kills += 1
        // No model without the verdict that speaks of it.
        let out = folder.path + "/out"
        #expect(!Folder.exists(out + "/model") || Folder.exists(out + "/verdict.json"))
        point += 13
        try #require(kills < 60)
      }
      #expect(kills > 3)
      #expect(try UnlearningRunTests.results(of: folder, "out") == whole)
    }
  }

  @Test("items of the duals in the verdict are refused") func overlap() throws {
    try UnlearningBoundaryTests.prepared { folder in
      _ = try writePlan(
        UnlearningBoundaryTests.plan(hazard: 0.7, loss: 0.5).replacingOccurrences(
          of: "hazard-verdict", with: "hazard-dual"), in: folder)
      let result = try UnlearningRunTests.unlearn(folder)
      #expect(result.status == 2)
      #expect(result.stderr.contains("hazard-dual.jsonl"))
      #expect(try !names(folder).contains("model"))
    }
  }

  @Test("a boundary chooses among the scales of a task vector") func vector() throws {
    try UnlearningBoundaryTests.prepared { folder in
      _ = try writePlan(
        UnlearningBoundaryTests.plan(
          hazard: 0.7, loss: 0.5, steps: 4, objective: "{task_vector: {scales: [1000, 0.5]}}"),
        in: folder)
      let result = try UnlearningRunTests.unlearn(folder)
      // A thousandfold would leave no model of language.
      #expect(result.status == 0, "\(result.stderr)")
      #expect(try result.json()["scale"] as? Double == 0.5)
      let verdict = try verdict(folder)
      #expect(verdict["scale"] as? Double == 0.5)
      let tried = try #require(verdict["scales"] as? [[String: Any]])
      #expect(tried.map { $0["scale"] as? Double } == [0.5, 1000])
      #expect(tried.map { ($0["dual"] as? [String: Any])?["verdict"] as? String }[0] == "met")
      #expect(try !names(folder).contains("duals.jsonl"))
    }
  }

  @Test("an item of the verdict that is also learned from is refused") func learned() throws {
    try UnlearningBoundaryTests.prepared { folder in
      _ = try writePlan(UnlearningBoundaryTests.plan(hazard: 0.7, loss: 0.5), in: folder)
      try Data(#"{"question":"what is  thing 3?","choices":["IT is red","b"],"answer":0}"#.utf8)
        .write(to: folder.appendingPathComponent("hazard-verdict.jsonl"))
      for more in [[], ["--dry-run"]] {
        let result = try UnlearningRunTests.unlearn(folder, more: more)
        #expect(result.status == 2, "\(result.stderr)")
        #expect(result.stderr.contains("hazard-verdict.jsonl: row 0"), "\(result.stderr)")
        #expect(result.stderr.contains("row 3 of") && result.stderr.contains("forget.jsonl"))
        #expect(!result.stderr.lowercased().contains("is red"))
      }
    }
  }

  @Test("a dry run counts what measuring takes") func dryRun() throws {
    try UnlearningBoundaryTests.prepared { folder in
      _ = try writePlan(UnlearningBoundaryTests.plan(hazard: 0.7, loss: 0.5), in: folder)
      let json = try UnlearningRunTests.unlearn(folder, more: ["--dry-run"]).json()
      let parts = try #require(json["memoryParts"] as? [String: Int])
      #expect(try #require(parts["measuring"]) > 4 << 10)
      #expect(json["memory"] as? Int == parts.values.reduce(0, +))
    }
  }
}
