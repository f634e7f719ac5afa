package import Settings

extension TrainingPlan {
  /// When a run ends.
  public enum RunLength: Sendable, Equatable {
    /// After this many steps.
    case steps(Int)
    /// When every sequence was read this many times; the last step may begin the next epoch.
    case epochs(Int)

    /// The most steps that a plan may ask for.
    package static let stepLimit = 1 << 40

    /// The steps of a run.
    ///
    /// - Parameters:
    ///   - sequences: how many there are to train on, at least 1.
    ///   - batch: sequences of each step.
    public func steps(sequences: Int, batch: Int) -> Int {
      precondition(sequences > 0 && batch > 0, "something to train on")
      return switch self {
      case .steps(let steps): steps
      case .epochs(let epochs): (epochs * sequences + batch - 1) / batch
      }
    }

    init(_ root: SettingsMapping) throws(SettingsError) {
      switch (root.optional("steps"), root.optional("epochs")) {
      case (let steps?, nil): self = .steps(try steps.int(in: 1...RunLength.stepLimit))
      case (nil, let epochs?): self = .epochs(try epochs.int(in: 1...100_000))
      case (.some, let epochs?): throw epochs.mistake("stands beside `steps`; give one of them")
      case (nil, nil): throw root.node.mistake("needs `steps` or `epochs`")
      }
    }
  }

  /// The seeds by their names.
  public struct Seeds: Sendable, Equatable {
    /// Draws the first weights.
    public var initialisation: UInt64
    /// Orders the sequences.
    public var order: UInt64
    /// Chooses what is held out.
    public var validation: UInt64

    init(_ node: SettingsNode?) throws(SettingsError) {
      let mapping = try node?.mapping()
      try mapping?.allow(["initialisation", "order", "validation"])
      func seed(_ name: String, _ usual: UInt64) throws(SettingsError) -> UInt64 {
        try mapping?.optional(name).map { node throws(SettingsError) in
          UInt64(try node.int(in: 0...Int.max))
        } ?? usual
      }
      initialisation = try seed("initialisation", 1)
      order = try seed("order", 2)
      validation = try seed("validation", 3)
    }

    /// The seeds with their names, in a fixed order.
    public var named: [(name: String, seed: UInt64)] {
      [("initialisation", initialisation), ("order", order), ("validation", validation)]
    }
  }

  /// A low-rank adapter (Hu et al. 2021), in the terms of PEFT.
  public struct LowRank: Sendable, Equatable {
    /// The rank of the added matrices.
    public var rank: Int
    /// What they are scaled by, times the rank.
    public var alpha: Double
    /// The ends of the names of the layers that get one.
    public var targets: [String]

    /// The `lora` of a plan.
    package init(_ node: SettingsNode) throws(SettingsError) {
      let mapping = try node.mapping()
      try mapping.allow(["rank", "alpha", "targets"])
      rank = try mapping.required("rank").int(in: 1...65_536)
      alpha = try mapping.optional("alpha")?.double(in: 1e-6...1e6) ?? Double(rank)
      targets = try TrainingPlan.names(mapping.required("targets"))
    }
  }

  /// Which checkpoints are written and kept. The last step's always is.
  public struct CheckpointRule: Sendable, Equatable {
    /// Steps between two; nil for the last step's alone.
    public var every: Int?
    /// How many of the newest are kept, at least 1; nil for all.
    public var last: Int?
    /// Whether the one of the lowest validation loss is kept too; nil where the plan does not say.
    public var best: Bool?

    /// The `checkpoints` of a plan.
    package init(_ node: SettingsNode?) throws(SettingsError) {
      let mapping = try node?.mapping()
      try mapping?.allow(["every", "last", "best"])
      every = try mapping?.optional("every")?.int(in: 1...RunLength.stepLimit)
      last = try mapping?.optional("last")?.int(in: 1...1_000_000)
      best = try mapping?.optional("best")?.bool()
    }
  }
}

extension OptimiserSettings {
  /// The `optimiser` of a plan; a clip of 0 is none.
  ///
  /// - Parameters:
  ///   - rate: that of a plan that names none.
  ///   - decay: likewise.
  package init(
    _ node: SettingsNode?, rate: Double = 3e-4, decay: Double = 0.1
  ) throws(SettingsError) {
    let mapping = try node?.mapping()
    try mapping?.allow(["rate", "decay", "beta1", "beta2", "epsilon", "clip"])
    let below = 1 - 1e-9
    let clip = try mapping?.optional("clip")?.double(in: 0...1e6) ?? 1
    self.init(
      rate: try mapping?.optional("rate")?.double(in: 1e-12...1e3) ?? rate,
      decay: try mapping?.optional("decay")?.double(in: 0...1e3) ?? decay,
      beta1: try mapping?.optional("beta1")?.double(in: 0...below) ?? 0.9,
      beta2: try mapping?.optional("beta2")?.double(in: 0...below) ?? 0.95,
      epsilon: try mapping?.optional("epsilon")?.double(in: 1e-30...1) ?? 1e-8,
      clip: clip == 0 ? nil : clip)
  }
}

extension Schedule {
  /// The `schedule` of a plan.
  package init(_ node: SettingsNode?) throws(SettingsError) {
    let mapping = try node?.mapping()
    try mapping?.allow(["kind", "warmup", "final"])
    let chosen = try mapping?.optional("kind")?.choice(of: Kind.allCases.map(\.rawValue))
    let kind = chosen.flatMap { Kind(rawValue: $0) } ?? .constant
    if kind == .constant, let node = mapping?.optional("final") {
      throw node.mistake("a constant rate has no final share; leave the key out")
    }
    self.init(
      kind: kind,
      warmup: try mapping?.optional("warmup")?.int(in: 0...TrainingPlan.RunLength.stepLimit) ?? 0,
      final: try mapping?.optional("final")?.double(in: 0...1) ?? (kind == .constant ? 1 : 0))
  }

  /// Sees to it that the warm-up ends within the run.
  package func check(steps: Int, _ root: SettingsMapping) throws(SettingsError) {
    guard warmup >= steps, warmup > 0 else { return }
    let node = try root.required("schedule").mapping().required("warmup")
    throw node.mistake("is not below the \(steps) steps of the run")
  }
}

extension SettingsNode {
  /// A size such as `3GB` or `512MiB`: a whole number and `KB`, `MB`, `GB`, `TB` (powers of 1,000)
  /// or `KiB`, `MiB`, `GiB`, `TiB` (powers of 1,024); `B` or nothing for bytes.
  package func byteSize(in range: ClosedRange<Int>) throws(SettingsError) -> Int {
    let text = try string()
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units: [(String, Int)] = [
      ("", 1), ("B", 1), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
      ("TB", 1_000_000_000_000),
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]
    let unit = text.dropFirst(digits.count)
    guard let number = Int(digits), let scale = units.first(where: { $0.0 == unit })?.1 else {
      throw mistake("expected a size, such as 3GB or 512MiB")
    }
    let (size, isOver) = number.multipliedReportingOverflow(by: scale)
    guard !isOver, range.contains(size) else {
      throw mistake("expected a size from \(range.lowerBound) to \(range.upperBound) bytes")
    }
    return size
  }
}
