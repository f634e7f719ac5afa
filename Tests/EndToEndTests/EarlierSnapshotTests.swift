import Foundation
import Streams
import TestSupport
import Testing

/// A new crawl is compared with what earlier snapshots keep.
@Suite struct EarlierSnapshotTests {
  private static let words = (0..<60).map { "word\($0)" }

  /// A text of sixty words, with some of them replaced.
  private static func text(_ prefix: String, replacing places: Range<Int> = 0..<0) -> String {
    words.enumerated().map {
      places.contains($0.offset) ? "other\($0.offset)" : prefix + $0.element
    }
    .joined(separator: " ")
  }

  private struct Crawls {
    var folder: URL
    var firstOutput: URL
    var secondInput: URL

    /// Curates a first crawl of five documents, two of them not kept.
    init(in folder: URL, compression: Compression = .none) throws {
      self.folder = folder
      firstOutput = folder.appendingPathComponent("first")
      secondInput = folder.appendingPathComponent("new")
      let input = folder.appendingPathComponent("old")
      for path in [input, secondInput] {
        try FileManager.default.createDirectory(at: path, withIntermediateDirectories: true)
      }
      let old = [
        text("a"), text("b"), text("a"), text("c") + " veltrin", "short",
      ].enumerated().map { #"{"id":"old-\#($0.offset)","text":"\#($0.element)"}"# + "\n" }
      let block = ByteBlock(capacity: 1 << 16)
      try Array(old.joined().utf8).withUnsafeBytes {
        try FrameEncoder(compression).encode($0, into: block)
      }
      try Data(block.bytes).write(to: input.appendingPathComponent("crawl.jsonl"))
      let new = [
        text("b"), text("a", replacing: 3..<4), text("c"), text("d"),
        text("d", replacing: 10..<11), "Short!", "",
      ].enumerated().map { #"{"id":"new-\#($0.offset)","text":"\#($0.element)"}"# + "\n" }
      try Data(new.joined().utf8).write(to: secondInput.appendingPathComponent("crawl.jsonl"))
      try Data("veltrin\n".utf8).write(to: folder.appendingPathComponent("terms.txt"))
      let plan = try writePlan(
        "plan: old\nversion: 1\nfields: {id: id}\nscreens:\n  - blocklist: terms.txt\n"
          + "duplicates: {exact: true}\n", in: folder, named: "old.yaml")
      let summary = try BuiltCommand.curate(
        plan, [input.path], to: firstOutput.path, expecting: 0)
      #expect(summary.kept == 3)
    }

    func plan(_ duplicates: String = "exact: true, near: {}", _ more: String = "") throws -> String
    {
      try writePlan(
        "plan: new\nversion: 1\nfields: {id: id}\n\(more)"
          + "duplicates: {\(duplicates), against: [first/ledger.sqlite]}\n", in: folder)
    }

    func trace(_ id: String, in output: URL) throws -> [String: Any] {
      let result = try BuiltCommand.run([
        "audit", "trace", "--output", output.path, "--id", id, "--json",
      ])
      let traces = try JSONSerialization.jsonObject(with: result.stdout) as? [[String: Any]]
      return try #require(traces?.first, "\(result.stderr)")
    }
  }

  @Test(
    "what an earlier snapshot keeps is not kept again", arguments: [Compression.none, .zstd])
  func against(compression: Compression) throws {
    try withScratchFolder { folder in
      let crawls = try Crawls(in: folder, compression: compression)
      let output = folder.appendingPathComponent("second")
      let summary = try BuiltCommand.curate(
        crawls.plan(), [crawls.secondInput.path], to: output.path, expecting: 0)
      #expect(summary.reasons == ["exact-duplicate": 1, "near-duplicate": 3])
      #expect(summary.kept == 3 && summary.isBalanced)
      let first = try #require(
        try BuiltCommand.run(["audit", "summary", "--output", crawls.firstOutput.path, "--json"])
          .json()["run"] as? String)
      let copy = try crawls.trace("new-0", in: output)
      #expect(copy["duplicateOf"] as? String == "\(first)/crawl.jsonl:1")
      let near = try crawls.trace("new-1", in: output)
      #expect(near["reason"] as? String == "near-duplicate")
      #expect(near["nearTo"] as? String == "\(first)/crawl.jsonl:0")
      #expect(near["sharedShingles"] as? Int == 52)
      #expect(near["unitedShingles"] as? Int == 60)
      // The old hazard is not in the old corpus, and the old plan is not the new one.
      #expect(try crawls.trace("new-2", in: output)["verdict"] as? String == "kept")
      // Among themselves the new documents are compared as ever.
      let inside = try crawls.trace("new-4", in: output)
      #expect(inside["duplicateOf"] as? String == "crawl.jsonl:3")
      let short = try crawls.trace("new-5", in: output)
      #expect(short["duplicateOf"] as? String == "\(first)/crawl.jsonl:2")
    }
  }

