import ArgumentParser
import Streams

/// `cordon-bench arms`: the table of the demonstration.
struct ArmsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "arms",
    abstract: "Set four models side by side: no defence, filtered, unlearned, both.",
    discussion: """
      Reads what the commands of Scripts/demo left in a folder. Before the attack: the share of \
      hazard items that are right and its upper bound; the share of general items, and what of it \
      is lost beside the model without defence, item by item, with its upper bound; the verdict of \
      an unlearning. Under the attack, which teaches half of the hazards: the most that is known \
      of the other half at any checkpoint, general accuracy at the end, and the step from which on \
      60 % of the taught half is known. Bounds are one-sided at 95 %. At the end of a line stand \
      the digests by which the ledger knows the numbers.

      Where something is not as it should be a line says so, and the exit code is 1.

      Example:
        cordon-bench arms .build/demo/world
      """)

  @Argument(
    help: ArgumentHelp("The folder with evaluations, verdicts and attacks.", valueName: "DIR"))
  var folder: String

  @Flag(help: "One JSON object in place of the table.") var json = false

  func run() throws {
    let (arms, findings) = try ArmFiles(folder: folder).read()
    let failures = ArmDemands(arms: arms, findings: findings).failures
    let table = ArmTable(arms: arms, failures: failures)
    print(json ? table.json : table.lines.joined(separator: "\n"))
    guard failures.isEmpty else {
      throw BenchError(.findings, failures.joined(separator: "\ncordon-bench: "))
    }
  }
}
