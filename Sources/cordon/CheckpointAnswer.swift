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
      ledger: options.ledger(ofCheckpoint: checkpoint), verifying: !options.unverified)
    let origin: CheckpointAudit.Origin
    if let digest = Digest256(hex: checkpoint), !Folder.exists(checkpoint) {
      origin = try audit.origin(sha256: digest)
    } else {
      origin = try audit.origin(folder: checkpoint)
    }
    let questions = try questions(checkpoint)
    let trained = try origin.trainings.map { trace in
      try questions.map { question in
        let exposure = try audit.exposure(of: question.digest, to: trace)
        return Answer(
          question: question, exposures: [exposure],
          isSeen: CheckpointAnswer.saw(trace, exposure), forgettings: [])
      }
    }
    let unlearned = try origin.unlearnings.map { trace in
      try questions.map { try answer($0, trace, audit) }
    }
    try command.json
      ? write(origin, trained, unlearned) : say(origin, trained, unlearned)
    let hasSeen = (trained + unlearned).contains { $0.contains(where: \.isSeen) }
    if !hasSeen, !questions.isEmpty {
      throw Findings(lines: ["the checkpoint has not seen that document"])
    }
  }

  /// What a checkpoint has seen of a document, and which unlearnings were to forget it.
  private struct Answer {
    var question: Question
    var exposures: [Exposure]
    var isSeen: Bool
    var forgettings: [Forgetting]
  }

  /// What was unlearned has seen what its base has.
  private func answer(
    _ question: Question, _ trace: UnlearningTrace, _ audit: CheckpointAudit
  ) throws -> Answer {
    let exposures = try trace.trainings.map { base in
      (base: base, exposure: try audit.exposure(of: question.digest, to: base))
    }
    let earlier = try trace.unlearnings.map { try answer(question, $0, audit) }
    let own = try audit.forgettings(of: question.digest).filter {
      $0.unlearning == trace.unlearning.id
    }
    return Answer(
      question: question, exposures: exposures.map(\.exposure) + earlier.flatMap(\.exposures),
      isSeen: exposures.contains { CheckpointAnswer.saw($0.base, $0.exposure) }
        || earlier.contains(where: \.isSeen),
      forgettings: earlier.flatMap(\.forgettings) + own)
  }

  /// Whether the checkpoint itself is among those that saw the document.
  private static func saw(_ trace: CheckpointTrace, _ exposure: Exposure) -> Bool {
    exposure.checkpoints.contains { Int64($0.step) == trace.checkpoint.step }
  }

  /// The documents that the command asks about; none where it asks about the checkpoint alone.
  private func questions(_ checkpoint: String) throws -> [Question] {
    if let id = command.id {
      var questions: [Question] = []
      for trace in try command.options.audit(ofCheckpoint: checkpoint).trace(id: id) {
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

  private func say(
    _ origin: CheckpointAudit.Origin, _ trained: [[Answer]], _ unlearned: [[Answer]]
  ) throws {
    func block(_ lines: [String], _ answers: [Answer]) -> String {
      var lines = lines
      for answer in answers {
        lines.append(
          "Document \(answer.question.name): this checkpoint has \(answer.isSeen ? "" : "not ")"
            + "seen it.")
        lines += answer.exposures.flatMap(\.lines) + answer.forgettings.flatMap(\.lines)
      }
      return lines.joined(separator: "\n")
    }
    let blocks =
      zip(origin.trainings, trained).map { block($0.lines, $1) }
      + zip(origin.unlearnings, unlearned).map { block($0.lines, $1) }
    try Console.result(blocks.joined(separator: "\n\n"))
  }

  private func write(
    _ origin: CheckpointAudit.Origin, _ trained: [[Answer]], _ unlearned: [[Answer]]
  ) throws {
    var json = JSONText()
    json.array { json in
      for (trace, answers) in zip(origin.trainings, trained) {
        trace.write(to: &json) { write(answers, to: &$0) }
      }
      for (trace, answers) in zip(origin.unlearnings, unlearned) {
        trace.write(to: &json) { write(answers, to: &$0) }
      }
    }
    try Console.result(json.text)
  }

  private func write(_ answers: [Answer], to json: inout JSONText) {
    guard !answers.isEmpty else { return }
    json.array("documents") { json in
      for answer in answers {
        json.object { json in
          json.member("sha256", answer.question.digest.hex)
          json.member("seen", answer.isSeen)
          if answer.exposures.count == 1, answer.forgettings.isEmpty {
            json.name("exposure")
            answer.exposures[0].write(to: &json)
          } else {
            json.array("exposures") { json in
              for exposure in answer.exposures { exposure.write(to: &json) }
            }
            json.array("unlearnings") { json in
              for forgetting in answer.forgettings { forgetting.write(to: &json) }
            }
          }
        }
      }
    }
  }
}
