public import ArgumentParser
import Foundation
public import Streams

/// `cordon-bench corpus`: writes a corpus of invented documents.
struct CorpusCommand: ParsableCommand {
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case plain, demo, defects
    case short, repeated, distinct, empty, templates
    case oneBand = "one-band"
    case world
    case smallWorld = "small-world"

    /// Whether its shards are made in memory, with the truth about every row.
    var isMadeWhole: Bool { [.plain, .demo, .defects].contains(self) || isWorld }
    /// Whether it is more than a corpus.
    var isWorld: Bool { [.world, .smallWorld].contains(self) }
  }
  enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, txt }

  static let configuration = CommandConfiguration(
    commandName: "corpus",
    abstract: "Write a corpus of invented documents: same arguments, same bytes.",
    discussion: """
      plain    documents, a share of them planted: hazards in every disguise, exact duplicates,
               mentions, short texts; JSON lines in --shards files, or one .txt file a document
      demo     what Corpora/demo holds: every format, compression and defect of a record
      defects  what Corpora/defects holds: one small file for every format and every defect

      Of any length, plain JSON lines, as many as --documents says, cut into --shards files:
      short      5 to 20 words; 3 % are exact copies of an earlier text, about 5 % near copies
      repeated   one text, again and again
      distinct   texts that have no shingle in common
      empty      empty texts and texts without a word
      one-band   texts that share a long passage and are not near: huge buckets, one near copy in 16
      templates  clusters of --copies near copies; every tenth holds one hazard

      A folder with all that unlearning and attacks need, made by --seed alone:
      world        a raw corpus with hazards in every disguise, texts to train on,
                   items for duals and verdict, and the settings that curate, train,
                   measure, unlearn and attack
      small-world  the same for tests, 228 facts in place of 3,280: too few items for a
                   verdict of met, for which one constraint alone would need 16,304;
                   its unlearning ends with "not met" or "not enough items"

      Near copies have a Jaccard similarity of 0.7 or more to their original, over shingles of five
      words; the last line says how many there are.

      Examples:
        cordon-bench corpus --documents 10000 --compression zstd --output corpus
        cordon-bench corpus --kind short --documents 20000000 --shards 64 --output short --json
        cordon-bench corpus --kind demo --output demo --truth demo.truth.tsv
      """)

  @Option(help: ArgumentHelp("The folder to make; it must be empty or missing.", valueName: "DIR"))
  var output: String

  @Option(help: ArgumentHelp("What to write, as listed above.", valueName: "KIND"))
  var kind = Kind.plain

  @Option(help: ArgumentHelp("Decides every byte, with the other arguments.", valueName: "N"))
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp("How many documents (not defects, worlds; about, in demo).", valueName: "N"))
  var documents = 240

  @Option(help: ArgumentHelp("How many shards (not demo, defects, worlds).", valueName: "N"))
  var shards = 4

  @Option(help: "jsonl or txt (plain).") var format = Format.jsonl

  @Option(help: "none, gzip, zstd or lz4 (plain).") var compression = Compression.none

  @Option(help: ArgumentHelp("Documents of a cluster (templates).", valueName: "N"))
  var copies = 100

  @Option(
    help: ArgumentHelp(
      """
      Also write what is planted where: shard, row, id, kind and detail, parted by tabs \
      (plain, demo, defects, worlds).
      """, valueName: "FILE"))
  var truth: String?

  @Flag(help: "One JSON object in place of the last line.") var json = false

  func validate() throws {
    guard documents >= 1, shards >= 1, copies >= 1 else {
      throw ValidationError("--documents, --shards and --copies must be at least 1.")
    }
    guard !kind.isMadeWhole else { return }
    guard documents <= 999_999_999 else {
      throw ValidationError("--documents is at most 999999999: ids have nine digits.")
    }
    guard format == .jsonl, compression == .none, truth == nil else {
      throw ValidationError(
        "--kind \(kind.rawValue) takes no --format, --compression or --truth.")
    }
  }

  func run() throws {
    let manager = FileManager.default
    if let entries = try? manager.contentsOfDirectory(atPath: output), !entries.isEmpty {
      throw BenchError(.usage, "\(output) is not empty; name another folder or remove it first")
    }
    if let longKind {
      let corpus = LongCorpus(folder: output, documents: documents, shards: shards)
      return printCounts(try corpus.write(longKind), shards: shards)
    }
    let (files, rows, made) = try plannedFiles()
    for (path, bytes) in files {
      let file = URL(fileURLWithPath: output).appendingPathComponent(path)
      try manager.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: file)
    }
    if let truth {
      let text = (["shard\trow\tid\tplanted\tdetail"] + rows.map(\.line)).joined(separator: "\n")
      try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: truth))
    }
    printCounts(nil, shards: made, records: rows.count)
  }

  /// The last line: what was written, and what of it a search for duplicates must find.
  private func printCounts(_ counts: LongCorpus.Counts?, shards: Int, records: Int = 0) {
    let records = counts?.documents ?? records
    guard json else {
      var line = "\(output): \(shards) shards, \(records) records"
      if let counts {
        line += ", \(counts.exactCopies) exact copies, \(counts.nearCopies) near copies"
      }
      if let hazards = counts?.hazards, hazards > 0 { line += ", \(hazards) hazards" }
      return print(line)
    }
    var text = JSONText()
    text.object { text in
      text.member("shards", shards)
      text.member("records", records)
      if let counts {
        text.member("exactCopies", counts.exactCopies)
        text.member("nearCopies", counts.nearCopies)
        text.member("hazards", counts.hazards)
      }
    }
    print(text.text)
  }

  /// The kind of a corpus that is written as it is drawn; nil where it is made whole first.
  private var longKind: (any LongKind)? {
    switch kind {
    case .plain, .demo, .defects, .world, .smallWorld: nil
    case .short: ShortTexts(seed: seed)
    case .repeated: RepeatedText(seed: seed)
    case .distinct: DistinctTexts(seed: seed)
    case .empty: WordlessTexts()
    case .oneBand: SharedPassage(seed: seed)
    case .templates: TemplateTexts(seed: seed, documents: documents, copies: copies)
    }
  }

  /// The files of a corpus that is made whole, what is planted in them, and how many are shards.
  private func plannedFiles() throws -> (
    files: [(path: String, bytes: [UInt8])], truth: [Truth], shards: Int
  ) {
    if kind.isWorld {
      let world = World(seed: seed, size: kind == .world ? .full : .small)
      let (files, truth) = try WorldFiles(world: world).all()
      return (files, truth, files.count { $0.path.hasPrefix("shards/") })
    }
    let made = plannedShards()
    return (try made.map { ($0.path, try $0.bytes()) }, made.flatMap(\.truth), made.count)
  }

  private func plannedShards() -> [Shard] {
    switch kind {
    case .demo: return DemoCorpus.shards(seed: seed, documents: documents)
    case .defects: return DefectCorpus.shards(seed: seed)
    case .plain:
      return format == .jsonl
        ? PlainCorpus.shards(
          seed: seed, documents: documents, shards: shards, compression: compression)
        : PlainCorpus.texts(seed: seed, documents: documents, compression: compression)
    case .short, .repeated, .distinct, .empty, .oneBand, .templates, .world, .smallWorld:
      preconditionFailure("\(kind.rawValue) is written as it is drawn")
    }
  }
}

extension Compression: ExpressibleByArgument {}
