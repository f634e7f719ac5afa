internal import Evaluation
internal import Ledger
internal import Streams
internal import Training

/// What an attack reads, by what it holds: it decides what the run writes.
struct AttackMaterial {
  /// The models, as the ledger knows them, in order.
  let models: [CheckpointRow]
  /// The items and the data, in the plan's order.
  let inputs: [NamedArtefact]
  /// The run: all that decides its bytes.
  let identity: String

  /// Reads what plan and options name.
  ///
  /// - Throws: `StreamsError` where a file is missing, `CheckpointStoreError` where a folder holds
  ///   no model.
  init(_ plan: AttackPlan, _ options: AttackOptions) throws {
    models = try options.models.map { try SavedCheckpoint.row(ofModel: $0.folder) }
    inputs = try plan.files.map { file in
      NamedArtefact(
        name: file.name,
        artefact: Artefact(
          sha256: try FileSource.digest(of: file.path), bytes: Folder.size(of: file.path) ?? 0))
    }
    let (models, inputs) = (models, inputs)
    var json = JSONText()
    try json.object { json in
      json.member("kind", "attack")
      json.member("plan", plan.digest.hex)
      try json.array("models") { json in
        for (model, row) in zip(options.models, models) {
          json.value(model.role.rawValue)
          json.value(row.digest.hex)
          json.value(try FileSource.digest(of: model.folder + "/tokenizer.json").hex)
        }
      }
      json.array("inputs") { json in
        for input in inputs { json.value(input.artefact.sha256.hex) }
      }
      json.member("binary", options.code.binary.hex)
      json.member("libraries", options.code.libraries)
    }
    identity = String(Digest256(hashing: json.bytes).hex.prefix(16))
  }
}
