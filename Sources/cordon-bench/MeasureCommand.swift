import ArgumentParser
import Foundation

/// `cordon-bench measure`: what a command takes.
struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure",
    abstract: "Run a command and say what it took: seconds, CPU seconds, memory.",
    discussion: """
      The command keeps stdin, stdout and stderr; the measurement goes to stderr, or into --report.
      The exit code is the command's.

      Examples:
        cordon-bench measure -- zstd -dc corpus.jsonl.zst > /dev/null
        cordon-bench measure --bytes 307000000 --json --report run.json \\
          -- cordon curate plan.yaml --input in --output out
      """)

  @Option(help: ArgumentHelp("Bytes that the command works through, for CPU s/GB.", valueName: "N"))
  var bytes: Int64?

  @Flag(help: "One JSON object in place of text.") var json = false

  @Option(help: ArgumentHelp("Write the measurement into this file.", valueName: "FILE"))
  var report: String?

  @Argument(parsing: .postTerminator, help: "The command and its arguments, behind --.")
  var command: [String]

  func validate() throws {
    guard !command.isEmpty else { throw ValidationError("Name the command to run behind '--'.") }
    guard bytes ?? 1 > 0 else { throw ValidationError("--bytes must be above 0.") }
  }

  func run() throws {
    let measured = try measure(command)
    let text = json ? jsonText(of: measured) : plainText(of: measured)
    if let report {
      try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: report))
    } else {
      FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
    throw ExitCode(measured.status)
  }

  private func rate(of measured: Measurement) -> Double? {
    bytes.map { measured.cpu / (Double($0) / 1e9) }
  }

  private func plainText(of measured: Measurement) -> String {
    var lines = [
      "wall      \(fixed(measured.wall)) s",
      "CPU       \(fixed(measured.cpu)) s"
        + " (user \(fixed(measured.user)), system \(fixed(measured.system)))",
      "peak RSS  \(fixed(Double(measured.peakMemory) / 1e6)) MB",
    ]
    if let rate = rate(of: measured) { lines.append("CPU s/GB  \(fixed(rate))") }
    if measured.status != 0 { lines.append("exit      \(measured.status)") }
    return lines.joined(separator: "\n")
  }

  private func jsonText(of measured: Measurement) -> String {
    var members = [
      "\"wall\":\(fixed(measured.wall))", "\"user\":\(fixed(measured.user))",
      "\"system\":\(fixed(measured.system))", "\"cpu\":\(fixed(measured.cpu))",
      "\"peakMemory\":\(measured.peakMemory)", "\"status\":\(measured.status)",
    ]
    if let rate = rate(of: measured) { members.append("\"cpuPerGB\":\(fixed(rate))") }
    return "{\(members.joined(separator: ","))}"
  }

  /// A number of at least 0 with three digits behind the point.
  private func fixed(_ value: Double) -> String {
    let thousandths = Int64((value * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.utf8.count)
      + fraction
  }
}
