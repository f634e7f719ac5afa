import Foundation
import TestSupport
import Testing

/// What must end in a clear error, with nothing half-written that looks whole.
@Suite struct RefusalTests {
  private struct Setting {
    var folder: URL
    var plan: String
    var input: URL
    var output: URL

    func curate(_ more: [String] = [], prelude: String? = nil, environment: [String: String] = [:])
      throws -> BuiltCommand.Result
    {
      try BuiltCommand.run(
        ["curate", plan, "--input", input.path, "--output", output.path, "--quiet"] + more,
        environment: environment, prelude: prelude)
    }
  }

  private func withSetting(_ body: (Setting) throws -> Void) throws {
    try withScratchFolder { folder in
      let input = folder.appendingPathComponent("in")
      try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
      for shard in 0..<3 {
        let lines = (0..<200).map {
          #"{"id":"\#(shard)-\#($0)","text":"document \#($0 * 3 + shard)"}"#
        }
        try Data((lines.joined(separator: "\n") + "\n").utf8)
          .write(to: input.appendingPathComponent("\(shard).jsonl"))
      }
      let plan = try writePlan(passPlan, in: folder)
      try body(
        Setting(
          folder: folder, plan: plan, input: input, output: folder.appendingPathComponent("out")))
    }
  }

  private func parts(_ setting: Setting) throws -> [String: Data] {
    try contents(of: setting.output.appendingPathComponent("corpus"))
  }

  @Test("a full disk ends with 4; what stands in corpus is whole; the same command resumes")
  func fullDisk() throws {
    try withSetting { setting in
      var sawFull = false
      for kibibytes in [1, 4, 8, 40] {
        let result = try setting.curate(prelude: "ulimit -f \(kibibytes)")
        #expect([0, 4].contains(result.status), "\(kibibytes): \(result.stderr)")
        sawFull = sawFull || result.status == 4
        if result.status == 4 { #expect(result.stderr.contains("the same command again")) }
        for (name, part) in try parts(setting) {
          #expect(try part == Data(contentsOf: setting.input.appendingPathComponent(name)))
        }
      }
      #expect(sawFull)
      #expect(try setting.curate().status == 0)
      #expect(try parts(setting) == contents(of: setting.input))
    }
  }

  @Test("an output that cannot be written ends with 2 and names it") func unwritable() throws {
    try withSetting { setting in
      let result = try BuiltCommand.run([
        "curate", setting.plan, "--input", setting.input.path, "--output", "/proc/cordon",
      ])
      #expect(result.status == 2)
      #expect(result.stderr.contains("/proc/cordon"))
      let file = setting.folder.appendingPathComponent("a-file")
      try Data("x".utf8).write(to: file)
      let second = try BuiltCommand.run([
        "curate", setting.plan, "--input", setting.input.path, "--output", file.path,
      ])
      #expect(second.status == 2)
    }
  }

  @Test("a folder with other things in it is not written to") func foreign() throws {
    try withSetting { setting in
      try FileManager.default.createDirectory(
        at: setting.output, withIntermediateDirectories: true)
      try Data("mine".utf8).write(to: setting.output.appendingPathComponent("thesis.txt"))
      let result = try setting.curate()
      #expect(result.status == 2)
      #expect(result.stderr.contains("not empty"))
      #expect(try setting.curate(["--fresh"]).status == 2)
      #expect(
        FileManager.default.fileExists(
          atPath: setting.output.appendingPathComponent("thesis.txt").path))
    }
  }

  @Test("a finished run answers again with the same sums") func second() throws {
    try withSetting { setting in
      let first = try setting.curate(["--json"])
      let before = try Outcome(of: setting.output)
      let again = try setting.curate(["--json"])
      #expect(first.status == 0)
      #expect(again.status == 0)
      let sums = try [first, again].map {
        try JSONDecoder().decode(Summary.self, from: $0.stdout)
      }
      #expect(sums[0].root == sums[1].root)
      #expect(sums[0].read == sums[1].read)
      #expect(try Outcome(of: setting.output) == before)
      // A part that is gone is noticed.
      try FileManager.default.removeItem(
        at: setting.output.appendingPathComponent("corpus/1.jsonl"))
      let missing = try setting.curate()
      #expect(missing.status == 2)
      #expect(missing.stderr.contains("corpus/1.jsonl"))
    }
  }

  @Test("a run that another process holds ends with 4") func locked() throws {
    try withSetting { setting in
      let held =
        "mkdir -p '\(setting.output.path)'; exec 9>'\(setting.output.path)/.lock'; flock -x 9"
      let result = try setting.curate(prelude: held)
      #expect(result.status == 4)
      #expect(result.stderr.contains("another run"))
    }
  }

