public import ArgumentParser
import Foundation
public import Streams

/// `cordon-bench corpus`: writes a corpus of invented documents.
struct CorpusCommand: ParsableCommand {
  enum Kind: String, ExpressibleByArgument, CaseIterable { case plain, demo, defects }
  enum Format: String, ExpressibleByArgument, CaseIterable { case jsonl, txt }

  static let configuration = CommandConfiguration(
    commandName: "corpus",
    abstract: "Write a corpus of invented documents: same arguments, same bytes.",
    discussion: """
      plain    documents, a share of them planted: hazards in every disguise, exact duplicates,
               mentions, short texts; JSON lines in --shards files, or one .txt file a document
      demo     what Corpora/demo holds: every format, compression and defect of a record
      defects  what Corpora/defects holds: one small file for every format and every defect

      Examples:
        cordon-bench corpus --documents 10000 --compression zstd --output corpus
        cordon-bench corpus --kind demo --output demo --truth demo.truth.tsv
      """)

  @Option(help: ArgumentHelp("The folder to make; it must be empty or missing.", valueName: "DIR"))
  var output: String

  @Option(help: "plain, demo or defects.") var kind = Kind.plain

  @Option(help: ArgumentHelp("Decides every byte, with the other arguments.", valueName: "N"))
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("How many documents (plain; about, in demo).", valueName: "N"))
  var documents = 240

  @Option(help: ArgumentHelp("How many shards of JSON lines (plain).", valueName: "N"))
  var shards = 4

  @Option(help: "jsonl or txt (plain).") var format = Format.jsonl

  @Option(help: "none, gzip, zstd or lz4 (plain).") var compression = Compression.none

  @Option(
    help: ArgumentHelp(
      "Also write what is planted where: shard, row, id, kind and detail, parted by tabs.",
      valueName: "FILE"))
  var truth: String?

  func validate() throws {
    guard documents >= 1, shards >= 1 else {
      throw ValidationError("--documents and --shards must be at least 1.")
    }
  }

  func run() throws {
    let manager = FileManager.default
    if let entries = try? manager.contentsOfDirectory(atPath: output), !entries.isEmpty {
      throw BenchError(.usage, "\(output) is not empty; name another folder or remove it first")
    }
    let made = plannedShards()
    for shard in made {
      let file = URL(fileURLWithPath: output).appendingPathComponent(shard.path)
      try manager.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(shard.bytes()).write(to: file)
    }
    let rows = made.flatMap(\.truth)
    if let truth {
      let text = (["shard\trow\tid\tplanted\tdetail"] + rows.map(\.line)).joined(separator: "\n")
      try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: truth))
    }
    print("\(output): \(made.count) shards, \(rows.count) records")
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
    }
  }
}

extension Compression: ExpressibleByArgument {}
