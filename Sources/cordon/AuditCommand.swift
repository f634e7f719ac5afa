internal import ArgumentParser
internal import Auditing
internal import Curation
internal import Foundation
internal import Ledger
internal import Streams
internal import Training

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Ask what happened to a document, or to a whole run.",
    discussion: """
      EXAMPLE
        cordon audit trace --output safe --id demo-000017
        cordon audit trace --checkpoint model/checkpoints/step-00002000
        cordon audit summary --output safe
      """,
    subcommands: [TraceCommand.self, SummaryCommand.self, DumpCommand.self])
}

/// Where a run is: the same for all questions.
struct AuditOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The output folder of the run.", valueName: "dir"))
  var output: String?

  @Option(
    name: .long, help: ArgumentHelp("The ledger (default: DIR/ledger.sqlite).", valueName: "file"))
  var ledger: String?

  @Option(
    name: .customLong("run"),
    help: ArgumentHelp("The run (default: the folder's own).", valueName: "run"))
  var runName: String?

  @Flag(name: .long, help: "Do not recompute the ledger's hashes before the answer.")
  var unverified = false

  /// The output folder, where a question needs one.
  func folder() throws -> String {
    guard let output else {
      throw ValidationError("--output is missing; name the output folder of the run")
    }
    return output
  }

  /// The ledger that has a checkpoint: the one that is named, the one that the output folder holds
  /// or tells of, or that of the run whose folder the checkpoint stands in.
  func ledger(ofCheckpoint checkpoint: String) throws -> String {
    if let ledger { return ledger }
    if let output, let path = LedgerPointer.ledger(ofOutput: output) { return path }
    if let path = LedgerPointer.ledger(ofModel: checkpoint) { return path }
    if output != nil { return try ledgerOfOutput() }
    throw ValidationError(
      "no ledger is found beside \(checkpoint); name it with --ledger, or the output folder of its "
        + "run with --output")
  }

  /// The audit of the run of the output folder.
  func audit() throws -> Audit {
    let (folder, ledger) = (try folder(), try ledgerOfOutput())
    guard try runName == nil && Curator.run(in: folder) == nil,
      !Folder.exists(folder + "/decisions")
    else { return try audit(in: folder, ledger) }
    // The output of another kind of run leads to a ledger; its curation may stand beside that.
    let found = curations(beside: ledger)
    guard let run = found.keys.first else { return try audit(in: folder, ledger) }
    guard found.count == 1 else {
      throw ValidationError(
        "\(folder) is the output of another kind of run, and several curations stand beside its "
          + "ledger: name one of \(found.values.sorted().joined(separator: ", ")) with --output")
    }
    return try audit(ofCuration: run, ledger)
  }

  /// The audit of a curation that a checkpoint comes from, for a document that is asked about
  /// beside it.
  ///
  /// - Parameters:
  ///   - curation: its run; nil where the ledger holds none.
  ///   - ledger: the ledger that has the checkpoint.
  func audit(ofCuration curation: String?, _ ledger: String) throws -> Audit {
    if let output, try runName != nil || Curator.run(in: output) != nil {
      return try audit(in: output, ledger)
    }
    guard let run = runName ?? curation else {
      return try audit(in: Folder.parent(of: ledger), ledger)
    }
    // No ledger says where an output stands: it may be moved.
    guard let folder = curations(beside: ledger)[run] else {
      throw ValidationError(
        "the output of curation \(run) is not in the folder of \(ledger), nor in one below it; "
          + "name it with --output, or ask with --text or --sha256")
    }
    return try Audit(output: folder, ledger: ledger, run: run, verifying: !unverified)
  }

  /// The output folders of curations by their runs: the one that is named, the ledger's folder, and
  /// those in it.
  func curations(beside ledger: String) -> [String: String] {
    let parent = Folder.parent(of: ledger)
    let names = (try? Folder.names(in: parent)) ?? []
    var folders: [String: String] = [:]
    for folder in [output].compactMap(\.self) + [parent] + names.map({ "\(parent)/\($0)" }) {
      // What does not say whose it is holds no curation that could be asked.
      guard let run = try? Curator.run(in: folder), folders[run] == nil else { continue }
      folders[run] = folder
    }
    return folders
  }

  /// The ledger that is named, or that of the output folder.
  func ledgerOfOutput() throws -> String {
    if let ledger { return ledger }
    let output = try folder()
    if let path = LedgerPointer.ledger(ofOutput: output) { return path }
    guard try Curator.run(in: output) == nil else {
      throw ValidationError(
        "\(output): this curation's ledger is not in its folder; name it with --ledger")
    }
    return output + "/ledger.sqlite"
  }

  private func audit(in output: String, _ ledger: String) throws -> Audit {
    try Audit(
      output: output, ledger: ledger, run: try runName ?? Curator.run(in: output),
      verifying: !unverified)
  }
}

struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Why is a document gone, or kept?",
    discussion: """
      A document is asked for by its id, by a file with its text, or by the SHA-256 of its text. \
      A document without an id has the id SHARD:ROW, rows counted from 0. All documents that \
      answer are shown, kept ones too; when none does, the exit code is 1. A document that was \
      taken down has an entry of the run that kept it, and one of the takedown. Training runs of \
      the ledger that read the document are named, with the checkpoints that saw it, and the \
      unlearnings that were given it, to forget or to retain. A ledger without a curation is asked \
      by --text or --sha256; of a pair the text is both texts with a line feed between.

      With --near-text the corpus itself is searched: which documents of the newest snapshot are \
      near a text, by the exact Jaccard similarity of their word shingles, nearest first. Every \
      part is read and proved against the ledger on the way.

      With --checkpoint the answer is where a checkpoint comes from: its training run, settings, \
      seeds, code, the snapshot or the parts of it, its parent and, down to the first, the models \
      that its run goes on from; of what was unlearned the forget set, boundary, verdict, dual \
      variables and base, and where that comes from; and, beside --id, --text or --sha256, whether \
      it has seen that document, or was given it to forget or to retain. The exit code is 1 where \
      it has not, or where what its base saw is not known to the ledger. The folder of its run \
      says which ledger has it, and a curation is found in the ledger's folder or in one below it; \
      one that stands elsewhere is named with --output.

      With --evaluation the answer is where the numbers of an evaluation or an attack come from: \
      the checkpoint and its run, the items, the corpus, and the documents that filtering took out \
      of it. `attacks.json` and the table of `cordon attack` name it for each model.

      EXAMPLE
        cordon audit trace --output safe --id demo-000017
        cordon audit trace --output safe --text letter.txt --json
        cordon audit trace --output safe --sha256 $(sha256sum < letter.txt | cut -c1-64)
        cordon audit trace --output safe --near-text letter.txt --jaccard 0.5
        cordon audit trace --checkpoint model/checkpoints/step-00002000
        cordon audit trace --checkpoint model/model --id demo-17
        cordon audit trace --evaluation 1f0c4a --output attacked --metric held-out
      """)

  @OptionGroup var options: AuditOptions

  @Option(name: .long, help: ArgumentHelp("The document's id.", valueName: "id"))
  var id: String?

  @Option(
    name: .long,
    help: ArgumentHelp("A file that holds exactly the text; - for stdin.", valueName: "file"))
  var text: String?

  @Option(
    name: .customLong("sha256"), help: ArgumentHelp("The text's SHA-256.", valueName: "hex"))
  var sha256: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A file with a text: what in the corpus is near it? - for stdin.", valueName: "file"))
  var nearText: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --near-text: how similar is near, 0.01 to 1 (default: as the run).", valueName: "x"))
  var jaccard: Double?

  @Option(
    name: .long,
    help: ArgumentHelp("With --near-text: workers (default: all cores).", valueName: "n"))
  var threads: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A checkpoint: its folder, or the SHA-256 of its model.safetensors.", valueName: "dir|hex"))
  var checkpoint: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "An evaluation: its name in the ledger, or its first digits.", valueName: "hex"))
  var evaluation: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --evaluation: only numbers whose task or name holds this.", valueName: "text"))
  var metric: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "With --evaluation: so many removed documents of each corpus (default: 10).",
      valueName: "n"))
  var removed: Int?

  @Flag(name: .long, help: "A JSON array on stdout.")
  var json = false

  func validate() throws {
    let asked = [id, text, sha256, nearText].compactMap { $0 }.count
    guard evaluation != nil || (metric == nil && removed == nil) else {
      throw ValidationError("--metric and --removed go with --evaluation")
    }
    if evaluation != nil {
      guard asked == 0, checkpoint == nil else {
        throw ValidationError(
          "--evaluation is a question of its own; ask about a document without it")
      }
      guard removed ?? 0 >= 0 else { throw ValidationError("--removed takes a number from 0") }
      return
    }
    guard asked == 1 || (asked == 0 && checkpoint != nil) else {
      throw ValidationError(
        "give one of --id, --text, --sha256, --near-text and --evaluation, or --checkpoint")
    }
    guard checkpoint == nil || nearText == nil else {
      throw ValidationError("--checkpoint goes with --id, --text or --sha256")
    }
    guard nearText != nil || (jaccard == nil && threads == nil) else {
      throw ValidationError("--jaccard and --threads go with --near-text")
    }
    guard jaccard.map({ (0.01...1).contains($0) }) ?? true else {
      throw ValidationError("--jaccard takes a similarity from 0.01 to 1, such as 0.7")
    }
    try ThreadOptions.check(threads)
  }

  func run() throws {
    if let nearText { return try printNear(nearText) }
    if let checkpoint { return try CheckpointAnswer(self).print(checkpoint) }
    if let evaluation { return try print(evaluation: evaluation) }
    let traces: [Trace]
    do {
      traces = try self.traces(options.audit())
    } catch let error as LedgerError where error.code == .unknownRun && options.runName == nil {
      return try printUses(options.ledgerOfOutput())
    }
    if json {
      try Console.result(Trace.json(traces))
    } else if !traces.isEmpty {
      try Console.result(traces.map { $0.lines.joined(separator: "\n") }.joined(separator: "\n\n"))
    }
    if traces.isEmpty { throw Findings(lines: ["no document of the run answers to that"]) }
  }

  private func traces(_ audit: Audit) throws -> [Trace] {
    if let id { return try audit.trace(id: id) }
    return try audit.trace(digest: digest())
  }

  /// The digest that --sha256 or --text means.
  func digest() throws -> Digest256 {
    guard let sha256 else { return Digest256(hashing: try contents(of: text ?? "")) }
    guard let digest = Digest256(hex: sha256) else {
      throw ValidationError("--sha256 takes 64 hexadecimal digits")
    }
    return digest
  }

  /// What a person named, read as a stream: a pipe has neither a name nor a size.
  private func contents(of path: String) throws -> [UInt8] {
    let handle = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
    guard let handle else { throw StreamsError(.missing, path: path, detail: "") }
    return Array(try handle.readToEnd() ?? Data())
  }

  private func print(evaluation name: String) throws {
    let path = try options.ledgerOfOutput()
    let audit = try EvaluationAudit(
      ledger: path, verifying: !options.unverified, curations: options.curations(beside: path))
    let trace = try audit.trace(name, removed: removed ?? 10)
    guard json else {
      return try Console.result(trace.lines(metrics: metric).joined(separator: "\n"))
    }
    var text = JSONText()
    text.array { trace.write(to: &$0) }
    try Console.result(text.text)
  }

  private func printNear(_ path: String) throws {
    let found = try options.audit().near(
      text: contents(of: path), jaccard: jaccard,
      threads: ThreadOptions.count(threads))
    if json {
      try Console.result(found.json)
    } else if !found.nearest.isEmpty {
      try Console.result(found.text)
    }
    guard found.count > 0 else {
      throw Findings(lines: ["no document of the corpus is near that, at \(found.jaccard) or above"]
      )
    }
    Console.note(
      "\(found.count) \(found.count == 1 ? "document is" : "documents are") near, at "
        + "\(found.jaccard) or above"
        + (found.count > found.nearest.count ? "; the first \(found.nearest.count) are shown" : ""))
  }
}

