import Foundation
import Streams
import TestSupport
import Testing
import Training

@testable import Unlearning

@Suite("What a boundary kept") struct KeptCheckpointTests {
  private func run(
    _ small: SmallRun, observer: UnlearningObserver = UnlearningObserver()
  ) throws -> UnlearningRun {
    func item(_ index: Int) -> String {
      #"{"question":"Of what colour is thing \#(index)?","choices":["blue","white"],"answer":0}"#
    }
    try small.write((0..<4).map(item), "dual.jsonl")
    try small.write((4..<9).map(item), "verdict.jsonl")
    let text = SmallRun.plan(
      "npo",
      more: "checkpoints: {every: 1, last: 5}\nboundary:\n  every: 1\n  constraints:\n"
        + "    - {name: hazard, term: things, metric: accuracy, at-most: 0.5, dual: dual.jsonl, "
        + "verdict: verdict.jsonl}")
    return UnlearningRun(
      plan: try small.parsed(text),
      options: UnlearningOptions(
        model: SmallRun.base.path,
        run: RunConditions(
          output: small.folder.path + "/out", ledger: small.folder.path + "/l.sqlite", threads: 1,
          code: SmallRun.code, machine: SmallRun.machine)),
      observer: observer)
  }

  @Test("is looked at before a run goes on", arguments: [true, false])
  func damaged(isRemoved: Bool) throws {
    try SmallRun.with { small in
      let (out, ledger) = (small.folder.path + "/out", small.folder.path + "/l.sqlite")
      // A run that comes to its last step, and not to its end.
      let observer = UnlearningObserver(step: { report in
        guard report.step == 5 else { return }
        try? Folder.remove(ledger)
        try? Folder.make(ledger)
      })
      #expect(throws: (any Error).self) { try run(small, observer: observer).run() }
      try Folder.remove(ledger)
      // The step before it is what the next one goes on from.
      try Folder.remove(out + "/checkpoints/" + CheckpointStore.name(ofStep: 5))
      let kept = out + "/.work/checkpoints"
      let steps = try CheckpointStore.steps(in: kept)
      try #require(!steps.isEmpty)
      for step in steps {
        let folder = "\(kept)/\(CheckpointStore.name(ofStep: step))"
        if isRemoved {
          try Folder.remove(folder)
        } else {
          try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/model.safetensors"))
        }
      }
      var taken = 0
      let counter = UnlearningObserver(step: { _ in taken += 1 })
      let error = #expect(throws: CheckpointStoreError.self) {
        try run(small, observer: counter).run()
      }
      #expect(error?.code == .kept)
      #expect(error?.description.contains("--fresh") == true)
      #expect(taken == 0)
    }
  }
}
