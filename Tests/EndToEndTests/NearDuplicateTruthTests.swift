import Foundation
import Streams
import TestSupport
import Testing

/// Real corpora, against all pairs of them as another implementation found them.
@Suite struct NearDuplicateTruthTests {
  private struct Pair: Hashable {
    var first: String
    var second: String

    init(_ one: String, _ other: String) {
      first = min(one, other)
      second = max(one, other)
    }
  }

  private struct Truth {
    /// Pairs of at least half, with their similarity; equal texts have 1.
    var similarity: [Pair: Double] = [:]

    init(_ name: String) throws {
      let file = Repository.shared("data/neardup_truth/\(name).truth.jsonl")
      for line in try Data(contentsOf: file).split(separator: 0x0A).dropFirst() {
        let entry = try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
        if let group = (entry["exact"] ?? entry["same_shingles"]) as? [String] {
          for (index, one) in group.enumerated() {
            for other in group[..<index] { similarity[Pair(one, other)] = 1 }
          }
        } else if let one = entry["a"] as? String, let other = entry["b"] as? String {
          similarity[Pair(one, other)] = entry["j"] as? Double
        }
      }
    }
  }

  private struct Document {
    var id: String
    var hasMarks: Bool
    var hasWords: Bool
  }

  /// The documents of JSON lines, in order.
  private func documents(_ content: Data) throws -> [Document] {
    try content.split(separator: 0x0A).map {
      let entry = try JSONSerialization.jsonObject(with: $0) as? [String: Any] ?? [:]
      let text = entry["text"] as? String ?? ""
      return Document(
        id: try #require(entry["id"] as? String),
        hasMarks: text.unicodeScalars.contains { $0.properties.generalCategory == .nonspacingMark },
        hasWords: text.contains { $0.isLetter || $0.isNumber })
    }
  }

  private func decoded(_ path: String) throws -> Data {
    let source = try DecodedSource(try FileSource(path: path))
    let block = ByteBlock(capacity: 1 << 20)
    while try source.read(into: block) {}
    return Data(block.bytes)
  }

  /// The JSON lines of a corpus, whatever it is kept in.
  private func corpus(_ name: String) throws -> Data {
    switch name {
    case "tldr_en":
      return try decoded(Repository.shared("data/tldr_pages/tldr_en.jsonl.zst").path)
    case "uscode_titles_01-25":
      return try decoded(
        Repository.shared("data/uscode/uscode_titles_01-25.jsonl.zst").path)
    default:
      let file = Repository.shared("data/minhash_articles/articles_1000.train")
      var content = Data()
      for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        let parts = line.split(separator: " ", maxSplits: 1)
        content += try JSONSerialization.data(
          withJSONObject: ["id": String(parts[0]), "text": String(parts.last ?? "")])
        content.append(0x0A)
      }
      return content
    }
  }

  private struct Found {
    /// The cluster of each document that is in one, by row.
    var cluster: [Int: Int] = [:]
    /// What condemned documents: row, neighbour, similarity.
    var evidence: [(row: Int, neighbour: Int, similarity: Double)] = []
    var skippedPairs = -1

    init(output: String) throws {
      let dump = try BuiltCommand.run(["audit", "dump", "--output", output]).stdout
      var survivors: [Int: Int] = [:]
      for line in dump.split(separator: 0x0A) {
        let kinds = [#"{"table":"similarity""#, #"{"table":"duplicate""#, #"{"table":"measure""#]
        guard kinds.contains(where: { line.starts(with: $0.utf8) }) else { continue }
        let entry = try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
        let row = entry["row"] as? Int ?? -1
        if let survivor = entry["survivor_row"] as? Int { survivors[row] = survivor }
        if let shared = entry["shared"] as? Int, let united = entry["united"] as? Int {
          cluster[row] = entry["cluster_row"] as? Int
          evidence.append(
            (row, entry["neighbour_row"] as? Int ?? -1, Double(shared) / Double(united)))
        }
        if entry["name"] as? String == "skippedPairs" {
          skippedPairs = entry["value"] as? Int ?? -1
        }
      }
      for (row, survivor) in survivors where cluster[row] != nil {
        cluster[survivor] = cluster[row]
      }
    }
  }

  @Test(
    "every near pair in one cluster, no evidence below the threshold",
    .enabled(if: Repository.shared != nil, "needs ../shared"),
    arguments: [("tldr_en", 137), ("uscode_titles_01-25", 901), ("minhash_1000", 10)])
  func truth(name: String, pairs: Int) throws {
    let truth = try Truth(name)
    let content = try corpus(name)
    let documents = try documents(content)
    let row = Dictionary(uniqueKeysWithValues: documents.enumerated().map { ($1.id, $0) })
    try withScratchFolder { folder in
      let input = folder.appendingPathComponent("corpus.jsonl")
      try content.write(to: input)
      let output = folder.appendingPathComponent("out").path
      let plan = try writePlan(
        "plan: truth\nversion: 1\nfields: {text: text, id: id}\nduplicates: {near: {}}\n",
        in: folder)
      _ = try BuiltCommand.curate(plan, [input.path], to: output, expecting: 0)
      let found = try Found(output: output)
      var checked = 0
      var joined = 0
      for (pair, similarity) in truth.similarity where similarity >= 0.7 {
        let one = try #require(row[pair.first])
        let other = try #require(row[pair.second])
        // Of texts without a word there are equal ones, which are near nothing.
        guard documents[one].hasWords else { continue }
        checked += 1
        let isJoined = found.cluster[one] != nil && found.cluster[one] == found.cluster[other]
        #expect(isJoined || found.skippedPairs > 0, "\(pair)")
        joined += isJoined ? 1 : 0
      }
      #expect(checked >= pairs)
      #expect(joined == checked, "what a large bucket skips is joined through others here")
      for (row, neighbour, similarity) in found.evidence {
        #expect(similarity >= 0.7)
        let pair = Pair(documents[row].id, documents[neighbour].id)
        let expected = try #require(truth.similarity[pair], "\(pair) is near by no other count")
        // Python's \w+ parts words at combining marks.
        if documents[row].hasMarks || documents[neighbour].hasMarks { continue }
        #expect(abs(similarity - expected) < 1e-5, "\(pair)")
      }
    }
  }
}
