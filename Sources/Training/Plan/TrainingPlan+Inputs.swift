package import Settings
internal import Streams

extension TrainingPlan {
  /// A mistake that shows only when other files are read, at the line of its key.
  ///
  /// - Parameters:
  ///   - keys: the way to the value; where it ends early, the last value that is there is named.
  ///   - message: what is wrong with it.
  package func mistake(at keys: [String], _ message: String) -> SettingsError {
    guard var node = try? SettingsFile(path: path, bytes: bytes).root else {
      return SettingsError(file: path, line: 0, message: message)
    }
    for key in keys {
      guard node.kind == .mapping, let next = try? node.mapping().optional(key) else { break }
      node = next
    }
    return node.mistake(message)
  }

  /// Sees to it that what the plan names is there: corpus, files, tokenizer and base model.
  ///
  /// - Throws: ``TrainingDataError`` (missing) with the plan's file, line and key, and what finding
  ///   the documents throws.
  public func checkInputs() throws {
    if let base = baseFolder { try check([base], at: ["model", "base"]) }
    if case .file(let path, _) = tokenizer { try check([path], at: ["tokenizer", "file"]) }
    switch data.source {
    case .corpus(let folder, let ledger):
      try check([folder], at: ["data", "corpus"])
      if let ledger { try check([ledger], at: ["data", "ledger"]) }
    case .files(let paths): try check(paths, at: ["data", "files"])
    }
    _ = try TrainingSource(data)
    guard case .files(let paths) = data.validation else { return }
    try check(paths, at: ["data", "validation", "files"])
    _ = try TrainingSource(files: paths, data.fields)
  }

  private var baseFolder: String? {
    if case .base(let folder) = model { folder } else { nil }
  }

  private func check(_ paths: [String], at keys: [String]) throws(TrainingDataError) {
    for path in paths where !Folder.exists(path) {
      // A pattern is told of by who looks for what matches it.
      guard !path.contains(where: { "*?[".contains($0) }) else { continue }
      let place = mistake(at: keys, "")
      throw TrainingDataError(
        .missing, "\(place.file):\(place.line)",
        "\(place.keyPath): no such file or folder: \(path)")
    }
  }
}
