internal import Language
internal import Streams

extension TrainingRun {
  /// The output, of which `.work` is written before anything else.
  var output: RunOutput {
    RunOutput(options.output, names: TrainingRun.ownNames, mark: RunOutput.work)
  }

  /// Removes what an earlier run wrote.
  ///
  /// - Throws: what reading a base model throws; nothing is removed then.
  func beginAnew() throws {
    if case .base(let folder) = plan.model { _ = try SavedCheckpoint.row(ofModel: folder) }
    try output.clear()
  }

  /// What the plan reads: files, folders and patterns.
  var inputs: [String] {
    var paths = options.ledger.map { [$0] } ?? []
    switch plan.data.source {
    case .corpus(let folder, let ledger): paths += [folder] + (ledger.map { [$0] } ?? [])
    case .files(let files): paths += files
    }
    if case .files(let files) = plan.data.validation { paths += files }
    if case .file(let path, _) = plan.tokenizer { paths.append(path) }
    if case .base(let folder) = plan.model { paths.append(folder) }
    return paths
  }
}
