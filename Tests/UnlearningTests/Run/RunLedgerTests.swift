import Foundation
import Ledger
import Streams
import TestSupport
import Testing
import Training

@testable import Unlearning

@Suite("The ledger of an unlearning run") struct RunLedgerTests {
  private func run(
    _ small: SmallRun, ledger: String, observer: UnlearningObserver = UnlearningObserver()
  ) throws -> UnlearningRun {
    UnlearningRun(
      plan: try small.parsed(SmallRun.plan("ascent")),
      options: UnlearningOptions(
        model: SmallRun.base.path,
        run: RunConditions(
          output: small.folder.path + "/out", ledger: ledger, threads: 1, code: SmallRun.code,
          machine: SmallRun.machine)),
      observer: observer)
  }

  @Test(
    "what is no ledger is refused before the first step, and gets no lock",
    arguments: ["nowhere/l.sqlite", "sub", "text.txt", "damaged.sqlite"])
  func refused(name: String) throws {
    try SmallRun.with { small in
      let path = small.folder.path + "/" + name
      try Folder.make(small.folder.path + "/sub")
      try small.write(["this is no ledger"], "text.txt")
      let damaged = Data("SQLite format 3\0".utf8) + Data(repeating: 0xFF, count: 4_096)
      try damaged.write(to: small.folder.appendingPathComponent("damaged.sqlite"))
      var steps = 0
      do {
        let observer = UnlearningObserver(step: { _ in steps += 1 })
        _ = try run(small, ledger: path, observer: observer).run()
        Issue.record("nothing was refused")
      } catch let error as any CordonError {
        #expect(error.consequence == .usage)
        #expect(error.description.contains(path), "\(error)")
        // What looks like SQLite the ledger itself refuses.
        let isOurs = name != "damaged.sqlite"
        #expect(error.description.contains("check --ledger") == isOurs, "\(error)")
      }
      #expect(steps == 0)
      #expect(!Folder.exists(path + ".lock"))
      #expect(!Folder.exists(small.folder.path + "/out/checkpoints"))
      #expect(!Folder.exists(small.folder.path + "/nowhere"))
    }
  }

  @Test("no model gets its name before the ledger has the run") func order() throws {
    try SmallRun.with { small in
      let (out, path) = (small.folder.path + "/out", small.folder.path + "/l.sqlite")
      // The ledger is there from the beginning, and goes away behind the last step.
      var wasThere = false
      let observer = UnlearningObserver(step: { report in
        guard report.step == 5 else { return }
        wasThere = Folder.exists(path)
        try? Folder.remove(path)
        try? Folder.make(path)
      })
      #expect(throws: LedgerError.self) {
        try run(small, ledger: path, observer: observer).run()
      }
      #expect(wasThere)
      #expect(!Folder.exists(out + "/model") && !Folder.exists(out + "/verdict.json"))
      try Folder.remove(path)
      let outcome = try run(small, ledger: path).run()
      #expect(outcome.done == 0 && outcome.model == out + "/model")
      #expect(Folder.exists(out + "/model/config.json") && !Folder.exists(out + "/.work"))
      #expect(try Ledger(reading: path).unlearnings().first?.result != nil)
      // A run that was killed before its model got its name.
      try Folder.make(out + "/.work")
      try Folder.rename(out + "/model", to: out + "/.work/model")
      #expect(try run(small, ledger: path).run().model == out + "/model")
      #expect(Folder.exists(out + "/model/config.json") && !Folder.exists(out + "/.work"))
    }
  }

  @Test("what is refused takes nothing away, also where a run would begin anew") func kept() throws
  {
    try SmallRun.with { small in
      let out = small.folder.path + "/out"
      #expect(try run(small, ledger: small.folder.path + "/l.sqlite").run().done == 5)
      let before = try contents(of: small.folder.appendingPathComponent("out"))
      let damaged = Data("SQLite format 3\0".utf8) + Data(repeating: 0xFF, count: 4_096)
      let file = small.folder.appendingPathComponent("damaged.sqlite")
      try damaged.write(to: file)
      func anew(_ plan: UnlearningPlan, ledger: String) -> UnlearningRun {
        UnlearningRun(
          plan: plan,
          options: UnlearningOptions(
            model: SmallRun.base.path,
            run: RunConditions(
              output: out, ledger: ledger, threads: 1, fresh: true, code: SmallRun.code,
              machine: SmallRun.machine)))
      }
      #expect(throws: LedgerError.self) {
        try anew(small.parsed(SmallRun.plan("ascent")), ledger: file.path).run()
      }
      #expect(throws: UnlearningError.self) {
        try anew(
          small.parsed(SmallRun.plan("ascent", more: "memory: 1MiB")),
          ledger: small.folder.path + "/l.sqlite"
        ).run()
      }
      // A name that the run itself writes is no ledger's.
      #expect(throws: TrainingRunError.inside(path: out + "/adapter", output: out)) {
        try run(small, ledger: out + "/adapter").run()
      }
      #expect(try contents(of: small.folder.appendingPathComponent("out")) == before)
      try Folder.remove(out + "/model")
      #expect(throws: UnlearningError.gone(model: out + "/model")) {
        try run(small, ledger: small.folder.path + "/l.sqlite").run()
      }
    }
  }

  @Test("a ledger that another process writes is not waited for before the steps") func locked()
    throws
  {
    try withScratchFolder { folder in
      let ledger = RunLedger(path: folder.path + "/l.sqlite")
      let lock = try FileLock(path: ledger.lockPath)
      try withExtendedLifetime(lock) { try ledger.check() }
      #expect(!Folder.exists(ledger.path) && Folder.exists(ledger.lockPath))
    }
  }
}
