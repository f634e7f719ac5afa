import Foundation
import TestSupport
import Testing

/// What `generate` gives while it works: to a pipe, when it is stopped, and when nobody reads.
@Suite struct StreamedAnswerTests {
  /// A `generate` at work, whose answer would take minutes.
  struct Running {
    let process = Process()
    let output = Pipe()
    let messages = Pipe()

    init(_ model: String, _ arguments: [String]) throws {
      process.executableURL = URL(fileURLWithPath: BuiltCommand.path)
      process.arguments =
        ["generate", model, "--seed", "3", "--ignore-end", "--max-tokens", "400000"] + arguments
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = output
      process.standardError = messages
      try process.run()
    }

    /// The first bytes of the answer, at least so many.
    func first(_ count: Int) -> Data {
      var data = Data()
      while data.count < count {
        let more = output.fileHandleForReading.availableData
        guard !more.isEmpty else { break }
        data += more
      }
      return data
    }

    /// The exit code, and what was said.
    func end() -> (status: Int32, stderr: String) {
      let said = messages.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return (process.terminationStatus, String(decoding: said, as: UTF8.self))
    }
  }

  static func with(_ body: (String, [String]) throws -> Void) throws {
    try TinyCheckpoint.with(context: 500_000) { _, model in
      try body(model, ["--prompt", "Hello"])
      // Ids, where there is no tokenizer.
      try FileManager.default.removeItem(atPath: model + "/tokenizer.json")
      try body(model, ["--prompt-ids", "1,2,3"])
    }
  }

  @Test("what was made stays when it is stopped", arguments: [SIGINT, SIGTERM])
  func stopped(signal: Int32) throws {
    try Self.with { model, prompt in
      let running = try Running(model, prompt)
      var data = running.first(200)
      #expect(running.process.isRunning && data.count >= 200)
      kill(running.process.processIdentifier, signal)
      data += running.output.fileHandleForReading.readDataToEndOfFile()
      let (status, stderr) = running.end()
      #expect(status == 130 && stderr == "cordon: error: stopped before the end\n")
      #expect(data.last == UInt8(ascii: "\n"))
      // The beginning of what the same command gives.
      let short = try BuiltCommand.run(
        ["generate", model, "--seed", "3", "--ignore-end", "--max-tokens", "30"] + prompt)
      #expect(data.starts(with: short.stdout.dropLast(8)) && short.stdout.count > 30)
    }
  }

  @Test("nobody reads: the work ends, without a word") func closed() throws {
    try Self.with { model, prompt in
      let running = try Running(model, prompt)
      #expect(running.first(20).count >= 20)
      try running.output.fileHandleForReading.close()
      let (status, stderr) = running.end()
      #expect(status == 0 && stderr == "")
    }
  }
}
