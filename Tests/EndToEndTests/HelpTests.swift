import Foundation
import TestSupport
import Testing

/// The help texts, held: a changed word is a change that somebody meant.
///
/// `CORDON_RECORD_SNAPSHOTS=1 swift test --filter HelpTests` writes them anew.
@Suite struct HelpTests {
  @Test(
    "help is as recorded",
    arguments: [
      [], ["curate"], ["screen"], ["unlearn"], ["attack"], ["audit"], ["audit", "trace"],
      ["audit", "summary"],
      ["audit", "dump"], ["evaluate"], ["generate"], ["model"], ["model", "inspect"],
      ["model", "verify"],
    ])
  func help(command: [String]) throws {
    let name = (["cordon"] + command).joined(separator: "-")
    let file = Repository.root.appendingPathComponent("Tests/EndToEndTests/Snapshots/\(name).txt")
    let result = try BuiltCommand.run(
      command + ["--help"], environment: ["COLUMNS": "80"])
    #expect(result.status == 0)
    let text = String(decoding: result.stdout, as: UTF8.self)
    if ProcessInfo.processInfo.environment["CORDON_RECORD_SNAPSHOTS"] == "1" {
      try Data(text.utf8).write(to: file)
    }
    #expect(try text == String(contentsOf: file, encoding: .utf8))
    #expect(text.contains("EXAMPLE"))
    #expect(result.stderr.isEmpty)
  }

  @Test("the exit codes of the help are those of the code") func exitCodes() throws {
    let result = try BuiltCommand.run(["--help"])
    let text = String(decoding: result.stdout, as: UTF8.self)
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "70 ", "130 "] {
      #expect(text.contains("\n  \(code)"))
    }
    #expect(try BuiltCommand.run(["--version"]).status == 0)
  }
}
