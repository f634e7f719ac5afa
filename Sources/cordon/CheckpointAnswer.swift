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
    let ledger = try options.ledger(ofCheckpoint: checkpoint)
    let audit = try CheckpointAudit(
      ledger: ledger, verifying: !options.unverified,
      curations: options.curations(beside: ledger))
    let origin: CheckpointAudit.Origin
    if let digest = Digest256(hex: checkpoint), !Folder.exists(checkpoint) {
      origin = try audit.origin(sha256: digest)
    } else {
      origin = try audit.origin(folder: checkpoint)
    }
    let questions = try questions {
      try options.audit(ofCuration: audit.curation(behind: origin), ledger)
    }
    let trained = try origin.trainings.map { trace in
      try questions.map { try answer($0, trace, audit) }
    }
    let unlearned = try origin.unlearnings.map { trace in
      try questions.map { try answer($0, trace, audit) }
    }
    try command.json
      ? write(origin, trained, unlearned) : say(origin, trained, unlearned)
    let sights = (trained + unlearned).joined().map(\.sight)
    guard !questions.isEmpty, !sights.contains(.seen) else { return }
    throw Findings(lines: [
      sights.contains(.unknown)
        ? "whether the checkpoint has seen that document is not known: what its base saw is not "
          + "known to this ledger; name the one of its training with --ledger"
        : "the checkpoint has not seen that document"
    ])
  }

  /// Whether a checkpoint's weights have seen a document.
  private enum Sight {
    case seen
    case unseen
    /// What the model that its run goes on from saw is not known to this ledger.
    case unknown
  }

  /// What a checkpoint has seen of a document, and which unlearnings were given it.
  private struct Answer {
    var question: Question
    var exposures: [Exposure]
    var sight: Sight
    var given: [Given]
  }

  private func answer(
    _ question: Question, _ trace: CheckpointTrace, _ audit: CheckpointAudit
  ) throws -> Answer {
    let exposure = try audit.exposure(of: question.digest, to: trace)
    let sight =
      CheckpointAnswer.saw(trace, exposure)
      ? Sight.seen : try audit.isHistoryKnown(of: trace) ? .unseen : .unknown
    return Answer(question: question, exposures: [exposure], sight: sight, given: [])
  }

  /// What was unlearned has seen what it was given, and what its base has.
  private func answer(
    _ question: Question, _ trace: UnlearningTrace, _ audit: CheckpointAudit
  ) throws -> Answer {
    let trained = try trace.trainings.map { try answer(question, $0, audit) }
    let earlier = try trace.unlearnings.map { try answer(question, $0, audit) }
    let own = try audit.given(question.digest).filter { $0.unlearning == trace.unlearning.id }
    let before = trained + earlier
    let isSeen = !own.isEmpty || before.contains { $0.sight == .seen }
    return Answer(
      question: question, exposures: before.flatMap(\.exposures),
      sight: isSeen ? .seen : try audit.isHistoryKnown(of: trace) ? .unseen : .unknown,
      given: earlier.flatMap(\.given) + own)
  }

  /// Whether the checkpoint itself is among those that saw the document.
  private static func saw(_ trace: CheckpointTrace, _ exposure: Exposure) -> Bool {
    exposure.checkpoints.contains { Int64($0.step) == trace.checkpoint.step }
  }

  /// The documents that the command asks about; none where it asks about the checkpoint alone.
  ///
  /// - Parameter audit: opens the curation that says what an id means.
  private func questions(_ audit: () throws -> Audit) throws -> [Question] {
    if let id = command.id {
      var questions: [Question] = []
      for trace in try audit().trace(id: id) {
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
      (lines
        + answers.flatMap {
          [sentence($0)] + $0.exposures.flatMap(\.lines)
            + $0.given.flatMap(\.lines)
        }).joined(separator: "\n")
    }
    let blocks =
      zip(origin.trainings, trained).map { block($0.lines, $1) }
      + zip(origin.unlearnings, unlearned).map { block($0.lines, $1) }
    try Console.result(blocks.joined(separator: "\n\n"))
  }

  private func sentence(_ answer: Answer) -> String {
    let purposes = [Given.Purpose.forget, .retain].filter { purpose in
      answer.given.contains { $0.purpose == purpose }
    }
    let said =
      switch answer.sight {
      case .seen where !purposes.isEmpty:
        "this checkpoint was given it to "
          + purposes.map(\.rawValue).joined(separator: ", and to ")
      case .seen: "this checkpoint has seen it"
      case .unseen: "this checkpoint has not seen it"
      case .unknown:
        "this checkpoint's runs were not given it; what the base saw is not known to this ledger"
      }
    return "Document \(answer.question.name): \(said)."
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
          // Null where this ledger cannot know.
          if answer.sight == .unknown {
            json.member("seen", nil as String?)
          } else {
            json.member("seen", answer.sight == .seen)
          }
          if answer.exposures.count == 1, answer.given.isEmpty {
            json.name("exposure")
            answer.exposures[0].write(to: &json)
          } else {
            json.array("exposures") { json in
              for exposure in answer.exposures { exposure.write(to: &json) }
            }
            json.array("unlearnings") { json in
              for given in answer.given { given.write(to: &json) }
            }
          }
        }
      }
    }
  }
}
