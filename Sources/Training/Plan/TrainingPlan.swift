public import Settings
public import Streams

/// What a person wants trained: the plan file, read and checked.
///
/// Paths in it are relative to the file. What must be known of other files (a vocabulary, the names
/// of a base model's parameters, the number of sequences) is checked when those are read.
public struct TrainingPlan: Sendable, Equatable {
  /// The plan's own name.
  public let name: String
  /// The plan's own version.
  public let version: String
  /// Where the weights come from.
  public let model: Model
  /// The base model's folder as the plan writes it; nil for a new model.
  public let writtenBase: String?
  /// Where the tokens come from; nil for the tokenizer of the base model.
  public let tokenizer: TokenizerChoice?
  /// What is read.
  public let data: DataSettings
  /// T, rows of a sequence.
  public let sequence: Int
  /// Sequences of each step.
  public let batch: Int
  /// Parts of a batch whose gradients are computed apart and added in order; a divisor of the
  /// batch.
  public let slices: Int
  /// When the run ends.
  public let length: RunLength
  /// AdamW and the clipping before it.
  public let optimiser: OptimiserSettings
  /// The rate over the steps.
  public let schedule: Schedule
  /// The seeds by their names.
  public let seeds: Seeds
  /// Names of parameters that are not trained, or what their names begin with up to a full stop;
  /// `embedding` and `layers.N` stand for what the model calls those.
  public let freeze: [String]
  /// A low-rank adapter that is trained instead of the weights; nil for none.
  public let lora: LowRank?
  /// Whether activations are computed again on the way back, which saves memory and costs time.
  public let recompute: Bool
  /// Steps between two measurements of the validation loss; nil for the end alone.
  public let validate: Int?
  /// Which checkpoints are written and kept.
  public let checkpoints: CheckpointRule
  /// Bytes that the run may need; nil for no limit.
  public let memory: Int?
  /// The exact bytes of the file.
  public let bytes: [UInt8]
  /// The file.
  public let path: String

  /// The SHA-256 of the file.
  public var digest: Digest256 { Digest256(hashing: bytes) }

  static let keys = [
    "plan", "version", "model", "tokenizer", "data", "sequence", "batch", "slices", "steps",
    "epochs", "optimiser", "schedule", "seeds", "freeze", "lora", "recompute", "validate",
    "checkpoints", "memory",
  ]

  /// Reads and checks a plan.
  ///
  /// - Throws: `SettingsError` with file, line and key.
  public init(path: String) throws(SettingsError) {
    try self.init(SettingsFile(path: path))
  }

  /// Checks the plan of these bytes; `path` stands for the file in messages and for its folder.
  ///
  /// - Throws: `SettingsError` with file, line and key.
  public init(path: String, bytes: [UInt8]) throws(SettingsError) {
    try self.init(SettingsFile(path: path, bytes: bytes))
  }

  private init(_ file: SettingsFile) throws(SettingsError) {
    let root = try file.root.mapping()
    try root.allow(TrainingPlan.keys)
    let folder = Folder.parent(of: file.path)
    path = file.path
    bytes = file.bytes
    name = try root.required("plan").string()
    version = try root.required("version").string()
    model = try Model(root.required("model"), folder: folder)
    writtenBase = try root.required("model").mapping().optional("base")?.string()
    tokenizer = try root.optional("tokenizer").map { node throws(SettingsError) in
      try TokenizerChoice(node, folder: folder)
    }
    if case .new = model, tokenizer == nil {
      throw root.node.mistake("a new model needs the key `tokenizer`: {train: SIZE} or a path")
    }
    data = try DataSettings(root.required("data"), folder: folder)
    sequence = try root.required("sequence").int(in: 1...SequenceFile.lengthLimit)
    if case .new(let model) = model, sequence > model.context {
      throw try root.required("sequence").mistake(
        "is more than the model's context of \(model.context)")
    }
    batch = try root.required("batch").int(in: 1...(1 << 20))
    slices = try root.optional("slices")?.int(in: 1...(1 << 20)) ?? 1
    if batch % slices != 0, let node = root.optional("slices") {
      throw node.mistake("must divide the batch of \(batch) sequences")
    }
    length = try RunLength(root)
    optimiser = try OptimiserSettings(root.optional("optimiser"))
    schedule = try Schedule(root.optional("schedule"))
    seeds = try Seeds(root.optional("seeds"))
    freeze = try TrainingPlan.names(root.optional("freeze"))
    lora = try root.optional("lora").map { node throws(SettingsError) in try LowRank(node) }
    if lora != nil, let node = root.optional("freeze") {
      throw node.mistake("stands beside `lora`, which trains no weight of the model; leave it out")
    }
    recompute = try root.optional("recompute")?.bool() ?? false
    validate = try root.optional("validate")?.int(in: 1...RunLength.stepLimit)
    if data.validation == .none, let node = root.optional("validate") {
      throw node.mistake("measures nothing: `data` has no `validation`")
    }
    checkpoints = try CheckpointRule(root.optional("checkpoints"))
    if case .steps(let steps) = length { try schedule.check(steps: steps, root) }
    memory = try root.optional("memory").map { node throws(SettingsError) in
      try node.byteSize(in: (1 << 20)...(1 << 50))
    }
    if checkpoints.best == true, data.validation == .none,
      let node = try root.optional("checkpoints")?.mapping().optional("best")
    {
      throw node.mistake("needs a validation loss: give `data` a `validation`")
    }
  }

  /// Names of parameters, each once.
  package static func names(_ node: SettingsNode?) throws(SettingsError) -> [String] {
    guard let node else { return [] }
    var names: [String] = []
    for element in try node.sequence() {
      let name = try element.string()
      guard !name.isEmpty, !names.contains(name) else {
        throw element.mistake(name.isEmpty ? "names nothing" : "stands twice")
      }
      names.append(name)
    }
    guard !names.isEmpty else { throw node.mistake("names nothing; leave the key out") }
    return names
  }

  /// A path that a plan names, seen from the plan's folder.
  package static func path(_ node: SettingsNode, folder: String) throws(SettingsError) -> String {
    let path = try node.string()
    guard !path.isEmpty else { throw node.mistake("names no file") }
    return path.hasPrefix("/") || folder.isEmpty || folder == "." ? path : "\(folder)/\(path)"
  }
}
