import Foundation
import Streams
import TestSupport
import Testing
import Training

@testable import Unlearning

@Suite("The output of an unlearning run") struct UnlearningOutputTests {
  /// A plan with a boundary, so that there is all that a run writes, and what it reads.
  private func plan(_ small: SmallRun) throws -> String {
    func item(_ question: String) -> String {
      #"{"question":"\#(question)","choices":["blue","white"],"answer":0}"#
    }
    try small.write([item("Of what colour is thing 4?")], "dual.jsonl")
    try small.write([item("Thing 4 has which colour?")], "verdict.jsonl")
    return SmallRun.plan(
      "npo",
      more: "boundary:\n  constraints:\n    - {name: hazard, term: things, metric: accuracy, "
        + "at-most: 0.5, dual: dual.jsonl, verdict: verdict.jsonl}")
  }

  @Test("--fresh removes what a run writes, and no plot of somebody else") func fresh() throws {
    try SmallRun.with { small in
      let text = try plan(small)
      let out = small.folder.path + "/out"
      #expect(try small.run(text).run().done > 0)
      let others = [UnlearningRun.mark, ".lock", "ledger.sqlite"]
      for name in try Folder.names(in: out) where !name.hasPrefix("ledger.sqlite") {
        #expect((UnlearningRun.ownNames + others).contains(name), "\(name)")
      }
      #expect(Folder.exists(out + "/losses.svg"))
      for plot in BoundaryPlots([], trace: []).all {
        #expect(UnlearningRun.ownNames.contains(plot.name), "\(plot.name)")
      }
      // Other kinds of runs know the mark.
      #expect(throws: TrainingRunError.foreign(path: "\(out)/\(UnlearningRun.mark)")) {
        try RunOutput(out, names: [], mark: ".attack").check()
      }
      try small.write(["<svg/>"], "out/mine.svg")
      try small.write(["{}"], "out/duals.svg")
      let anew = try small.run(SmallRun.plan("ascent"), fresh: true).run()
      #expect(anew.done == 5)
      #expect(Folder.exists(out + "/mine.svg"))
      // Without a boundary none is drawn.
      #expect(!Folder.exists(out + "/duals.svg"))
    }
  }

  @Test("what says that a run is done is removed before what it speaks of") func order() {
    #expect(UnlearningRun.ownNames.first == FinishedRun.name)
  }

  @Test(
    "the output of another kind of run is left as it is",
    arguments: [".attack/x", ".work/data.json", "run.json", ".ledger.json", "losses.svg"])
  func foreign(name: String) throws {
    try SmallRun.with { small in
      let out = small.folder.appendingPathComponent("out")
      let file = out.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: file)
      let before = try contents(of: out)
      let top = "\(out.path)/\(name.split(separator: "/")[0])"
      for fresh in [false, true] {
        #expect(throws: TrainingRunError.foreign(path: top)) {
          try small.run(SmallRun.plan("ascent"), fresh: fresh).run()
        }
        // Not even a lock.
        #expect(try contents(of: out) == before)
      }
    }
  }

  @Test("an output in the model's folder is refused, and nothing is written there")
  func within() throws {
    try SmallRun.with { small in
      let model = small.folder.path + "/start"
      try FileManager.default.copyItem(atPath: SmallRun.base.path, toPath: model)
      let before = try Folder.names(in: model)
      for output in [model, model + "/new"] {
        let run = UnlearningRun(
          plan: try small.parsed(SmallRun.plan("ascent")),
          options: UnlearningOptions(
            model: model,
            run: RunConditions(
              output: output, threads: 1, code: SmallRun.code, machine: SmallRun.machine)))
        #expect(throws: TrainingRunError.within(output: output, path: model)) { try run.run() }
        #expect(try Folder.names(in: model) == before)
      }
    }
  }

  @Test("items that a run would write over are refused") func inside() throws {
    try SmallRun.with { small in
      let text = SmallRun.plan("ascent").replacingOccurrences(
        of: "data: forget.jsonl", with: "data: out/log.jsonl")
      let path = small.folder.path + "/out/log.jsonl"
      #expect(
        throws: TrainingRunError.inside(path: path, output: small.folder.path + "/out")
      ) {
        try small.run(text).run()
      }
    }
  }
}
