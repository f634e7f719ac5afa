import Foundation
import Language
import Ledger
import Streams
import Tensors
import TestSupport
import Testing
import Training

@testable import Unlearning

@Suite("An unlearning run") struct UnlearningRunTests {
  @Test("the log has each term's loss with its weight") func losses() throws {
    try SmallRun.with { small in
      let lines = try small.log(SmallRun.plan("ascent"))
      #expect(lines.map(\.step) == [1, 2, 3, 4, 5])
      for line in lines {
        #expect(line.terms.map(\.name) == ["things", "items"])
        #expect(line.terms.map(\.weight) == [1, 0.5])
        #expect(line.loss == line.terms.reduce(0) { $0 + $1.weight * $1.loss })
      }
      #expect(lines[4].terms[0].loss < lines[0].terms[0].loss)
    }
  }

  @Test("each term cycles through its own items, each once in a pass") func cycling() throws {
    try SmallRun.with { small in
      let plan = try small.parsed(SmallRun.plan("npo", batch: 4))
      let terms = try small.terms(plan)
      var seen: [Int] = []
      for step in 1...7 { seen += terms[0].numbers(ofStep: step, count: 2).joined() }
      #expect(seen.count == 28)
      #expect(Set(seen[..<14]) == Set(0..<14) && Set(seen[14...]) == Set(0..<14))
      #expect(Array(seen[..<14]) != Array(seen[14...]))
      var other: [Int] = []
      for step in 1...4 { other += terms[1].numbers(ofStep: step, count: 2).joined() }
      #expect(other != Array(seen[..<16]))
    }
  }

  @Test("slices change nothing but the last bits", arguments: ["npo", "ascent", "rmu"])
  func slices(objective: String) throws {
    try SmallRun.with { small in
      let retain = objective == "rmu" ? "retain_hidden" : "retain_nll"
      for slices in [1, 3] {
        _ = try small.log(
          SmallRun.plan(objective, retain: retain, slices: slices), to: "out\(slices)")
      }
      #expect(try SmallRun.distance(small.weights("out1"), small.weights("out3")) < 1e-4)
      #expect(try SmallRun.distance(small.weights("out1"), SmallRun.start()) > 1e-3)
    }
  }

  @Test("at the first step the reference is the model itself") func referenceIsStart() throws {
    try SmallRun.with { small in
      // −(2/β) log σ(0), and no divergence from itself.
      let npo = try small.log(SmallRun.plan("{npo: {beta: 0.5}}", retain: "retain_kl"))
      #expect(abs(npo[0].terms[0].loss - 4 * Foundation.log(2.0)) < 1e-5)
      #expect(abs(npo[0].terms[1].loss) < 1e-6)
      #expect(npo[4].terms[1].loss > 1e-5)
      let hidden = try small.log(
        SmallRun.plan("{reroute: {layers: [0, 2]}}", retain: "retain_hidden"), to: "hidden")
      #expect(abs(hidden[0].terms[0].loss - 1) < 1e-6)
      #expect(hidden[0].terms[1].loss < 1e-9 && hidden[4].terms[1].loss > 1e-6)
    }
  }