  @Test("what an earlier snapshot keeps survives, even near a new hazard") func nearNewHazard()
    throws
  {
    try withScratchFolder { folder in
      let crawls = try Crawls(in: folder)
      // A hazard near the old document a, and a near copy of a that is not near the hazard.
      let new = [
        Self.text("a", replacing: 20..<21) + " veltrin", Self.text("a", replacing: 45..<46),
      ].enumerated().map { #"{"id":"new-\#($0.offset)","text":"\#($0.element)"}"# + "\n" }
      try Data(new.joined().utf8)
        .write(to: crawls.secondInput.appendingPathComponent("crawl.jsonl"))
      let output = folder.appendingPathComponent("second")
      let plan = try crawls.plan(
        "exact: true, near: {jaccard: 0.8}", "screens:\n  - blocklist: terms.txt\n")
      let result = try BuiltCommand.run([
        "curate", plan, "--input", crawls.secondInput.path, "--output", output.path, "--json",
        "--quiet",
      ])
      #expect(result.status == 0, "\(result.stderr)")
      #expect(try crawls.trace("new-0", in: output)["verdict"] as? String == "dropped")
      let copy = try crawls.trace("new-1", in: output)
      #expect(copy["verdict"] as? String == "duplicate")
      #expect((copy["duplicateOf"] as? String)?.hasSuffix("/crawl.jsonl:0") == true)
      let measures = try result.json()["measures"] as? [String: Int]
      #expect(measures?["earlierNearHazards"] == 1)
    }
  }

  @Test("only exact copies, where the plan asks for no more") func exactOnly() throws {
    try withScratchFolder { folder in
      let crawls = try Crawls(in: folder)
      let output = folder.appendingPathComponent("second")
      let summary = try BuiltCommand.curate(
        crawls.plan("exact: true"), [crawls.secondInput.path], to: output.path, expecting: 0)
      #expect(summary.reasons == ["exact-duplicate": 1])
    }
  }

  @Test("a part that is not what its ledger says is no ground for a comparison") func changed()
    throws
  {
    try withScratchFolder { folder in
      let crawls = try Crawls(in: folder)
      let part = crawls.firstOutput.appendingPathComponent("corpus/crawl.jsonl")
      let content = try Data(contentsOf: part)
      func curate(_ name: String, _ more: String = "") throws -> BuiltCommand.Result {
        try BuiltCommand.run([
          "curate", crawls.plan("exact: true, near: {}", more), "--input", crawls.secondInput.path,
          "--output", folder.appendingPathComponent(name).path, "--quiet",
        ])
      }
      var other = content
      other[30] ^= 1
      try other.write(to: part)
      let changed = try curate("changed")
      #expect(changed.status == 2)
      #expect(changed.stderr.contains("corpus/crawl.jsonl"), "\(changed.stderr)")
      try FileManager.default.removeItem(at: part)
      let missing = try curate("missing")
      #expect(missing.status == 2)
      #expect(missing.stderr.contains("missing"), "\(missing.stderr)")
      try content.write(to: part)
      #expect(try curate("restored").status == 0)
      let plan = try String(contentsOfFile: crawls.plan(), encoding: .utf8)
        .replacingOccurrences(of: "{id: id}", with: "{id: id, text: body}")
      let result = try BuiltCommand.run([
        "curate", writePlan(plan, in: folder, named: "body.yaml"), "--input",
        crawls.secondInput.path, "--output", folder.appendingPathComponent("body").path,
      ])
      #expect(result.status == 2, "records that the plan cannot read were compared with nothing")
      #expect(result.stderr.contains("fields"), "\(result.stderr)")
    }
  }
}
