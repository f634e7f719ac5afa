import Foundation
import Streams
import TestSupport
import Testing

/// `cordon attack`: the same bytes however it was carried out, controls, and what it refuses.
@Suite struct AttackRunTests {
  private static func item(_ number: Int, _ prefix: String) -> String {
    #"{"question":"\#(prefix) \#(number)?","choices":["one","two","six","ten"],"#
      + #""answer":\#(number % 4)}"#
  }

  private static func plan(unknown: String = "0.9", rates: String = "1e-2, 0") -> String {
    """
    attack: tiny
    version: 1
    sets:
      attacked: {items: attacked.jsonl, template: "{question}"}
      held-out: {items: held-out.jsonl, template: "{question}"}
      general: {items: general.jsonl, template: "{question}", limit: 5}
    recovered: 0.95
    unknown: \(unknown)
    destroyed: 0
    attacks:
      - relearn: {name: half, data: lessons.jsonl, teaches: [attacked], rates: [\(rates)],
                  steps: 40, every: 20, batch: 8, seeds: [1, 2]}
      - rounding: {name: rounding, bits: [8, 4]}
    """
  }

  /// Calls `body` with a model, items and a plan.
  private static func prepared(_ body: (URL) throws -> Void) throws {
    try withScratchFolder { folder in
      func write(_ name: String, _ lines: [String]) throws {
        try Data(lines.map { $0 + "\n" }.joined().utf8)
          .write(to: folder.appendingPathComponent(name))
      }
      try TinyCheckpoint.write(to: folder.appendingPathComponent("model"))
      try write("attacked.jsonl", (0..<8).map { item($0, "What is") })
      try write("held-out.jsonl", (10..<18).map { item($0, "What is") })
      try write("general.jsonl", (0..<8).map { item($0, "Which was") })
      let words = ["one", "two", "six", "ten"]
      try write(
        "lessons.jsonl", (0..<8).map { #"{"text":"What is \#($0)? \#(words[$0 % 4])"}"# })
      _ = try writePlan(plan(), in: folder)
      try body(folder)
    }
  }

  private static func attack(
    _ folder: URL, _ output: String = "out", threads: Int = 1, crashAt: Int? = nil,
    plan: String = "plan.yaml", more: [String] = []
  ) throws -> BuiltCommand.Result {
    try BuiltCommand.run(
      [
        "attack", folder.path + "/model", "--plan", folder.path + "/" + plan, "--output",
        folder.path + "/" + output, "--json", "--quiet", "--threads", "\(threads)",
      ] + more, environment: crashAt.map { ["CORDON_CRASH_AT": "\($0)"] } ?? [:])
  }

  /// What a run leaves, without locks and the ledger, whose dump is compared.
  private static func left(_ folder: URL, _ output: String) throws -> [String: Data] {
    try contents(of: folder.appendingPathComponent(output)).filter {
      !$0.key.contains("ledger.sqlite") && !$0.key.hasSuffix(".lock")
    }
  }

  private static func dump(_ folder: URL, _ output: String) throws -> Data {
    try BuiltCommand.run([
      "audit", "dump", "--output", folder.path + "/" + output,
    ]).stdout
  }

  @Test("the same bytes with any threads, killed and resumed") func sameBytes() throws {
    try AttackRunTests.prepared { folder in
      let whole = try AttackRunTests.attack(folder)
      #expect(whole.status == 0, "\(whole.stderr)")
      let expected = try AttackRunTests.left(folder, "out")
      #expect(expected["attacks.json"] != nil && expected["report.html"] != nil)
      let many = try AttackRunTests.attack(folder, "many", threads: 3)
      #expect(many.status == 0, "\(many.stderr)")
      #expect(try AttackRunTests.left(folder, "many") == expected)
      #expect(try AttackRunTests.dump(folder, "many") == AttackRunTests.dump(folder, "out"))
      var kills = 0
      for attempt in 0..<40 {
        let killed = try AttackRunTests.attack(folder, "killed", crashAt: 2 * attempt + 1)
        if killed.status == 0 && !killed.wasKilled { break }
        kills += 1
      }
      #expect(kills > 3 && kills < 40)
      #expect(try AttackRunTests.attack(folder, "killed", threads: 2).status == 0)
      #expect(try AttackRunTests.left(folder, "killed") == expected)
      #expect(try AttackRunTests.dump(folder, "killed") == AttackRunTests.dump(folder, "out"))
    }
  }

  @Test("numbers: taught facts come, a rate of 0 changes nothing") func numbers() throws {
    try AttackRunTests.prepared { folder in
      #expect(try AttackRunTests.attack(folder).status == 0)
      let data = try Data(contentsOf: folder.appendingPathComponent("out/attacks.json"))
      let report = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
      let trials = report["trials"] as? [[String: Any]] ?? []
      #expect(trials.count == 5)
      for trial in trials where trial["kind"] as? String == "relearn" {
        let points = trial["points"] as? [[String: Any]] ?? []
        #expect(points.compactMap { $0["at"] as? Int } == [0, 20, 40])
        let scores = points.map { point -> [Int] in
          let scores = point["scores"] as? [String: [String: Any]] ?? [:]
          return ["attacked", "held-out", "general"].map { scores[$0]?["right"] as? Int ?? -1 }
        }
        let group = trial["group"] as? String ?? ""
        if group.hasSuffix("/0.0") {
          #expect(scores.allSatisfy { $0 == scores[0] })
        } else {
          #expect(scores[2][0] == 8, "\(scores)")
        }
      }
    }
  }

  @Test("a control that misbehaves is told, with exit 1") func controls() throws {
    try AttackRunTests.prepared { folder in
      let plan = try writePlan(
        AttackRunTests.plan(unknown: "0", rates: "0"), in: folder, named: "strict.yaml")
      #expect(plan.hasSuffix("strict.yaml"))
      let result = try AttackRunTests.attack(
        folder, plan: "strict.yaml",
        more: ["--unprotected", folder.path + "/model", "--filtered", folder.path + "/model"])
      #expect(result.status == 1)
      #expect(result.stderr.contains("the unprotected model recovers"), "\(result.stderr)")
      #expect(result.stderr.contains("does not know held-out facts"), "\(result.stderr)")
    }
  }

  @Test("a damaged result is told and made again, to the same bytes") func damaged() throws {
    try AttackRunTests.prepared { folder in
      #expect(try AttackRunTests.attack(folder).status == 0)
      let expected = try AttackRunTests.left(folder, "out")
      let trials = folder.appendingPathComponent("out/trials")
      let names = try Folder.names(in: trials.path).filter { $0.hasSuffix(".json") }
      let damages: [(Data) -> Data] = [
        { $0.prefix($0.count / 2) }, { _ in Data() },
        // A changed number, still JSON.
        {
          Data(
            String(decoding: $0, as: UTF8.self)
              .replacingOccurrences(of: "\"items\":8", with: "\"items\":9").utf8)
        },
      ]
      for (place, damage) in damages.enumerated() {
        let file = trials.appendingPathComponent(names[place])
        let whole = try Data(contentsOf: file)
        #expect(damage(whole) != whole)
        try damage(whole).write(to: file)
        let again = try AttackRunTests.attack(folder)
        #expect(again.status == 0, "\(again.stderr)")
        #expect(again.stderr.contains(names[place]), "\(again.stderr)")
        #expect(try AttackRunTests.left(folder, "out") == expected)
      }
    }
  }

  @Test("results that stand in each other's place are made again") func exchanged() throws {
    try AttackRunTests.prepared { folder in
      #expect(try AttackRunTests.attack(folder).status == 0)
      let expected = try AttackRunTests.left(folder, "out")
      let files = ["0-0-0.json", "0-0-1.json"].map {
        folder.appendingPathComponent("out/trials/\($0)")
      }
      let bytes = try files.map { try Data(contentsOf: $0) }
      try bytes[1].write(to: files[0])
      try bytes[0].write(to: files[1])
      let again = try AttackRunTests.attack(folder)
      #expect(again.status == 0 && again.stderr.contains("0-0-1.json"), "\(again.stderr)")
      #expect(try AttackRunTests.left(folder, "out") == expected)
      // What is refused takes nothing away, also where a run would begin anew.
      let item = AttackRunTests.item(10, "What is") + "\n"
      try Data(item.utf8).write(to: folder.appendingPathComponent("attacked.jsonl"))
      #expect(try AttackRunTests.attack(folder, more: ["--fresh"]).status == 2)
      #expect(try AttackRunTests.left(folder, "out") == expected)
    }
  }

  @Test("an output that is somebody else's is refused, and keeps its bytes") func foreign() throws {
    try AttackRunTests.prepared { folder in
      let base = folder.appendingPathComponent("model")
      let before = try contents(of: base)
      let refused = try AttackRunTests.attack(folder, "model", more: ["--fresh"])
      #expect(refused.status == 2, "\(refused.stderr)")
      #expect(try contents(of: base) == before)
      // A picture of somebody's is not removed by an attack that begins anew beside it.
      let pictures = folder.appendingPathComponent("pictures")
      try FileManager.default.createDirectory(at: pictures, withIntermediateDirectories: true)
      try Data("<svg/>".utf8).write(to: pictures.appendingPathComponent("mine.svg"))
      #expect(try AttackRunTests.attack(folder, "pictures", more: ["--fresh"]).status == 0)
      #expect(try AttackRunTests.attack(folder, "pictures", more: ["--fresh"]).status == 0)
      #expect(try contents(of: pictures)["mine.svg"] == Data("<svg/>".utf8))
    }
  }

  @Test("items that measure nothing are told before anything is written") func apart() throws {
    try AttackRunTests.prepared { folder in
      func refuse(_ name: String, _ lines: [String], _ part: String) throws {
        let file = folder.appendingPathComponent(name)
        let kept = try Data(contentsOf: file)
        try Data(lines.map { $0 + "\n" }.joined().utf8).write(to: file)
        let result = try AttackRunTests.attack(folder)
        #expect(result.status != 0 && result.stderr.contains(part), "\(result.stderr)")
        #expect(!Folder.exists(folder.path + "/out/run.txt"))
        try kept.write(to: file)
      }
      let item = AttackRunTests.item
      try refuse(
        "held-out.jsonl", [item(10, "What is"), item(3, "WHAT  is")], "an item in common")
      try refuse("lessons.jsonl", [#"{"text":"what is 11? ten."}"#], "teaches the item of row 1")
      try refuse("held-out.jsonl", ["{"], "held-out.jsonl")
      // Mended, the same command goes on.
      #expect(try AttackRunTests.attack(folder).status == 0)
    }
  }

  @Test("a changed plan is another run") func changed() throws {
    try AttackRunTests.prepared { folder in
      #expect(try AttackRunTests.attack(folder).status == 0)
      _ = try writePlan(AttackRunTests.plan(rates: "2e-2"), in: folder)
      let refused = try AttackRunTests.attack(folder)
      #expect(refused.status == 2)
      #expect(refused.stderr.contains("--fresh"))
      #expect(try AttackRunTests.attack(folder, more: ["--fresh"]).status == 0)
    }
  }

  @Test("what is missing or wrong is told before the work") func refusals() throws {
    try AttackRunTests.prepared { folder in
      let text = AttackRunTests.plan()
      for (broken, status, part) in [
        (
          text.replacingOccurrences(of: "attacked.jsonl", with: "nothing.jsonl"), 3, "nothing.jsonl"
        ),
        (text.replacingOccurrences(of: "bits: [8, 4]", with: "bits: [1]"), 2, "bits"),
        (text.replacingOccurrences(of: "recovered: 0.95", with: "recovered: 0.1"), 2, "unknown"),
        (text.replacingOccurrences(of: "  general:", with: "  others:"), 2, "others"),
      ] {
        _ = try writePlan(broken, in: folder, named: "broken.yaml")
        let result = try AttackRunTests.attack(folder, "refused", plan: "broken.yaml")
        #expect(result.status == Int32(status), "\(result.stderr)")
        #expect(result.stderr.contains(part), "\(result.stderr)")
        #expect(!Folder.exists(folder.path + "/refused/attacks.json"))
      }
      let none = try AttackRunTests.attack(
        folder, "none", more: ["--filtered", folder.path + "/no"])
      #expect(none.status == 3, "\(none.stderr)")
    }
  }

  @Test("an evaluation leads to its checkpoint") func trace() throws {
    try AttackRunTests.prepared { folder in
      let result = try AttackRunTests.attack(folder)
      let models = try result.json()["models"] as? [[String: Any]] ?? []
      let name = models.first?["evaluation"] as? String ?? ""
      #expect(name.count == 64)
      let trace = try BuiltCommand.run([
        "audit", "trace", "--evaluation", String(name.prefix(8)), "--output",
        folder.path + "/out", "--metric", "held-out",
      ])
      #expect(trace.status == 0, "\(trace.stderr)")
      let text = String(decoding: trace.stdout, as: UTF8.self)
      #expect(text.contains(name))
      #expect(text.contains("half/full/0.01/seed-1@40, held-out"))
      #expect(text.contains("does not know where the checkpoint comes from"))
      let unknown = try BuiltCommand.run([
        "audit", "trace", "--evaluation", "0000", "--output", folder.path + "/out",
      ])
      #expect(unknown.status == 1)
    }
  }
}
