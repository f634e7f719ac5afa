internal import ArgumentParser
internal import Auditing
internal import Streams

extension TraceCommand {
  /// What the runs of a ledger without a curation did with a text.
  func printUses(_ ledger: String) throws {
    guard id == nil else {
      throw ValidationError(
        "\(ledger): holds no curation, and ids are a curation's; ask with --text or --sha256")
    }
    let digest = try digest()
    let audit = try CheckpointAudit(ledger: ledger, verifying: !options.unverified)
    let (exposures, given) = try audit.uses(of: digest)
    if json {
      var json = JSONText()
      json.array { json in
        guard !exposures.isEmpty || !given.isEmpty else { return }
        json.object { json in
          json.member("sha256", digest.hex)
          json.array("trainings") { json in
            for exposure in exposures { exposure.write(to: &json) }
          }
          json.array("unlearnings") { json in for each in given { each.write(to: &json) } }
        }
      }
      try Console.result(json.text)
    } else {
      for line in exposures.flatMap(\.lines) + given.flatMap(\.lines) { try Console.result(line) }
    }
    guard !exposures.isEmpty || !given.isEmpty else {
      throw Findings(lines: ["no run of this ledger was given that document"])
    }
  }
}
