@testable import Curation
import Foundation
import TestSupport
import Testing

@Suite("Places of the output") struct OutputLayoutTests {
  private let layout = OutputLayout(folder: "/out")

  @Test("where things are is promised to people") func promised() {
    #expect(layout.part("a/b.jsonl.gz") == "/out/corpus/a/b.jsonl.gz")
    #expect(layout.quarantine("a/b.txt") == "/out/quarantine/a/b.txt.jsonl")
    #expect(layout.records("b.jsonl") == "/out/decisions/b.jsonl.records")
    #expect(layout.ids("b.jsonl") == "/out/decisions/b.jsonl.ids")
    #expect(layout.ledger == "/out/ledger.sqlite")
  }

  @Test("no two things stand in one place") func distinct() {
    let names = [
      "a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.txt", "b/a.jsonl", "b.jsonl", "a.jsonl.jsonl",
      "run.json", "corpus/a.jsonl", "decisions/a.jsonl", "seal.txt",
    ]
    var paths = [
      layout.runFile, layout.lockFile, layout.ledgerLockFile, layout.sealFile,
      layout.resolvedFile, layout.ledger,
    ]
    for (index, name) in names.enumerated() {
      paths += [layout.part(name), layout.records(name), layout.ids(name)]
      paths += [layout.quarantine(name), layout.judged(index), layout.judged(index) + ".json"]
      paths += [layout.judged(index) + ".partial", layout.duplicates(index)]
      paths += ["lock", "part", "records", "ids", "quarantine"].map {
        layout.temporary(index, $0)
      }
    }
    #expect(Set(paths).count == paths.count)
    // No file stands where another needs a folder.
    for path in paths { #expect(!paths.contains { $0.hasPrefix(path + "/") }, "\(path)") }
  }

  @Test("--fresh removes all that a run writes") func ownNames() {
    let paths = [
      layout.runFile, layout.ledgerLockFile, layout.work, layout.sealFile, layout.resolvedFile,
      layout.ledger, layout.part("a"), layout.records("a"), layout.ids("a"),
      layout.quarantine("a"), layout.judged(0), layout.duplicates(0), layout.temporary(0, "part"),
    ]
    for path in paths {
      let name = String(path.dropFirst("/out/".count).prefix { $0 != "/" })
      #expect(OutputLayout.ownNames.contains(name), "\(path)")
    }
  }
}
