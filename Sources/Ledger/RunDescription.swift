public import Streams

/// A file by what it holds.
public struct Artefact: Equatable, Sendable {
  /// The SHA-256 of its bytes.
  public var sha256: Digest256
  /// Its length in bytes.
  public var bytes: Int64

  /// An artefact with this digest and length.
  public init(sha256: Digest256, bytes: Int64) {
    self.sha256 = sha256
    self.bytes = bytes
  }
}

/// One rule of a run: what a match or a decision points to.
public struct RuleRow: Equatable, Sendable {
  /// `blocklist/NAME@VERSION#INDEX`: pack, version and index of the term; never its text.
  public var name: String
  /// The index into the run's rule sets.
  public var ruleSet: Int

  /// A rule with this name in the rule set at this index.
  public init(name: String, ruleSet: Int) {
    self.name = name
    self.ruleSet = ruleSet
  }
}

/// A rule pack or list, by its exact bytes.
public struct RuleSetRow: Equatable, Sendable {
  /// The pack's name.
  public var name: String
  /// The pack's version.
  public var version: String
  /// The exact bytes of the file.
  public var body: [UInt8]

  /// A rule set with these bytes.
  public init(name: String, version: String, body: [UInt8]) {
    self.name = name
    self.version = version
    self.body = body
  }

  /// The SHA-256 of ``body``.
  public var sha256: Digest256 { Digest256(hashing: body) }
}

/// The program that makes a run.
public struct CodeVersion: Equatable, Sendable {
  /// Cordon's version.
  public var version: String
  /// The SHA-256 of the binary.
  public var binary: Digest256
  /// The compiler's version.
  public var swift: String
  /// The C libraries that decide bytes, with their versions.
  public var libraries: String

  /// A program with these versions.
  public init(version: String, binary: Digest256, swift: String, libraries: String) {
    self.version = version
    self.binary = binary
    self.swift = swift
    self.libraries = libraries
  }
}

extension CodeVersion {
  /// Writes the member `code` of an entry of the log.
  func write(to json: inout JSONText) {
    json.object("code") { json in
      json.member("version", version)
      json.member("binary", binary.hex)
      json.member("swift", swift)
      json.member("libraries", libraries)
    }
  }
}

/// The machine that a run began on. Nothing in the output depends on it, so the canonical dump
/// leaves it out.
public struct MachineDescription: Equatable, Sendable {
  /// The operating system.
  public var os: String
  /// The processor.
  public var cpu: String
  /// Its cores.
  public var cores: Int
  /// SQLite's version.
  public var sqlite: String

  /// A machine with these parts.
  public init(os: String, cpu: String, cores: Int, sqlite: String) {
    self.os = os
    self.cpu = cpu
    self.cores = cores
    self.sqlite = sqlite
  }
}

/// All that decides a run's output, and the machine that it began on.
public struct RunDescription: Sendable {
  /// The run's id, hexadecimal: made of what decides the output, so the same for the same.
  public var id: String
  /// The recipe: `curate`.
  public var kind: String
  /// The exact bytes of the plan file.
  public var plan: [UInt8]
  /// What else decides the output, as canonical JSON.
  public var settings: String
  /// The seed of everything random.
  public var seed: UInt64
  /// The rule sets that the plan names, in its order.
  public var ruleSets: [RuleSetRow]
  /// The rules; a record points here with a 1-based index.
  public var rules: [RuleRow]
  /// The reasons that a verdict may name; a record points here with a 1-based index.
  public var reasons: [String]
  /// The program.
  public var code: CodeVersion
  /// The machine.
  public var machine: MachineDescription
  /// The shards' paths below the common folder, in the order of their UTF-8 bytes.
  public var shards: [String]
  /// The shards of earlier snapshots that it is compared with. A survivor, neighbour or cluster
  /// whose shard has the index `shards.count + i` stands in the i-th of them.
  public var against: [AgainstShard]

  /// A run with these parts.
  public init(
    id: String, kind: String, plan: [UInt8], settings: String, seed: UInt64,
    ruleSets: [RuleSetRow], rules: [RuleRow], reasons: [String], code: CodeVersion,
    machine: MachineDescription, shards: [String], against: [AgainstShard] = []
  ) {
    self.id = id
    self.kind = kind
    self.plan = plan
    self.settings = settings
    self.seed = seed
    self.ruleSets = ruleSets
    self.rules = rules
    self.reasons = reasons
    self.code = code
    self.machine = machine
    self.shards = shards
    self.against = against
  }

  /// What differs between this run and another, machine aside; nil where nothing does.
  ///
  /// Strings are compared by their bytes: to Swift, two spellings of é are equal.
  func difference(from other: RunDescription) -> String? {
    func bytes(_ strings: [String]) -> [[UInt8]] { strings.map { Array($0.utf8) } }
    if plan != other.plan { return "the plan" }
    if bytes([kind, settings]) != bytes([other.kind, other.settings]) { return "the settings" }
    if seed != other.seed { return "the seed" }
    if bytes(shards) != bytes(other.shards) { return "the list of shards" }
    if ruleSets.map(\.body) != other.ruleSets.map(\.body)
      || bytes(ruleSets.flatMap { [$0.name, $0.version] })
        != bytes(other.ruleSets.flatMap { [$0.name, $0.version] })
    {
      return "a rule set"
    }
    if bytes(rules.map(\.name)) != bytes(other.rules.map(\.name))
      || rules.map(\.ruleSet) != other.rules.map(\.ruleSet)
    {
      return "the list of rules"
    }
    if bytes(reasons) != bytes(other.reasons) { return "the list of reasons" }
    if code != other.code { return "the program" }
    if against != other.against
      || bytes(against.map(\.path)) != bytes(other.against.map(\.path))
    {
      return "the list of earlier snapshots"
    }
    return nil
  }
}
