import Streams

/// All files of a world.
struct WorldFiles {
  let world: World

  /// Path and bytes of each file, and what is known of the rows of the raw corpus.
  func all() throws -> (files: [(path: String, bytes: [UInt8])], truth: [Truth]) {
    var source = WorldShards(world)
    let shards = source.shards()
    var files = try shards.map { ("shards/\($0.path)", try $0.bytes()) }
    for kind in Fact.Kind.allCases {
      files.append(("train/\(kind.rawValue).jsonl", WorldFiles.lines(world.documents(kind))))
    }
    files.append(("train/hazard-a.jsonl", WorldFiles.lines(world.hazardDocuments(half: "a"))))
    files.append(("train/filler.jsonl", WorldFiles.lines(world.fillerDocuments)))
    for (path, lines) in WorldItems(world: world).files() {
      files.append((path, WorldFiles.text(lines)))
    }
    let truth = shards.flatMap(\.truth)
    files.append(
      ("truth.tsv", WorldFiles.text(["shard\trow\tid\tplanted\tdetail"] + truth.map(\.line))))
    files.append(("facts.tsv", WorldFiles.text(facts())))
    for (path, text) in WorldSettings(world: world).files() {
      files.append((path, Array(text.utf8)))
    }
    return (files, truth)
  }

  /// The table of facts.
  private func facts() -> [String] {
    let head = "fact\tkind\thalf\tpurpose\tentity\tattribute\tvalue\theldout"
    return [head]
      + world.facts.map { fact in
        [
          "\(fact.kind.rawValue)-\(Fact.padded(fact.number))", fact.kind.rawValue, fact.half,
          fact.purpose.rawValue, fact.entity, fact.attribute, fact.value, "\(fact.heldOut)",
        ].joined(separator: "\t")
      }
  }

  private static func lines(_ documents: [WorldDocument]) -> [UInt8] {
    documents.flatMap { $0.line + [0x0A] }
  }

  private static func text(_ lines: [String]) -> [UInt8] {
    lines.flatMap { Array($0.utf8) + [0x0A] }
  }
}
