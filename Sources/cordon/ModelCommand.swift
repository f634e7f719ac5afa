internal import ArgumentParser
internal import Foundation
internal import Language
internal import Streams

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Look at a model, or hold this build's arithmetic against a reference.",
    discussion: """
      EXAMPLE
        cordon model inspect models/pythia
        cordon model verify models/tiny --golden models/tiny/expected.safetensors
      """,
    subcommands: [InspectCommand.self, VerifyCommand.self])
}

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare logits, gradients, training steps and greedy tokens with a reference.",
    discussion: """
      The reference is a safetensors file: input_ids, labels [B, T]; logits [B, T, V]; loss; \
      sequence_nll [B]; hidden.L [B, T, D] behind block L; grad.NAME; adamw.NAME after three steps \
      (rate 1e-3, decay 0.01, clipped to 1); greedy [B, n] behind the first 8 tokens. Prints each \
      error beside its tolerance; when one is over, the exit code is 1.

      EXAMPLE
        cordon model verify models/tiny --golden models/tiny/expected.safetensors
      """)

  @Argument(help: ArgumentHelp("The model's folder.", valueName: "model"))
  var folder: String

  @Option(
    name: .long,
    help: ArgumentHelp("What a correct implementation gives (safetensors).", valueName: "file"))
  var golden: String

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "One JSON object on stdout.")
  var json = false

  @Flag(name: .long, help: "Only what is over its tolerance.")
  var quiet = false

  func run() throws {
    let watch = StopWatch {}
    defer { watch.disarm() }
    try ModelOptions.check(folder: folder)
    let model = try LanguageModel.load(folder: folder)
    let verification = try ModelVerification(model, against: golden, on: threads.workers())
    if json {
      try Console.result(text(verification).text)
    } else {
      let shown = verification.findings.filter { !quiet || !$0.isMet }
      if !shown.isEmpty { try Console.result(table(shown)) }
    }
    let over = verification.findings.filter { !$0.isMet }
    guard verification.isMet else {
      throw Findings(lines: [
        "\(over.count) of \(verification.findings.count) comparisons are over their tolerance"
      ])
    }
  }

  private func table(_ findings: [ModelVerification.Finding]) -> String {
    let width = findings.map(\.name.count).max() ?? 0
    return findings.map { finding in
      let name = finding.name.padding(toLength: width, withPad: " ", startingAt: 0)
      return name + String(format: "  %9.2e  of %7.0e  ", finding.error, finding.tolerance)
        + (finding.isMet ? "ok" : "OVER")
    }.joined(separator: "\n")
  }

  private func text(_ verification: ModelVerification) -> JSONText {
    var text = JSONText()
    text.object { text in
      text.member("met", verification.isMet)
      text.array("findings") { text in
        for finding in verification.findings {
          text.object { text in
            text.member("name", finding.name)
            // What is not a number has no place in JSON.
            text.member("error", finding.error.isFinite ? finding.error : nil)
            text.member("tolerance", finding.tolerance)
            text.member("met", finding.isMet)
          }
        }
      }
    }
    return text
  }
}
