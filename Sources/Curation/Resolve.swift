internal import Corpus
internal import Deduplication
internal import Foundation
internal import Ledger
internal import Streams

/// What resolving found out about the run as a whole.
struct ResolvedRun: Codable, Equatable {
  /// How many ids of each shard were seen before.
  var repeatedIDs: [Int64]
  /// What the search for near duplicates did; nil where the plan asks for none.
  var near: NearDuplicateCounts?
  /// The SHA-256 of each shard's resolutions, in hexadecimal; nil for a shard without any.
  var resolutions: [String?] = []

  /// Proves that a shard's resolutions are what was written: a missing or damaged file would let
  /// duplicates, and near copies of hazards, pass for kept.
  func check(_ shard: Int, _ layout: OutputLayout) throws {
    let found = try ResolvedRun.digest(layout.duplicates(shard))
    guard resolutions.indices.contains(shard), resolutions[shard] == found else {
      throw CurationError.damaged(layout.duplicates(shard))
    }
  }

  /// The digest of a file of resolutions; nil where there is none.
  static func digest(_ path: String) throws -> String? {
    Folder.exists(path) ? try FileSource.digest(of: path).hex : nil
  }
}

/// The second stage: finds what no shard can know alone, from the intermediate rows of all.
struct Resolver {
  /// Of the run's memory, resolving may take one part in this many.
  static let memoryShare = 2

  let context: StageContext
  let memory: Int
  var threads = 1

  /// Resolves; what it answers depends on the rows alone.
  func run() throws {
    var judged: [Int: JudgedShard] = [:]
    for index in context.survivalOrder {
      judged[index] = try JudgedShard.read(context.layout, index)
    }
    let order = SurvivalOrder(context.survivalOrder, rows: judged.mapValues(\.rows))
    let folder = Folder.parent(of: context.layout.resolvedFile)
    try Folder.remove(folder)
    try Folder.make(folder)
    context.meter.begin("resolve", bytes: Int64(order.count))
    var resolved = ResolvedRun(
      repeatedIDs: Array(repeating: 0, count: context.shards.count), near: nil)
    if context.plan.duplicates.exact || context.plan.duplicates.near != nil {
      resolved.near = try resolveDuplicates(judged, order, folder)
    }
    if context.plan.fields.id != nil { try countRepeatedIDs(judged, folder, &resolved) }
    resolved.resolutions = try context.shards.indices.map {
      try ResolvedRun.digest(context.layout.duplicates($0))
    }
    let done = try OutputFile(temporaryPath: folder + "/done.partial")
    try done.write(Array(JSONEncoder().encode(resolved)))
    try done.publish(as: context.layout.resolvedFile)
  }

  /// What was found out, once the run is resolved; nil before.
  static func outcome(_ layout: OutputLayout) throws -> ResolvedRun? {
    guard Folder.exists(layout.resolvedFile) else { return nil }
    return try decodeWork(ResolvedRun.self, layout.resolvedFile)
  }

  private func forEachRow(
    of shard: Int, _ judged: JudgedShard?, _ body: (UInt64, JudgedRow) throws -> Void
  ) throws {
    let reader = try JudgedFileReader(path: context.layout.judged(shard))
    let doubt = judged.flatMap { context.doubt($0) }
    var row: UInt64 = 0
    var offset: Int64 = 0
    while let block = try reader.next() {
      if Interruption.isRequested { throw InterruptedError() }
      for index in 0..<block.rowCount {
        try body(row, block.row(index, offset: offset, doubt: doubt))
        row += 1
      }
      offset = reader.offset
    }
  }

  private func resolveDuplicates(
    _ judged: [Int: JudgedShard], _ order: SurvivalOrder, _ folder: String
  ) throws -> NearDuplicateCounts? {
    let duplicates = context.plan.duplicates
    let options = DuplicateSearch.Options(
      exact: duplicates.exact, near: duplicates.near, contagion: context.plan.contagion != .keep,
      settled: order.documents(before: context.earlier.count), memory: memory, threads: threads)
    let signed = duplicates.near == nil ? [] : order.shards
    var search = try DuplicateSearch(
      count: order.count, options: options,
      signatures: signed.map { SignatureSource(path: context.layout.signatures($0), shard: $0) },
      rows: signed.map { UInt64(judged[$0]?.rows ?? 0) }, seal: context.seal, folder: folder)
    for (shard, base) in zip(order.shards, order.bases) {
      try forEachRow(of: shard, judged[shard]) { row, judgedRow in
        guard judgedRow.outcome != .issue else { return }
        try search.add(judgedRow.digest, ordinal: base + row, judgedRow.traits)
      }
      context.meter.advance(by: Int64(judged[shard]?.rows ?? 0))
    }
    let input = context.shards.count
    var writer = ResolutionWriter { context.layout.duplicates($0) }
    do {
      let counts = try search.resolve { verdict in
        let place = order.place(of: verdict.ordinal)
        // What an earlier snapshot keeps stays there: this run does not write it.
        guard place.shard < input else { return }
        try writer.write(order.resolution(of: verdict, row: place.row), shard: place.shard)
      }
      try writer.finish()
      return counts
    } catch let error as DeduplicationError {
      // What it asks for is part of what --memory grants.
      throw error.scaled(by: DuplicateSearch.nearShare * Resolver.memoryShare)
    }
  }

