import Foundation
import TestSupport

/// The `cordon` that was built beside these tests, run as a person runs it.
struct BuiltCommand {
  struct Result {
    var status: Int32
    var wasKilled: Bool
    var stdout: Data
    var stderr: String

    /// The one JSON object on stdout.
    func json() throws -> [String: Any] {
      try JSONSerialization.jsonObject(with: stdout) as? [String: Any] ?? [:]
    }
  }

  static let path: String = {
    let test = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    return URL(fileURLWithPath: test).deletingLastPathComponent()
      .appendingPathComponent("cordon").path
  }()

  /// The bench that was built beside it.
  static let bench = "\(path)-bench"

  /// Runs the command to its end.
  ///
  /// - Parameters:
  ///   - arguments: as they would be typed.
  ///   - environment: added to this process's.
  ///   - input: what stdin holds.
  ///   - prelude: shell commands before it, such as `ulimit -f 8`.
  ///   - program: what is run in its place, such as ``bench``.
  static func run(
    _ arguments: [String], environment: [String: String] = [:], input: Data = Data(),
    prelude: String? = nil, program: String = path
  ) throws -> Result {
    try withScratchFolder { folder in
      let files = ["in", "out", "err"].map { folder.appendingPathComponent($0) }
      try input.write(to: files[0])
      for file in files[1...] { try Data().write(to: file) }
      let process = Process()
      if let prelude {
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", prelude + "; exec \"$0\" \"$@\"", program] + arguments
      } else {
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
      }
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.standardInput = try FileHandle(forReadingFrom: files[0])
      process.standardOutput = try FileHandle(forWritingTo: files[1])
      process.standardError = try FileHandle(forWritingTo: files[2])
      try process.run()
      process.waitUntilExit()
      return Result(
        status: process.terminationStatus,
        wasKilled: process.terminationReason == .uncaughtSignal,
        stdout: try Data(contentsOf: files[1]),
        stderr: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
    }
  }

  /// Curates, and gives the summary; the exit code must be the expected one.
  static func curate(
    _ plan: String, _ inputs: [String], to output: String, expecting status: Int32,
    _ more: [String] = []
  ) throws -> Summary {
    let result = try run(
      ["curate", plan, "--input"] + inputs + ["--output", output, "--json", "--quiet"] + more)
    guard result.status == status else {
      throw UnexpectedStatus(status: result.status, expected: status, stderr: result.stderr)
    }
    return try JSONDecoder().decode(Summary.self, from: result.stdout)
  }
}

struct UnexpectedStatus: Error, CustomStringConvertible {
  var status: Int32
  var expected: Int32
  var stderr: String
  var description: String { "exit \(status), expected \(expected): \(stderr)" }
}

/// What `curate --json` prints.
struct Summary: Decodable, Equatable {
  var run: String
  var read: Int
  var kept: Int
  var dropped: Int
  var duplicate: Int
  var quarantined: Int
  var edited: Int
  var reasons: [String: Int]
  var shards: Int
  var bytesRead: Int
  var bytesKept: Int
  var seconds: Double
  var root: String

  var isBalanced: Bool { read == kept + dropped + duplicate + quarantined }
}

/// Writes a plan into a folder.
func writePlan(_ text: String, in folder: URL, named name: String = "plan.yaml") throws -> String {
  let file = folder.appendingPathComponent(name)
  try Data(text.utf8).write(to: file)
  return file.path
}

/// A plan that keeps what can be read.
let passPlan = """
  plan: pass
  version: 1
  quarantineLimit: 1

  """

/// What must be the same however a run was carried out: parts, decisions, quarantine and ledger.
struct Outcome: Equatable {
  var corpus: [String: Data]
  var decisions: [String: Data]
  var quarantine: [String: Data]
  var ledger: String

  init(of output: URL) throws {
    corpus = try contents(of: output.appendingPathComponent("corpus"))
    decisions = try contents(of: output.appendingPathComponent("decisions"))
    quarantine = try contents(of: output.appendingPathComponent("quarantine"))
    let dump = try BuiltCommand.run(["audit", "dump", "--output", output.path])
    ledger = String(decoding: dump.stdout, as: UTF8.self)
  }
}
