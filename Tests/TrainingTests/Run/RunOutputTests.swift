import Foundation
import Streams
import TestSupport
import Testing
import Training

@Suite("What is a run's own in its output") struct RunOutputTests {
  /// An output of an invented kind of run, with a mark that no name removes.
  private func attack(_ path: String) -> RunOutput {
    RunOutput(path, names: ["log.jsonl", "model"], mark: ".attack")
  }

  /// An output whose mark is a name of its own.
  private func training(_ path: String) -> RunOutput {
    RunOutput(path, names: [".work", "log.jsonl", "model"], mark: ".work")
  }

  private func write(_ names: [String], _ folder: URL) throws {
    for name in names {
      let file = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(name.utf8).write(to: file)
    }
  }

  @Test("without a mark nothing is removed, with one only what a run of the kind writes")
  func clear() throws {
    try withScratchFolder { folder in
      let output = attack(folder.path)
      let own = [".ledger.json", "log.jsonl", "model/config.json"]
      let others = ["mine.svg", "learning-curve.svg", "log.jsonl.old", "ledger.sqlite"]
      try write(own + others, folder)
      try output.clear()
      #expect(try contents(of: folder).keys.sorted() == (own + others).sorted())
      try write([".attack"], folder)
      try output.clear()
      #expect(try contents(of: folder).keys.sorted() == (others + [".attack"]).sorted())
    }
  }

  @Test("a mark that is removed too leaves nothing that a new run would take for another's")
  func anew() throws {
    try withScratchFolder { folder in
      let output = training(folder.path)
      try output.check()
      try write([".lock", ".work/data.json", "log.jsonl"], folder)
      try LedgerPointer.write(folder.path + "/ledger.sqlite", in: folder.path)
      try output.check()
      try output.clear()
      #expect(try Folder.names(in: folder.path) == [".lock"])
      // A run that is killed here begins anew.
      try output.check()
    }
  }

  @Test(
    "what another kind of run left is foreign, and its pointer to a ledger",
    arguments: [".work/data.json", ".unlearning/x", "run.json", "log.jsonl"])
  func foreign(name: String) throws {
    try withScratchFolder { folder in
      let output = attack(folder.path)
      try write([name], folder)
      let top = name.split(separator: "/")[0]
      #expect(throws: TrainingRunError.foreign(path: "\(folder.path)/\(top)")) {
        try output.check()
      }
      // Where a run of this kind was too, it goes on.
      try write([".attack/x"], folder)
      try output.check()
    }
    try withScratchFolder { folder in
      try LedgerPointer.write("/elsewhere/ledger.sqlite", in: folder.path)
      for output in [attack(folder.path), training(folder.path)] {
        #expect(throws: TrainingRunError.foreign(path: folder.path + "/.ledger.json")) {
          try output.check()
        }
      }
    }
  }

  @Test(
    "the folder that a curation or an unlearning works in is no training run's mark",
    arguments: ["run.json", ".unlearning"])
  func work(mark: String) throws {
    try withScratchFolder { folder in
      let output = training(folder.path)
      try write([mark, ".work/checkpoints/x", "model/config.json"], folder)
      let before = try contents(of: folder)
      #expect(throws: TrainingRunError.foreign(path: "\(folder.path)/\(mark)")) {
        try output.check()
      }
      try output.clear()
      #expect(try contents(of: folder) == before)
    }
  }

  @Test("an output is no folder that is read, and lies in none, also by a link")
  func within() throws {
    try withScratchFolder { folder in
      let base = folder.path + "/base"
      try write(["base/config.json", "base2/x"], folder)
      let link = folder.path + "/link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: base)
      for (output, input) in [
        (base, base), (base + "/", base), (base, base + "/"), (base + "/new/deep", base),
        (folder.path + "/base2/../base", base), (link, base), (link + "/new", base),
        (base + "/new", link),
      ] {
        #expect(throws: TrainingRunError.within(output: output, path: input)) {
          try attack(output).checkOutside([input])
        }
      }
      // Beside it, and above it under a name that no run writes.
      for output in [folder.path + "/base2", folder.path + "/base/../new", folder.path] {
        try attack(output).checkOutside([base])
      }
    }
  }

  @Test("a pattern finds no output, and nothing that a run writes there") func patterns() throws {
    try withScratchFolder { folder in
      let (base, output) = (folder.path, folder.path + "/out")
      for pattern in ["out/*.jsonl", "o*", "*/*.jsonl", "out/lo?.jsonl", "[a-z]ut"] {
        #expect(throws: TrainingRunError.within(output: output, path: "\(base)/\(pattern)")) {
          try attack(output).checkOutside(["\(base)/\(pattern)"])
        }
      }
      for pattern in ["out/*.txt", "data/*.jsonl", "*.jsonl", "out/a*.jsonl"] {
        try attack(output).checkOutside(["\(base)/\(pattern)"])
      }
    }
  }

  @Test("what a run writes or removes is not read; other files may stand in the output")
  func inside() throws {
    try withScratchFolder { folder in
      try write(["log.jsonl", "items.jsonl", "model/config.json", "model2/config.json"], folder)
      let output = attack(folder.path)
      for name in ["log.jsonl", "model", "model/config.json"] {
        let path = "\(folder.path)/\(name)"
        #expect(throws: TrainingRunError.inside(path: path, output: folder.path)) {
          try output.checkOutside([path])
        }
      }
      try output.checkOutside(
        ["items.jsonl", "model2", "*.txt", "absent"].map { "\(folder.path)/\($0)" })
    }
  }

  @Test("refusals are usage, and say what to do next") func words() {
    for error in [
      TrainingRunError.foreign(path: "out/x"), .inside(path: "out/x", output: "out"),
      .within(output: "base/out", path: "base"),
    ] {
      #expect(error.consequence == .usage)
      #expect(error.description.lowercased().contains("name another output"))
    }
  }
}