  @Test(
    "states that are computed again are those that are kept",
    arguments: [
      ("undial", "retain_kl"), ("{reroute: {layers: [1]}}", "retain_hidden"),
      ("{dpo: {answers: answers.txt}}", "retain_kl"),
    ])
  func windows(objective: String, retain: String) throws {
    try SmallRun.with { small in
      let text = SmallRun.plan(objective, retain: retain)
      let kept = try small.log(text, to: "kept")
      // What one step takes is enough, and one byte less is not.
      let refused = #expect(throws: UnlearningError.self) {
        try small.log(text + "reference: {memory: 1}", to: "refused")
      }
      guard case .referenceMemory(let step, let all, _, _) = refused else {
        Issue.record("\(String(describing: refused))")
        return
      }
      #expect(refused?.consequence == .resource)
      #expect(refused?.description.contains("\(step) bytes") ?? false)
      #expect(throws: UnlearningError.self) {
        try small.log(text + "reference: {memory: \(step - 1)}", to: "refused")
      }
      for (name, limit) in [("one", step), ("many", all - 1), ("all", all)] {
        let lines = try small.log(text + "reference: {memory: \(limit)}", to: name)
        // Where nothing has changed yet the gradient is nothing but rounding, which Adam makes to
        // whole steps: only the first losses must agree.
        for (term, other) in zip(lines[0].terms, kept[0].terms) {
          #expect(abs(term.loss - other.loss) < 1e-5 * (1 + abs(other.loss)))
        }
      }
      // How many steps are computed at one time changes no bit.
      #expect(try small.weights("one") == small.weights("many"))
      #expect(try small.weights("all") == small.weights("kept"))
    }
  }

  @Test("a task vector is subtracted as often as its scale says") func taskVector() throws {
    try SmallRun.with { small in
      for scale in [1, 3] {
        _ = try small.log(
          SmallRun.plan("{task_vector: {scales: [\(scale)]}}"), to: "out\(scale)")
      }
      let (start, one) = (try SmallRun.start(), try small.weights("out1"))
      let expected = zip(start, one).map { zip($0, $1).map { $0 + 3 * ($1 - $0) } }
      #expect(SmallRun.distance(expected, try small.weights("out3")) < 1e-5)
      #expect(SmallRun.distance(start, one) > 1e-3)
      let lines = try UnlearningLog.lines(of: small.folder.path + "/out1/log.jsonl")
      #expect(lines.allSatisfy { $0.terms.map(\.name) == ["things"] })
      #expect(lines[4].loss < lines[0].loss)
    }
  }

  @Test("a task vector's scale is said, and nothing of duals that never moved") func scale() throws
  {
    try SmallRun.with { small in
      let text = SmallRun.plan("{task_vector: {scales: [3]}}")
      #expect(try small.run(text).run().scale == 3)
      #expect(try small.run(text).run().scale == 3)
      let output = small.folder.path + "/out"
      #expect(!Folder.exists(output + "/duals.jsonl"))
      let row = try #require(try Ledger(reading: output + "/ledger.sqlite").unlearnings().first)
      #expect(row.settings.contains("\"scale\":3"), "\(row.settings)")
      #expect(row.retained.count == 17 && row.documents.count == 14)
      #expect(try small.run(SmallRun.plan("npo"), to: "npo").run().scale == nil)
    }
  }

  @Test("a run that changed no weight is a finding, and leaves no model") func unchanged() throws {
    try SmallRun.with { small in
      // What is trained lies behind what the objectives read.
      let text = SmallRun.plan(
        "{rmu: {layers: [0]}}", retain: "retain_hidden", more: "parameters: [layers.2]")
      let outcome = try small.run(text).run()
      // Beside it is told how many items were cut.
      #expect(outcome.model == nil && outcome.findings.count == 2, "\(outcome.findings)")
      #expect(outcome.findings[0].hasPrefix("no weight was changed: the gradient of every step"))
      #expect(outcome.findings[0].contains("rmu, retain_hidden"))
      #expect(!Folder.exists(small.folder.path + "/out/model"))
      let again = try small.run(text).run()
      #expect(again.model == nil && again.findings == outcome.findings)
    }
  }

  @Test(
    "a run whose weights exploded is a finding, and leaves no model", arguments: ["1e3", "3e1"])
  func exploded(rate: String) throws {
    try SmallRun.with { small in
      let text = SmallRun.plan("ascent").replacingOccurrences(
        of: "rate: 1e-2", with: "rate: \(rate)"
      )
      .replacingOccurrences(of: "steps: 5", with: "steps: 1")
      let outcome = try small.run(text).run()
      #expect(outcome.model == nil)
      #expect(outcome.findings.contains { $0.contains("exploded") }, "\(outcome.findings)")
      #expect(!Folder.exists(small.folder.path + "/out/model"))
    }
  }

  @Test("pairs that are longer than a sequence are counted") func cut() throws {
    try SmallRun.with { small in
      let long = Array(repeating: "so", count: 40).joined(separator: " ")
      try small.write(
        [
          #"{"prompt":"\#(long)","response":" red"}"#,
          #"{"prompt":"What is it","response":" \#(long)"}"#,
          #"{"prompt":"a","response":" b"}"#, #"{"text":"\#(long)"}"#,
        ], "forget.jsonl")
      let run = try small.run(SmallRun.plan("ascent"))
      let cut = try run.forecast().cut
      let numbers = [cut.items, cut.cut, cut.promptless]
      #expect(numbers == [21, 2, 1] && cut.lostTokens > 20, "\(numbers)")
      let outcome = try run.run()
      #expect(outcome.model != nil)
      #expect(outcome.findings.contains { $0.hasPrefix("2 of 21 items are longer") })
    }
  }

  @Test("rerouting has a way to go where the model is its own reference") func rerouting() throws {
    try SmallRun.with { small in
      let text = SmallRun.plan("{reroute: {layers: [1]}}", retain: "retain_hidden")
      let lines = try small.log(text)
      // A gradient of the turn's size, not of rounding.
      #expect(lines[0].gradientNorm > 1e-5, "\(lines[0].gradientNorm)")
      #expect(lines[4].terms[0].loss < lines[0].terms[0].loss - 1e-3)
      let still = try small.log(
        text.replacingOccurrences(of: "[1]}", with: "[1], turn: 0}"), to: "still")
      #expect(still[0].gradientNorm < 1e-2 * lines[0].gradientNorm, "\(still[0].gradientNorm)")
    }
  }

  @Test("only what `parameters` means is changed") func parameters() throws {
    try SmallRun.with { small in
      let more = "parameters: [\"model.layers.*.mlp.down_proj.weight\", layers.2]"
      _ = try small.log(SmallRun.plan("ascent", more: more))
      let names = try SmallRun.names()
      for (name, pair) in zip(names, zip(try SmallRun.start(), try small.weights())) {
        let isMeant = name.hasSuffix("mlp.down_proj.weight") || name.contains("layers.2.")
        #expect((pair.0 != pair.1) == isMeant, "\(name)")
      }
    }
  }

  @Test("an adapter alone is trained, and merged; a vector of it is subtracted") func adapter()
    throws
  {
    try SmallRun.with { small in
      let more = "lora: {rank: 2, alpha: 4, targets: [q_proj]}\nreference: {memory: 100KB}"
      for (name, objective) in [("npo", "npo"), ("vector", "task_vector")] {
        _ = try small.log(
          SmallRun.plan(objective, retain: "retain_kl", more: more), to: name)
        for (parameter, pair) in zip(
          try SmallRun.names(), zip(try SmallRun.start(), try small.weights(name)))
        {
          #expect((pair.0 != pair.1) == parameter.contains("q_proj"), "\(parameter)")
        }
        #expect(Folder.exists(small.folder.path + "/\(name)/adapter/adapter_config.json"))
      }
    }
  }

  @Test("coefficients go from one share to another by the optimiser's steps") func schedule()
    throws
  {
    try SmallRun.with { small in
      let text = SmallRun.plan("{reroute: {layers: [1]}}").replacingOccurrences(
        of: "batch: 6}", with: "weight: 4, schedule: {from: 1, to: 0}, batch: 6}")
      let weights = try small.log(text).map { line in
        line.terms.first { $0.name == "things" }?.weight
      }
      #expect(weights == [4, 3, 2, 1, nil])
    }
    #expect(CoefficientSchedule(from: 0, to: 10).share(step: 3, of: 5) == 5)
  }

  @Test("a finished run says the same again, and another plan is refused") func again() throws {
    try SmallRun.with { small in
      let first = try small.run(SmallRun.plan("ascent")).run()
      #expect(first.model != nil && first.verdict == nil && first.done == 5)
      var again = try small.run(SmallRun.plan("ascent")).run()
      #expect(again.done == 0)
      again.done = 5
      #expect(again == first)
      #expect(!Folder.exists(small.folder.path + "/out/checkpoints"))
      #expect(throws: CheckpointStoreError.self) { try small.run(SmallRun.plan("npo")).run() }
      #expect(try small.run(SmallRun.plan("npo"), fresh: true).run().done == 5)
    }
  }
}
