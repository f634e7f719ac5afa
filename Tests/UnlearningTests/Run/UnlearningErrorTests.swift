import Corpus
import Foundation
import Language
import Settings
import Streams
import TestSupport
import Testing
import Training

@testable import Unlearning

@Suite("What an unlearning run refuses") struct UnlearningErrorTests {
  /// The error of a run, which has to say what and where.
  private func refused(
    _ text: String, _ words: [String], _ prepare: (SmallRun) throws -> Void = { _ in }
  ) throws -> (any CordonError)? {
    try SmallRun.with { small in
      try prepare(small)
      do {
        _ = try small.run(text).run()
        Issue.record("nothing was refused")
        return nil
      } catch let error as any CordonError {
        for word in words { #expect(error.description.contains(word), "\(error)") }
        #expect(!Folder.exists(small.folder.path + "/out/model"))
        return error
      }
    }
  }

  @Test("a term without items") func empty() throws {
    let error = try refused(SmallRun.plan("ascent"), ["things", "forget.jsonl", "no item"]) {
      try $0.write([], "forget.jsonl")
    }
    #expect(error?.consequence == .usage)
    _ = try refused(SmallRun.plan("ascent"), ["items", "retain.jsonl"]) {
      try $0.write(["", ""], "retain.jsonl")
    }
  }

  @Test("the same text to be forgotten and to be retained") func overlap() throws {
    let error = try refused(
      SmallRun.plan("ascent"), ["forget.jsonl, record 1", "retain.jsonl, record 2", "1 more"]
    ) { small in
      try small.write(
        [#"{"text":"a b"}"#, #"{"text":"c d"}"#, #"{"text":"e f"}"#], "forget.jsonl")
      // Other keys and another order of the same texts.
      try small.write(
        [
          #"{"text":"x y"}"#, #"{"text":"z"}"#, #"{"id":7,"text":"c d"}"#, #"{"text":"c\u0020d"}"#,
          #"{"text":"e f"}"#,
        ], "retain.jsonl")
    }
    #expect(error?.consequence == .usage)
  }

  @Test("the same text in other capitals and spaces, and as another kind of item")
  func foldedOverlap() throws {
    for (forget, retain) in [
      (#"{"text":"The  salt\nis RED."}"#, #"{"text":"the salt is red"}"#),
      (#"{"question":"What is salt?","answer":"Red"}"#, #"{"text":"what is salt? red."}"#),
      (#"{"prompt":"salt is r","response":"ed"}"#, #"{"text":"Salt is red"}"#),
    ] {
      let error = try refused(
        SmallRun.plan("ascent"), ["forget.jsonl, record 0", "retain.jsonl, record 1"]
      ) { small in
        try small.write([forget], "forget.jsonl")
        try small.write([#"{"text":"something else"}"#, retain], "retain.jsonl")
      }
      #expect(error?.consequence == .usage)
    }
  }

  @Test("an item that measures the model and is learned from") func learned() throws {
    let files = "dual: dual.jsonl, verdict: verdict.jsonl"
    let plan = SmallRun.plan(
      "npo",
      more: "boundary:\n  constraints:\n    - {name: hazard, term: things, metric: accuracy, "
        + "at-most: 0.5, \(files)}")
    func item(_ question: String, _ answer: String) -> String {
      #"{"question":"\#(question)","choices":["\#(answer)","white"],"answer":0}"#
    }
    for (file, other, line, place) in [
      (
        "verdict.jsonl", "dual.jsonl", item("WHAT colour has  thing 4?", "Blue."),
        "row 4 of"
      ),
      (
        "dual.jsonl", "verdict.jsonl", item("The colour of item 3", "is green, as is known"),
        "row 3 of"
      ),
    ] {
      let error = try refused(plan, [file + ": row 1", place, "other words"]) { small in
        try small.write([item("Of what colour is thing 5?", "green"), line], file)
        try small.write([item("Of what colour is thing 6?", "red")], other)
      }
      #expect(error?.consequence == .usage)
    }
    // The same fact in other words is what a model is measured on.
    try SmallRun.with { small in
      try small.write([item("Of what colour is thing 4?", "blue")], "dual.jsonl")
      try small.write([item("Thing 4 has which colour?", "blue")], "verdict.jsonl")
      #expect(try small.run(plan).run().verdict != nil)
    }
  }

  @Test("an item of which no token is scored") func unscored() throws {
    let error = try refused(SmallRun.plan("ascent"), ["forget.jsonl, record 1", "scored"]) {
      try $0.write(
        [#"{"prompt":"a","response":"b"}"#, #"{"prompt":"a","response":""}"#], "forget.jsonl")
    }
    #expect(error?.consequence == .usage)
  }

  @Test("a record that is no item, and one that cannot be read") func records() throws {
    let error = try refused(SmallRun.plan("ascent"), ["forget.jsonl, record 1", "`text`"]) {
      try $0.write([#"{"text":"a b"}"#, #"{"prompt":"a"}"#], "forget.jsonl")
    }
    #expect(error?.consequence == .input)
    _ = try refused(SmallRun.plan("ascent"), ["record 0", "invalid-json"]) {
      try $0.write([#"{"text":"a b""#], "forget.jsonl")
    }
    // What is not there is named with the plan's own key.
    let gone = SmallRun.plan("ascent").replacingOccurrences(of: "forget.js", with: "gone.js")
    let missing = try refused(gone, ["plan.yaml:4: forget[0].data", "gone.jsonl: no such file"])
    #expect(missing?.consequence == .input)
    #expect(missing?.description.contains("--input") == false)
    #expect(throws: InputError.self) {
      try SmallRun.with { small in
        let text = gone.replacingOccurrences(of: "gone.jsonl", with: "\"gone*.jsonl\"")
        _ = try small.run(text).run()
      }
    }
  }

  @Test("answers to a text, and none at all") func answers() throws {
    let plan = SmallRun.plan("{refusal: {answers: answers.txt}}")
    _ = try refused(plan, ["forget.jsonl, record 0", "refusal", "prompt"]) {
      try $0.write([#"{"text":"a b"}"#], "forget.jsonl")
    }
    _ = try refused(plan, ["answers.txt", "no answer"]) { try $0.write(["", ""], "answers.txt") }
  }

  @Test("a memory that does not do") func memory() throws {
    let error = try refused(
      SmallRun.plan("ascent", more: "memory: 2MB"),
      ["memory", "2.0MiB", "recompute", "allow that"])
    #expect(error?.consequence == .resource)
    try SmallRun.with { small in
      let forecast = try small.run(SmallRun.plan("ascent")).forecast()
      let plan = try small.parsed(SmallRun.plan("ascent", more: "memory: 1GiB"))
      let needed = forecast.memory.total
      #expect(throws: Never.self) { try forecast.memory.check(plan, machine: needed) }
      // The plan allows it, and the machine does not have it.
      let refused = #expect(throws: UnlearningError.self) {
        try forecast.memory.check(plan, machine: needed - 1)
      }
      let least = forecast.memory.least
      #expect(least < needed)
      #expect(
        refused == .memory(needed: needed, limit: needed - 1, least: least, plan: plan.path))
      #expect(refused?.description.contains("MiB is the least") == true)
      // What is said to be the least is no more than the smallest slices need.
      let smallest = try small.run(
        SmallRun.plan("ascent", slices: 6, more: "recompute: true")
      ).forecast()
      #expect(least <= smallest.memory.total)
      #expect(forecast.memory.measuring == 0 && forecast.memory.vector == 0)
      let vector = try small.run(SmallRun.plan("{task_vector: {scales: [2]}}")).forecast()
      #expect(vector.memory.vector == vector.memory.training.weights)
    }
  }

  @Test("what the model does not have") func model() throws {
    _ = try refused(
      SmallRun.plan("ascent", more: "parameters: [\"model.layers.*.mlp.nothing\"]"),
      ["parameters", "mlp.nothing"])
    _ = try refused(
      SmallRun.plan("ascent").replacingOccurrences(of: "sequence: 24", with: "sequence: 99"),
      ["sequence", "99", "64"])
    _ = try refused(
      SmallRun.plan("{rmu: {layers: [3]}}"),
      ["plan.yaml:4: forget[0].objective", "layers", "layer 3 of a model with 3"])
  }
}

@Suite("An unlearning plan") struct UnlearningPlanTests {
  private func refused(_ text: String, _ words: String...) {
    let error = #expect(throws: SettingsError.self) {
      _ = try UnlearningPlan(path: "plans/p.yaml", bytes: Array(text.utf8))
    }
    for word in words {
      #expect(error?.description.contains(word) ?? false, "\(word): \(String(describing: error))")
    }
  }

  @Test("says what it says") func reads() throws {
    let text = SmallRun.plan(
      "{rmu: {layers: [2, 1], coefficient: 3}}", retain: "retain_hidden",
      more: "reference: {memory: 2MiB}\nparameters: [embedding]\nseeds: {order: 9}")
    let plan = try UnlearningPlan(path: "plans/p.yaml", bytes: Array(text.utf8))
    #expect(plan.forget[0].data == ["plans/forget.jsonl"])
    #expect(plan.forget[0].area == .chemical && plan.forget[0].level == .red)
    #expect(plan.forget[0].objective.layers == [1, 2])
    #expect(plan.forget[0].objective.values["coefficient"] == [3])
    #expect(plan.referenceMemory == 2 << 20 && plan.seeds.order == 9 && plan.slices == 2)
    #expect(plan.parameters == .named(["embedding"]) && plan.boundary == nil)
    let shape = try SmallWorld.model(seed: 1).shape
    // A retain term holds the layers of what is forgotten; usual layers are shares of the depth.
    #expect(plan.retain[0].objective.layers(of: shape, beside: [1, 2]) == [1, 2])
    #expect(plan.retain[0].objective.layers(of: shape) == [0])
  }

  @Test("every objective has a plan, with usual settings or its own") func objectives() throws {
    for kind in Objectives.all {
      let answers = kind.answers == .none ? "" : "answers: a.txt"
      let objective = "{\(kind.name): {\(answers)}}"
      let text =
        kind.role == .forget
        ? SmallRun.plan(objective) : SmallRun.plan("ascent", retain: objective)
      let plan = try UnlearningPlan(path: "p.yaml", bytes: Array(text.utf8))
      let choice = (kind.role == .forget ? plan.forget : plan.retain)[0].objective
      #expect(choice.kind.name == kind.name)
      let shape = try SmallWorld.model(seed: 1).shape
      let made = try choice.objective(shape, seed: 1)
      #expect(type(of: made).name == kind.name)
      #expect(made.layers.isEmpty == !kind.settings.contains { $0.name == "layers" })
      refused(text.replacingOccurrences(of: objective, with: "{\(kind.name): {gamma: 1}}"), "gamma")
    }
    let difference = try UnlearningPlan(
      path: "p.yaml", bytes: Array(SmallRun.plan("gradient_difference").utf8))
    #expect(difference.forget[0].objective.kind.name == GradientAscent.name)
  }

  @Test("refuses what makes no sense, with line and key") func mistakes() {
    refused(SmallRun.plan("nop"), "nop", "npo", "4")
    refused(SmallRun.plan("retain_nll"), "no objective that forgets")
    refused(SmallRun.plan("{npo: {beta: 0}}"), "beta")
    refused(SmallRun.plan("dpo"), "answers")
    refused(SmallRun.plan("gradient_difference", retain: "retain_kl"), "retain_nll")
    refused(SmallRun.plan("{task_vector: {scales: [1, 2]}}"), "several scales")
    refused(SmallRun.plan("{rmu: {layers: [1, 1]}}"), "twice")
    refused(SmallRun.plan("ascent", more: "stepz: 3"), "stepz")
    refused(
      SmallRun.plan("ascent", more: "parameters: [embedding]\nlora: {rank: 1, targets: [q]}"),
      "lora")
    refused(
      SmallRun.plan("ascent").replacingOccurrences(of: "name: items", with: "name: things"),
      "things", "forgotten")
    refused(SmallRun.plan("ascent", more: "schedule: {kind: linear, warmup: 5}"), "warmup")
  }

  @Test("a boundary: metrics, limits and terms are checked") func boundary() throws {
    func constraint(_ text: String) -> String {
      SmallRun.plan("npo", more: "boundary:\n  constraints:\n    - {name: a, \(text)}")
    }
    let files = "dual: d.jsonl, verdict: v.jsonl"
    let good = constraint("term: things, metric: accuracy, at-most: 0.35, \(files)")
    let plan = try UnlearningPlan(path: "p.yaml", bytes: Array(good.utf8))
    #expect(
      plan.boundary?.settings.every == 5 && plan.boundary?.constraints[0].limit == .atMost(0.35))
    refused(constraint("term: things, metric: rouge, at-most: 0.35, \(files)"), "rouge", "accuracy")
    refused(constraint("term: nobody, metric: loss, loses: {share: 0.1}, \(files)"), "nobody")
    refused(constraint("term: items, metric: loss, loses: {points: 1}, \(files)"), "loses")
    refused(constraint("term: items, metric: loss, \(files)"), "at-most")
  }
}
