import Foundation
import TestSupport
import Testing

/// What was resolved is proved before it is written: a lost file must not let duplicates pass.
@Suite struct DamagedWorkTests {
  @Test(
    "resolutions that are cut, changed or gone end the run with exit 2",
    arguments: ["cut", "changed", "gone", "grown"])
  func resolutions(damage: String) throws {
    try withScratchFolder { folder in
      let input = folder.appendingPathComponent("in")
      try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
      let texts = ["one text", "one text", "another", "one text", "another"]
      try Data(texts.map { #"{"text":"\#($0)"}"# + "\n" }.joined().utf8)
        .write(to: input.appendingPathComponent("a.jsonl"))
      let plan = try writePlan(
        "plan: p\nversion: 1\nduplicates: {exact: true, near: {}}\n", in: folder)
      let output = folder.appendingPathComponent("out")
      func stage(_ name: String) throws -> BuiltCommand.Result {
        try BuiltCommand.run([
          "curate", plan, "--input", input.path, "--output", output.path, "--quiet", "--stage",
          name,
        ])
      }
      #expect(try stage("judge").status == 0)
      #expect(try stage("resolve").status == 0)
      let file = output.appendingPathComponent(".work/resolved/0.duplicates")
      let content = try Data(contentsOf: file)
      #expect(content.count == 3 * 64)
      switch damage {
      case "cut": try content.dropLast(64).write(to: file)
      case "changed":
        var other = content
        other[other.startIndex + 8] ^= 1
        try other.write(to: file)
      case "gone": try FileManager.default.removeItem(at: file)
      default: try (content + content.suffix(64)).write(to: file)
      }
      let refused = try stage("write")
      #expect(refused.status == 2)
      #expect(refused.stderr.contains("is damaged; start anew with --fresh"), "\(refused.stderr)")
      try content.write(to: file)
      #expect(try stage("write").status == 0)
    }
  }
}
