internal import Corpus
internal import Foundation
internal import Ledger
internal import Screening
internal import Streams

/// What decides the output of a run. A run resumes only as the run that it was.
struct RunIdentity: Codable, Equatable {
  struct ShardIdentity: Codable, Equatable {
    var name: String
    var size: Int64
    var modified: Int64
  }

  struct Pack: Codable, Equatable {
    var name: String
    var version: String
    var sha256: String
  }

  var run: String
  var plan: String
  var planName: String
  var packs: [Pack]
  var version: String
  var binary: String
  var libraries: String
  var shards: [ShardIdentity]
  /// The snapshots that the input is compared with: run and root.
  var against: [String]?
  /// How many runs of the same identity the ledger knew when this one began.
  var generation = 0

  init(
    _ plan: CurationPlan, _ shards: [Shard], _ code: CodeVersion, earlier: [EarlierShard] = []
  ) {
    self.plan = Digest256(hashing: plan.bytes).hex
    planName = plan.name
    packs = plan.screens.ruleSets.map {
      Pack(name: $0.name, version: $0.version, sha256: Digest256(hashing: $0.body).hex)
    }
    version = code.version
    binary = code.binary.hex
    libraries = code.libraries
    self.shards = shards.map {
      ShardIdentity(name: $0.name, size: $0.size, modified: $0.modified)
    }
    if !earlier.isEmpty {
      against = earlier.map { "\($0.shard.name) \($0.description.sha256.hex)" }
    }
    run = ""
    run = identifier
  }

  /// The same run, begun again where a ledger knows `generation` earlier ones.
  mutating func begin(generation: Int) {
    run = ""
    self.generation = 0
    run = identifier + (generation == 0 ? "" : "-\(generation)")
    self.generation = generation
  }

  /// 16 hexadecimal digits over everything but the times of the files, which do not decide what is
  /// written.
  private var identifier: String {
    var timeless = self
    for index in timeless.shards.indices { timeless.shards[index].modified = 0 }
    return String(Digest256(hashing: timeless.bytes).hex.prefix(16))
  }

  /// Canonical JSON.
  var bytes: [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      preconditionFailure("strings and numbers are encodable")
    }
    return Array(data)
  }

  /// What differs from an earlier run's identity, in words; empty when nothing does.
  func changes(since earlier: RunIdentity) -> [String] {
    var changes: [String] = []
    if plan != earlier.plan { changes.append("the plan") }
    if packs != earlier.packs { changes.append("a pack") }
    if against != earlier.against { changes.append("a snapshot that it is compared with") }
    if (version, binary, libraries) != (earlier.version, earlier.binary, earlier.libraries) {
      changes.append("the cordon binary or its libraries")
    }
    // As bytes: two names that differ in composition only are equal as strings.
    if shards.map({ Array($0.name.utf8) }) != earlier.shards.map({ Array($0.name.utf8) }) {
      changes.append("the list of input shards")
    } else if let changed = zip(shards, earlier.shards).first(where: { $0.size != $1.size }) {
      changes.append("the input shard \(changed.0.name)")
    }
    return changes
  }

  /// The identity that an output folder holds; nil for none.
  static func read(_ layout: OutputLayout) throws -> RunIdentity? {
    guard Folder.exists(layout.runFile) else { return nil }
    let bytes = try FileSource.contents(of: layout.runFile)
    guard let identity = try? JSONDecoder().decode(RunIdentity.self, from: Data(bytes)) else {
      throw CurationError(
        .foreignOutput, layout.runFile, "is not a run of this version; start anew with --fresh")
    }
    return identity
  }

  /// Writes it, whole or not at all.
  func write(_ layout: OutputLayout) throws {
    let file = try OutputFile(temporaryPath: layout.runFile + ".partial")
    try file.write(bytes + [0x0A])
    try file.publish(as: layout.runFile)
  }
}