struct SummaryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "summary",
    abstract: "What was read, kept, dropped, duplicate and quarantined, and why.",
    discussion: """
      EXAMPLE
        cordon audit summary --output safe --json
      """)

  @OptionGroup var options: AuditOptions

  @Flag(name: .long, help: "One JSON object on stdout.")
  var json = false

  func run() throws {
    let audit = try options.audit()
    let summary = try audit.summary()
    let later = try audit.takedowns()
    let trainings = try audit.trainings()
    guard json else {
      try Console.result(SummaryText(summary, place: nil, seconds: nil).text)
      if let later {
        try Console.result(
          "taken down since: \(summary.kept - later.documents) documents, by "
            + later.runs.joined(separator: ", ") + "; \(later.documents) are in the corpus now")
      }
      if trainings.runs > 0 {
        try Console.result(
          "the ledger holds \(trainings.runs) training "
            + "\(trainings.runs == 1 ? "run" : "runs") with "
            + "\(trainings.checkpoints) checkpoints")
      }
      return
    }
    var text = JSONText()
    summary.write(to: &text) { json in
      if trainings.runs > 0 {
        json.member("trainings", trainings.runs)
        json.member("checkpoints", trainings.checkpoints)
      }
      guard let later else { return }
      json.array("takedowns") { json in
        for run in later.runs { json.value(run) }
      }
      json.member("documentsNow", later.documents)
    }
    try Console.result(text.text)
  }
}

struct DumpCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump",
    abstract: "The ledger's whole content in canonical form, without times and machine.",
    discussion: """
      Two runs did the same if and only if their dumps are equal, byte for byte.

      EXAMPLE
        cordon audit dump --output safe | sha256sum
      """)

  @OptionGroup var options: AuditOptions

  func run() throws {
    let path = try options.ledgerOfOutput()
    try Console.result(try Ledger(reading: path).dump(), terminator: "")
  }
}
