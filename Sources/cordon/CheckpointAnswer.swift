internal import Auditing
internal import Ledger
internal import Streams

/// What `audit trace --checkpoint` says: where a checkpoint comes from, and what it has seen of a
/// document.
struct CheckpointAnswer {
  private let command: TraceCommand

  init(_ command: TraceCommand) {
    self.command = command
  }

  /// A text that is asked about, and what a person calls it.
  private struct Question {
    var name: String
    var digest: Digest256
  }

  func print(_ checkpoint: String) throws {
    let options = command.options
    let audit = try CheckpointAudit(
      ledger: options.ledger ?? options.output + "/ledger.sqlite", verifying: !options.unverified)
    let traces: [CheckpointTrace]
    if let digest = Digest256(hex: checkpoint), !Folder.exists(checkpoint) {
      traces = try audit.trace(sha256: digest)
    } else {
      traces = try audit.trace(folder: checkpoint)
    }
    let questions = try questions()
    let answers = try traces.map { trace in
      try questions.map { (question: $0, exposure: try audit.exposure(of: $0.digest, to: trace)) }
    }
    var hasSeen = questions.isEmpty
    for (trace, answers) in zip(traces, answers) {
      for answer in answers where CheckpointAnswer.saw(trace, answer.exposure) { hasSeen = true }
    }
    try command.json ? write(traces, answers) : say(traces, answers)
    if !hasSeen { throw Findings(lines: ["the checkpoint has not seen that document"]) }
  }

  /// Whether the checkpoint itself is among those that saw the document.
  private static func saw(_ trace: CheckpointTrace, _ exposure: Exposure) -> Bool {
    exposure.checkpoints.contains { Int64($0.step) == trace.checkpoint.step }
  }

  /// The documents that the command asks about; none where it asks about the checkpoint alone.
  private func questions() throws -> [Question] {
    if let id = command.id {
      var questions: [Question] = []
      for trace in try command.options.audit().trace(id: id) {
        guard let digest = Digest256(hex: trace.sha256),
          !questions.contains(where: { $0.digest == digest })
        else { continue }
        let name = "\(trace.id) (\(trace.shard):\(trace.row))"
        questions.append(Question(name: name, digest: digest))
      }
      if questions.isEmpty { throw Findings(lines: ["no document of the run answers to that"]) }
      return questions
    }
    guard command.text != nil || command.sha256 != nil else { return [] }
    let digest = try command.digest()
    return [Question(name: digest.hex, digest: digest)]
  }

  private typealias Answers = [[(question: Question, exposure: Exposure)]]

  private func say(_ traces: [CheckpointTrace], _ answers: Answers) throws {
    let blocks = zip(traces, answers).map { trace, answers in
      var lines = trace.lines
      for (question, exposure) in answers {
        let saw = CheckpointAnswer.saw(trace, exposure)
        lines.append(
          "Document \(question.name): this checkpoint has \(saw ? "" : "not ")seen it.")
        lines += exposure.lines
      }
      return lines.joined(separator: "\n")
    }
    try Console.result(blocks.joined(separator: "\n\n"))
  }

  private func write(_ traces: [CheckpointTrace], _ answers: Answers) throws {
    var json = JSONText()
    json.array { json in
      for (trace, answers) in zip(traces, answers) {
        trace.write(to: &json) { json in
          guard !answers.isEmpty else { return }
          json.array("documents") { json in
            for (question, exposure) in answers {
              json.object { json in
                json.member("sha256", question.digest.hex)
                json.member("seen", CheckpointAnswer.saw(trace, exposure))
                json.name("exposure")
                exposure.write(to: &json)
              }
            }
          }
        }
      }
    }
    try Console.result(json.text)
  }
}
