public import Ledger
public import Streams

/// A checkpoint on disk: a Hugging Face folder, and `training/` with what a run needs to go on.
public struct SavedCheckpoint: Sendable, Equatable {
  /// Its folder.
  public let folder: String
  /// Where the run stood.
  public let state: CheckpointState
  /// The best checkpoint up to this one; nil where no validation loss was measured.
  public let best: BestCheckpoint?
  /// The model of the run's checkpoint before it, which may be gone by now; nil for the first.
  public let parent: CheckpointRow?
  /// Its files but `training/state.json`, in byte order of their names below the folder.
  public let files: [NamedArtefact]
  /// The SHA-256 of `training/state.json`.
  public let stateDigest: Digest256

  /// Reads `training/state.json` of a folder; the other files are not read.
  ///
  /// - Throws: ``CheckpointStoreError`` where it is missing or not what was written.
  public init(folder: String) throws {
    let path = "\(folder)/\(StateFile.name)"
    guard Folder.exists(path) else { throw CheckpointStoreError(.missing, path: folder) }
    let bytes = try FileSource.contents(of: path)
    guard let file = StateFile(bytes) else {
      throw CheckpointStoreError(
        .damaged, path: folder, detail: "\(StateFile.name) is not what was written")
    }
    self.folder = folder
    state = file.state
    best = file.best
    parent = file.parent.isEmpty ? nil : CheckpointRow(files: file.parent)
    files = file.files
    stateDigest = Digest256(hashing: bytes)
  }

  /// Compares every file with its hash, and the names that are there with those that must be.
  ///
  /// - Throws: ``CheckpointStoreError`` (damaged) naming the first file that is not what was
  ///   written, `StreamsError` where one cannot be read.
  public func verify() throws {
    let names = try SavedCheckpoint.names(in: folder)
    let expected = files.map(\.name) + [StateFile.name]
    for name in Set(names).symmetricDifference(expected).sorted() {
      throw damaged("\(name) is \(names.contains(name) ? "one file too many" : "missing")")
    }
    for file in files {
      let path = "\(folder)/\(file.name)"
      guard Folder.size(of: path) == file.artefact.bytes,
        try FileSource.digest(of: path) == file.artefact.sha256
      else { throw damaged("\(file.name) is not what was written") }
    }
  }

  /// Reads the optimiser's moments into their blocks.
  ///
  /// - Throws: `CheckpointError` where the file has other tensors, `StreamsError` where it cannot
  ///   be read.
  public func read(_ moments: OptimiserMoments) throws {
    try moments.read(from: "\(folder)/\(StateFile.momentsName)")
  }

  /// What the ledger knows the model by: its settings and weights, as an evaluation of the folder
  /// names them; of an adapter its own.
  public var row: CheckpointRow {
    CheckpointRow(files: files.filter { SavedCheckpoint.isOfModel($0.name) })
  }

  /// What the ledger knows the model in a Hugging Face folder by, whoever wrote it.
  ///
  /// - Throws: `StreamsError` where a file cannot be read, ``CheckpointStoreError`` (missing) where
  ///   it holds no model.
  public static func row(ofModel folder: String) throws -> CheckpointRow {
    let names = try names(in: folder).filter(isOfModel)
    guard names.contains(where: { $0.hasSuffix(".safetensors") }) else {
      throw CheckpointStoreError(.missing, path: folder)
    }
    return CheckpointRow(files: try names.map { try artefact($0, in: folder) })
  }

  private static func isOfModel(_ name: String) -> Bool {
    ["config.json", "adapter_config.json", "model.safetensors.index.json"].contains(name)
      || (name.hasSuffix(".safetensors") && !name.utf8.contains(UInt8(ascii: "/")))
  }

  /// A file below a folder, by what it holds.
  static func artefact(_ name: String, in folder: String) throws -> NamedArtefact {
    let path = "\(folder)/\(name)"
    let digest = try FileSource.digest(of: path)
    return NamedArtefact(
      name: name, artefact: Artefact(sha256: digest, bytes: Folder.size(of: path) ?? 0))
  }

  /// The paths of all files below a folder, in byte order.
  static func names(in folder: String) throws -> [String] {
    func names(_ path: String) throws -> [String] {
      try Folder.names(in: "\(folder)/\(path)").flatMap { name -> [String] in
        let inner = path.isEmpty ? name : "\(path)/\(name)"
        return Folder.isFolder("\(folder)/\(inner)") ? try names(inner) : [inner]
      }
    }
    return try names("").sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func damaged(_ detail: String) -> CheckpointStoreError {
    CheckpointStoreError(.damaged, path: folder, detail: detail)
  }
}