  @Test("a changed plan or input ends with 2, names it and --fresh; --fresh starts anew")
  func changed() throws {
    try withSetting { setting in
      #expect(try setting.curate().status == 0)
      try Data((passPlan + "duplicates: {exact: true}\n").utf8)
        .write(to: URL(fileURLWithPath: setting.plan))
      let plan = try setting.curate()
      #expect(plan.status == 2)
      #expect(plan.stderr.contains("the plan"))
      #expect(plan.stderr.contains("--fresh"))
      #expect(try setting.curate(["--fresh"]).status == 0)
      let handle = try FileHandle(forWritingTo: setting.input.appendingPathComponent("1.jsonl"))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"text\":\"new\"}\n".utf8))
      try handle.close()
      let input = try setting.curate()
      #expect(input.status == 2)
      #expect(input.stderr.contains("1.jsonl"))
      #expect(try setting.curate(["--fresh"]).status == 0)
    }
  }

  @Test("an input that changes between judging and writing is never written")
  func changedBetween() throws {
    try withSetting { setting in
      for stage in ["judge", "resolve"] {
        #expect(try setting.curate(["--stage", stage]).status == 0)
      }
      // Same size, same times: only the bytes tell.
      let file = setting.input.appendingPathComponent("2.jsonl")
      let times = try FileManager.default.attributesOfItem(atPath: file.path)
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count - 5] ^= 1
      try bytes.write(to: file)
      try FileManager.default.setAttributes(
        [.modificationDate: times[.modificationDate] as Any], ofItemAtPath: file.path)
      let result = try setting.curate()
      #expect(result.status == 2)
      #expect(result.stderr.contains("2.jsonl"))
      #expect(try parts(setting)["2.jsonl"] == nil)
    }
  }

  @Test("missing input is 3, an unknown name 2, an unknown key 2 with its line")
  func mistakes() throws {
    try withSetting { setting in
      let missing = try BuiltCommand.run([
        "curate", setting.plan, "--input", "/nowhere/x.jsonl", "--output", setting.output.path,
      ])
      #expect(missing.status == 3)
      #expect(missing.stderr.contains("/nowhere/x.jsonl"))
      let other = setting.folder.appendingPathComponent("data.csv")
      try Data("a,b".utf8).write(to: other)
      let unknown = try BuiltCommand.run([
        "curate", setting.plan, "--input", other.path, "--output", setting.output.path,
      ])
      #expect(unknown.status == 2)
      let plan = try writePlan("plan: p\nversion: 1\nscreenz: []\n", in: setting.folder)
      let key = try BuiltCommand.run([
        "curate", plan, "--input", setting.input.path, "--output", setting.output.path,
      ])
      #expect(key.status == 2)
      #expect(key.stderr.contains("plan.yaml:3"))
      #expect(key.stderr.contains("screenz"))
      #expect(try BuiltCommand.run(["curate"]).status == 2)
      #expect(try BuiltCommand.run(["frobnicate"]).status == 2)
    }
  }

  @Test("--fresh touches nothing where other files stand, nor an input in the output")
  func freshIsCareful() throws {
    try withSetting { setting in
      #expect(try setting.curate().status == 0)
      let before = try Outcome(of: setting.output)
      let notes = setting.output.appendingPathComponent("notes.txt")
      try Data("mine".utf8).write(to: notes)
      let refused = try setting.curate(["--fresh"])
      #expect(refused.status == 2)
      #expect(refused.stderr.contains("notes.txt"))
      #expect(try Outcome(of: setting.output) == before)
      try FileManager.default.removeItem(at: notes)
      let own = try BuiltCommand.run([
        "curate", setting.plan, "--input", setting.output.appendingPathComponent("corpus").path,
        "--output", setting.output.path, "--fresh",
      ])
      #expect(own.status == 2)
      #expect(try Outcome(of: setting.output) == before)
      let inside = try BuiltCommand.run([
        "curate", setting.plan, "--input", setting.input.path, "--output",
        setting.input.appendingPathComponent("out").path,
      ])
      #expect(inside.status == 2)
    }
  }

  @Test("a touched input resumes, if its bytes are the same") func touched() throws {
    try withSetting { setting in
      let killed = try setting.curate(environment: ["CORDON_CRASH_AT": "60"])
      #expect(killed.wasKilled)
      for shard in 0..<3 {
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSince1970: 1_000_000_000)],
          ofItemAtPath: setting.input.appendingPathComponent("\(shard).jsonl").path)
      }
      #expect(try setting.curate().status == 0)
      #expect(try parts(setting) == contents(of: setting.input))
      // A finished run notices another content of the same size.
      let file = setting.input.appendingPathComponent("1.jsonl")
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count - 5] ^= 1
      try bytes.write(to: file)
      let changed = try setting.curate()
      #expect(changed.status == 2)
      #expect(changed.stderr.contains("1.jsonl"))
    }
  }

  @Test("a named pipe among the shards is refused, not waited for") func namedPipe() throws {
    try withSetting { setting in
      let result = try setting.curate(prelude: "mkfifo '\(setting.input.path)/pipe.jsonl'")
      #expect(result.status == 3)
      #expect(result.stderr.contains("pipe.jsonl"))
    }
  }

  @Test("a result that cannot be written is an error") func fullStdout() throws {
    try withSetting { setting in
      let result = try setting.curate(["--json"], prelude: "exec > /dev/full")
      #expect(result.status == 4)
    }
  }

  @Test("--dry-run writes nothing") func dryRun() throws {
    try withSetting { setting in
      let result = try setting.curate(["--dry-run"])
      #expect(result.status == 0)
      #expect(!FileManager.default.fileExists(atPath: setting.output.path))
    }
  }

  @Test("SIGINT ends with 130 within a second's work, and the same command resumes")
  func interrupted() throws {
    try withSetting { setting in
      // The signal comes at the third file operation, wherever that is.
      let result = try BuiltCommand.run(
        ["curate", setting.plan, "--input", setting.input.path, "--output", setting.output.path],
        environment: ["CORDON_INTERRUPT_AT": "3"])
      #expect(result.status == 130)
      #expect(result.stderr.contains("resumes"))
      #expect(try setting.curate().status == 0)
      #expect(try parts(setting) == contents(of: setting.input))
    }
  }
}
