internal import ArgumentParser
internal import Foundation
internal import Language
internal import Streams
internal import Unlearning

struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model",
    abstract: "Look at a model, or hold this build's arithmetic against a reference.",
    discussion: """
      EXAMPLE
        cordon model inspect models/pythia
        cordon model verify models/tiny --golden models/tiny/expected.safetensors
        cordon model verify models/tiny --objectives objectives.safetensors
      """,
    subcommands: [InspectCommand.self, VerifyCommand.self])
}

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare a model's numbers, or the objectives of unlearning, with a reference.",
    discussion: """
      A reference of the model (--golden) is a safetensors file: input_ids, labels [B, T]; \
      logits [B, T, V]; loss; sequence_nll [B]; hidden.L [B, T, D] behind block L; grad.NAME; \
      adamw.NAME after three steps (rate 1e-3, decay 0.01, clipped to 1); greedy [B, n] behind the \
      first 8 tokens.

      A reference of the objectives (--objectives) has forget, retain and preferred (.ids, .labels \
      [B, T]); direction [D]; reference.delta.NAME, by which the trained model differs; and for \
      each objective its loss, grad_norm and grad.NAME.

      Prints each error beside its tolerance; when one is over, the exit code is 1.

      EXAMPLE
        cordon model verify models/tiny --golden models/tiny/expected.safetensors
        cordon model verify models/tiny --objectives objectives.safetensors
      """)

  @Argument(help: ArgumentHelp("The model's folder.", valueName: "model"))
  var folder: String

  @Option(
    name: .long,
    help: ArgumentHelp("What a correct implementation gives (safetensors).", valueName: "file"))
  var golden: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Losses and gradients of the objectives on it (safetensors).", valueName: "file"))
  var objectives: String?

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "One JSON object on stdout.")
  var json = false

  @Flag(name: .long, help: "Only what is over its tolerance.")
  var quiet = false

  func validate() throws {
    guard golden != nil || objectives != nil else {
      throw ValidationError("give --golden, --objectives, or both")
    }
  }

  func run() throws {
    let watch = StopWatch {}
    defer { watch.disarm() }
    try ModelOptions.check(folder: folder)
    let model = try LanguageModel.load(folder: folder)
    let workers = threads.workers()
    var findings: [ModelVerification.Finding] = []
    if let golden {
      findings += try ModelVerification(model, against: golden, on: workers).findings
    }
    if let objectives {
      findings += try ObjectiveVerification(model, against: objectives, on: workers).findings
    }
    let over = findings.filter { !$0.isMet }
    if json {
      try Console.result(text(findings).text)
    } else {
      let shown = quiet ? over : findings
      if !shown.isEmpty { try Console.result(table(shown)) }
    }
    guard over.isEmpty else {
      throw Findings(lines: [
        "\(over.count) of \(findings.count) comparisons are over their tolerance"
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

  private func text(_ findings: [ModelVerification.Finding]) -> JSONText {
    var text = JSONText()
    text.object { text in
      text.member("met", findings.allSatisfy(\.isMet))
      text.array("findings") { text in
        for finding in findings {
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
