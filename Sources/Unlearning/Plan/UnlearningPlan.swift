public import Settings
public import Streams
public import Training

/// What a person wants forgotten, and what is to stay: the plan file, read and checked.
///
/// Paths in it are relative to the file. What must be known of other files (the model's layers, the
/// number of items) is checked when those are read.
public struct UnlearningPlan: Sendable, Equatable {
  /// The plan's own name.
  public let name: String
  /// The plan's own version.
  public let version: String
  /// What is forgotten, each with a method of its own.
  public let forget: [UnlearningTerm]
  /// What is retained.
  public let retain: [UnlearningTerm]
  /// What of the model is trained.
  public let parameters: ParameterPatterns
  /// A low-rank adapter that is trained instead of the weights; nil for none.
  public let lora: TrainingPlan.LowRank?
  /// T, the most tokens of a sequence; a longer text is cut into several, a longer pair loses the
  /// beginning of its prompt.
  public let sequence: Int
  /// How many steps there are.
  public let steps: Int
  /// Parts of each batch whose gradients are computed apart and added in order.
  public let slices: Int
  /// AdamW and the clipping before it.
  public let optimiser: OptimiserSettings
  /// The rate over the steps.
  public let schedule: Schedule
  /// Bytes that hidden states of the start model may take; what does not fit is computed again from
  /// its weights.
  public let referenceMemory: Int
  /// Whether activations are computed again on the way back, which saves memory and costs time.
  public let recompute: Bool
  /// What must hold of the model; nil for a run of fixed weights.
  public let boundary: BoundaryRule?
  /// The seeds by their names.
  public let seeds: Seeds
  /// Which checkpoints are written and kept while the run lasts.
  public let checkpoints: TrainingPlan.CheckpointRule
  /// Bytes that the run may need; nil for no limit.
  public let memory: Int?
  /// The exact bytes of the file.
  public let bytes: [UInt8]
  /// The file.
  public let path: String

  /// The SHA-256 of the file.
  public var digest: Digest256 { Digest256(hashing: bytes) }

  /// What is forgotten and what is retained, in this order.
  public var terms: [UnlearningTerm] { forget + retain }

  static let keys = [
    "plan", "version", "forget", "retain", "parameters", "lora", "sequence", "steps", "slices",
    "optimiser", "schedule", "reference", "recompute", "boundary", "seeds", "checkpoints", "memory",
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
    try root.allow(UnlearningPlan.keys)
    let folder = Folder.parent(of: file.path)
    path = file.path
    bytes = file.bytes
    name = try root.required("plan").string()
    version = try root.required("version").string()
    forget = try UnlearningPlan.terms(root.required("forget"), .forget, folder)
    retain =
      try root.optional("retain").map { node throws(SettingsError) in
        try UnlearningPlan.terms(node, .retain, folder)
      } ?? []
    parameters = try ParameterPatterns(root.optional("parameters"))
    lora = try root.optional("lora").map { node throws(SettingsError) in
      try TrainingPlan.LowRank(node)
    }
    if let node = root.optional("lora"), parameters != .all {
      throw node.mistake("stands beside `parameters`; an adapter is all that is trained")
    }
    sequence = try root.required("sequence").int(in: 2...(1 << 20))
    steps = try root.required("steps").int(in: 1...TrainingPlan.RunLength.stepLimit)
    slices = try root.optional("slices")?.int(in: 1...(1 << 20)) ?? 1
    optimiser = try OptimiserSettings(root.optional("optimiser"), rate: 1e-5, decay: 0)
    schedule = try Schedule(root.optional("schedule"))
    try schedule.check(steps: steps, root)
    referenceMemory = try UnlearningPlan.reference(root.optional("reference"))
    recompute = try root.optional("recompute")?.bool() ?? false
    let terms = forget + retain
    boundary = try root.optional("boundary").map { node throws(SettingsError) in
      try BoundaryRule(node, folder: folder, terms: terms)
    }
    seeds = try Seeds(root.optional("seeds"))
    checkpoints = try TrainingPlan.CheckpointRule(root.optional("checkpoints"))
    memory = try root.optional("memory").map { node throws(SettingsError) in
      try node.byteSize(in: (1 << 20)...(1 << 50))
    }
    try check(root)
  }

  private static func reference(_ node: SettingsNode?) throws(SettingsError) -> Int {
    guard let mapping = try node?.mapping() else { return usualReferenceMemory }
    try mapping.allow(["memory"])
    return try mapping.required("memory").byteSize(in: 0...(1 << 50))
  }

  /// Bytes that hidden states of the start model may take where the plan does not say.
  public static let usualReferenceMemory = 256 << 20

  /// The seeds by their names.
  public struct Seeds: Sendable, Equatable {
    /// Orders the items of each term.
    public var order: UInt64
    /// Draws the directions of representation methods.
    public var direction: UInt64
    /// Chooses each item's answer among those that the plan gives.
    public var answers: UInt64
    /// Draws the first weights of an adapter.
    public var initialisation: UInt64

    init(_ node: SettingsNode?) throws(SettingsError) {
      let mapping = try node?.mapping()
      try mapping?.allow(["order", "direction", "answers", "initialisation"])
      func seed(_ name: String, _ usual: UInt64) throws(SettingsError) -> UInt64 {
        try mapping?.optional(name).map { node throws(SettingsError) in
          UInt64(try node.int(in: 0...Int.max))
        } ?? usual
      }
      order = try seed("order", 1)
      direction = try seed("direction", 2)
      answers = try seed("answers", 3)
      initialisation = try seed("initialisation", 4)
    }

    /// The seeds with their names, in a fixed order.
    public var named: [(name: String, seed: UInt64)] {
      [
        ("order", order), ("direction", direction), ("answers", answers),
        ("initialisation", initialisation),
      ]
    }
  }
}