  private func countRepeatedIDs(
    _ judged: [Int: JudgedShard], _ folder: String, _ resolved: inout ResolvedRun
  ) throws {
    let rows = context.shards.indices.reduce(0) { $0 + (judged[$1]?.rows ?? 0) }
    var search = try ExactDuplicates(folder: folder, expected: rows, memory: memory)
    var key = [UInt8](repeating: 0, count: Digest256.byteCount)
    for shard in context.shards.indices {
      try forEachRow(of: shard, judged[shard]) { row, judgedRow in
        guard judgedRow.hasID else { return }
        key.withUnsafeMutableBytes { $0.storeBytes(of: judgedRow.idHash, as: UInt64.self) }
        let digest = key.withUnsafeBytes { Digest256(bytes: $0) }
        try search.add(digest, shard: UInt32(shard), row: row)
      }
    }
    try search.resolve { resolved.repeatedIDs[Int($0.shard)] += 1 }
  }
}

/// The documents of all shards in the order in which they survive, numbered by ordinals.
struct SurvivalOrder {
  /// The shards' numbers, those of earlier snapshots first.
  let shards: [Int]
  /// The documents of all.
  let count: UInt64
  /// The first ordinal of each of `shards`.
  let bases: [UInt64]

  init(_ shards: [Int], rows: [Int: Int]) {
    self.shards = shards
    var next: UInt64 = 0
    var bases: [UInt64] = []
    for shard in shards {
      bases.append(next)
      next += UInt64(rows[shard] ?? 0)
    }
    self.bases = bases
    count = next
  }

  /// How many documents the first `count` shards have.
  func documents(before count: Int) -> UInt64 {
    count < bases.count ? bases[count] : self.count
  }

  /// The document with this ordinal.
  func place(of ordinal: UInt64) -> Resolution.Place {
    precondition(ordinal < count, "an ordinal names a document")
    var low = 0
    var high = bases.count
    // The last shard that begins at or before the ordinal: empty ones share their beginning.
    while high - low > 1 {
      let middle = (low + high) / 2
      if bases[middle] <= ordinal { low = middle } else { high = middle }
    }
    return Resolution.Place(shard: shards[low], row: ordinal - bases[low])
  }

  /// What a verdict says, in the ledger's terms.
  func resolution(of verdict: DuplicateVerdict, row: UInt64) -> Resolution {
    let reason: ReasonTable.Duplicates =
      switch verdict.kind {
      case .exactCopy: .exact
      case .nearDuplicate: .near
      case .contagion: .contagion
      }
    return Resolution(
      row: row, reason: reason, survivor: verdict.survivor.map { place(of: $0) },
      evidence: verdict.evidence.map {
        Resolution.Evidence(
          cluster: place(of: $0.cluster), neighbour: place(of: $0.neighbour), shared: $0.shared,
          united: $0.united)
      })
  }
}

extension JudgedRow {
  /// What the search for duplicates must know of the record.
  fileprivate var traits: DuplicateSearch.Traits {
    var traits: DuplicateSearch.Traits = []
    if hasWords { traits.insert(.hasWords) }
    if !isAccepted { traits.insert(.refused) }
    if isHazardous && !isAccepted { traits.insert(.hazardous) }
    return traits
  }
}

extension StageContext {
  /// From where on the bytes of a shard are in doubt.
  func doubt(_ judged: JudgedShard) -> (from: Int64, reason: UInt16)? {
    judged.trustedBytes.map { ($0, reasons.number(.corruptStream)) }
  }
}

extension JudgedShard {
  /// The summary of a judged shard.
  static func read(_ layout: OutputLayout, _ index: Int) throws -> JudgedShard {
    let path = layout.judged(index) + ".json"
    guard Folder.exists(path) else {
      throw CurationError(
        .stageMissing, layout.folder,
        "shard number \(index) is not judged yet; run --stage judge on all shards first")
    }
    return try decodeWork(JudgedShard.self, path)
  }
}

/// What an intermediate file of JSON holds.
private func decodeWork<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
  let bytes = try FileSource.contents(of: path)
  guard let value = try? JSONDecoder().decode(type, from: Data(bytes)) else {
    throw CurationError.damaged(path)
  }
  return value
}
