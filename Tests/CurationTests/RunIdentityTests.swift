@testable import Corpus
@testable import Curation
import Foundation
import Ledger
import Streams
import TestSupport
import Testing

@Suite("What a run is") struct RunIdentityTests {
  private let shards = [Example.shard("a.jsonl"), Example.shard("b/c.jsonl")]

  private func identity(
    _ folder: URL, plan: String = Example.plan, shards: [Shard]? = nil,
    code: CodeVersion = Example.code
  ) throws -> RunIdentity {
    RunIdentity(try Example.plan(plan, in: folder), shards ?? self.shards, code)
  }

  @Test("the same run has the same name and no changes") func same() throws {
    try withScratchFolder { folder throws in
      let first = try identity(folder)
      let second = try identity(folder)
      #expect(first == second)
      #expect(first.bytes == second.bytes)
      #expect(second.changes(since: first).isEmpty)
      #expect(first.run.utf8.count == 16)
      #expect(first.run.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
    }
  }

  @Test("whatever decides the output changes the name, and is told") func changes() throws {
    try withScratchFolder { folder throws in
      let first = try identity(folder)
      var others: [(RunIdentity, [String])] = []
      // The words of a plan count, not only what they mean.
      others.append((try identity(folder, plan: Example.plan + "\n# note\n"), ["the plan"]))
      let code = Example.code
      for change in [
        CodeVersion(
          version: "0.2", binary: code.binary, swift: code.swift, libraries: code.libraries),
        CodeVersion(
          version: "0.1", binary: .zero, swift: code.swift, libraries: code.libraries),
        CodeVersion(
          version: "0.1", binary: code.binary, swift: code.swift, libraries: "zlib 2"),
      ] {
        others.append(
          (try identity(folder, code: change), ["the cordon binary or its libraries"]))
      }
      for list in [[shards[0]], shards + [Example.shard("d.jsonl")], [shards[1], shards[0]]] {
        others.append((try identity(folder, shards: list), ["the list of input shards"]))
      }
      let longer = [shards[0], Example.shard("b/c.jsonl", size: 11)]
      others.append((try identity(folder, shards: longer), ["the input shard b/c.jsonl"]))
      var pack = try identity(folder)
      pack.packs[0].sha256 = Example.digest("another body").hex
      pack.begin(generation: 0)
      others.append((pack, ["a pack"]))
      for (other, words) in others {
        #expect(other.run != first.run, "\(words)")
        #expect(other.changes(since: first) == words)
        #expect(first.changes(since: other).count == 1)
      }
      #expect(Set(others.map(\.0.run)).count == others.count)
    }
  }

  @Test("a pack's bytes are part of the run") func packs() throws {
    try withScratchFolder { folder throws in
      let first = try identity(folder)
      try Example.write(Example.pack + "\n# note\n", "pack.yaml", in: folder)
      let plan = try CurationPlan(path: folder.path + "/plan.yaml")
      let second = RunIdentity(plan, shards, Example.code)
      #expect(second.changes(since: first) == ["a pack"])
      #expect(second.run != first.run)
    }
  }

  @Test("the time of a file is no change, its size is") func times() throws {
    try withScratchFolder { folder throws in
      let first = try identity(folder)
      let touched = [shards[0], Example.shard("b/c.jsonl", modified: 21)]
      let second = try identity(folder, shards: touched)
      #expect(second.run == first.run)
      #expect(second.changes(since: first) == [])
    }
  }

  @Test("a run begun again has its number behind its name") func generations() throws {
    try withScratchFolder { folder throws in
      let first = try identity(folder)
      var again = first
      for generation in [1, 12, 0, 3] {
        again.begin(generation: generation)
        #expect(again.run == first.run + (generation == 0 ? "" : "-\(generation)"))
        #expect(again.generation == generation)
      }
      #expect(again.changes(since: first).isEmpty)
    }
  }

  @Test("it is read back from the output folder, or refused") func storage() throws {
    try withScratchFolder { folder throws in
      let layout = OutputLayout(folder: folder.path)
      #expect(try RunIdentity.read(layout) == nil)
      var identity = try identity(folder)
      identity.begin(generation: 2)
      try identity.write(layout)
      #expect(try RunIdentity.read(layout) == identity)
      #expect(!Folder.exists(layout.runFile + ".partial"))
      for damaged in ["", "{}", "[]", "not JSON", String(repeating: "x", count: 3000)] {
        try Example.write(damaged, "run.json", in: folder)
        let error = #expect(throws: CurationError.self) { try RunIdentity.read(layout) }
        #expect(error?.code == .foreignOutput)
        #expect(error?.description.contains("--fresh") == true)
        #expect(error?.consequence == .usage)
      }
    }
  }
}
