import Foundation
import Streams
import TestSupport
import Testing

/// Near duplicates, survivors and contagion of the built command, against every pair compared.
@Suite struct NearDuplicateTests {
  /// How a document came out.
  struct Fate: Equatable {
    var verdict: String
    var reason: String?
    var duplicateOf: String?
    /// In millionths: what a JSON reader makes of the last digit is its own.
    var similarity: Int?
    var nearTo: String?
    var cluster: String?
  }

  private static let threshold = 0.5

  private func plan(contagion: String, qualityFirst: Bool, exact: Bool) -> String {
    let quality = """
        - gopher-quality:
            {minimumWords: 4, minimumMeanWordLength: 0, maximumMeanWordLength: 1000,
             maximumHashRatio: 1000000, maximumEllipsisRatio: 1000000, maximumBulletLines: 1,
             maximumEllipsisLines: 1, minimumAlphabeticWords: 0, minimumStopWords: 0}
      """
    let hazards = "  - blocklist: terms.txt\n    onHazard: quarantine"
    let screens = qualityFirst ? [quality, hazards] : [hazards, quality]
    return """
      plan: near
      version: 1
      screens:
      \(screens.joined(separator: "\n"))
      duplicates:
        exact: \(exact)
        near: {shingle: 2, jaccard: \(Self.threshold), bands: 64, rows: 1}
      contagion: \(contagion)
      """
  }

  /// Documents that copy, change and extend each other, so that chains come about.
  private func makeTexts(_ random: inout SeededGenerator) -> [[String]] {
    let words = ["aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "Éé", "Veltrin"]
    return (0..<Int.random(in: 1...4, using: &random)).map { _ in
      var texts: [String] = []
      for _ in 0..<Int.random(in: 0...14, using: &random) {
        var tokens =
          texts.randomElement(using: &random).map { $0.split(separator: " ").map(String.init) }
          ?? []
        if tokens.isEmpty || Int.random(in: 0..<3, using: &random) == 0 {
          tokens = (0..<Int.random(in: 0...9, using: &random)).map { _ in
            words[Int.random(in: 0..<9, using: &random)]
          }
        }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
          let word = words[Int.random(in: 0..<10, using: &random)]
          tokens.insert(word, at: Int.random(in: 0...tokens.count, using: &random))
        }
        texts.append(tokens.joined(separator: " "))
      }
      return texts
    }
  }

  /// The sets of shingles: pairs of lower-cased words, or what a shorter document has.
  private func shingles(_ text: String) -> Set<[String]> {
    let words = text.lowercased().split(separator: " ").map(String.init)
    guard words.count >= 2 else { return words.isEmpty ? [] : [words] }
    return Set(zip(words, words.dropFirst()).map { [$0, $1] })
  }

  private struct Document {
    var place: String
    var text: String
    var shingles: Set<[String]>
    var isHazardous: Bool
    var isPoor: Bool
    var isRefused: Bool { isHazardous || isPoor }
  }

  /// The rules of the design, with every pair compared.
  private func bruteForce(
    _ shards: [[String]], contagion: String, exact: Bool
  ) -> [String: Fate] {
    var all: [Document] = []
    for (shard, texts) in shards.enumerated() {
      for (row, text) in texts.enumerated() {
        all.append(
          Document(
            place: "\(shard).jsonl:\(row)", text: text, shingles: shingles(text),
            isHazardous: text.contains("Veltrin"), isPoor: text.split(separator: " ").count < 4))
      }
    }
    var edges: [Int: [(other: Int, similarity: Double)]] = [:]
    for one in all.indices {
      for other in all.indices where one != other && !all[one].shingles.isEmpty {
        let shared = all[one].shingles.intersection(all[other].shingles).count
        let united = all[one].shingles.union(all[other].shingles).count
        let similarity = Double(shared) / Double(united)
        if similarity >= Self.threshold { edges[one, default: []].append((other, similarity)) }
      }
    }
    let infected = Set(
      all.indices.filter { one in
        contagion != "keep" && !all[one].isRefused
          && (edges[one] ?? []).contains { all[$0.other].isHazardous }
      })
    var cluster = Array(all.indices)
    var changed = true
    while changed {
      changed = false
      for (one, others) in edges {
        for (other, _) in others where cluster[other] < cluster[one] {
          cluster[one] = cluster[other]
          changed = true
        }
      }
    }
    var fates: [String: Fate] = [:]
    for (index, document) in all.enumerated() {
      fates[document.place] = fate(
        of: index, all, edges, infected, cluster, contagion: contagion, exact: exact)
    }
    return fates
  }

  private func fate(
    of index: Int, _ all: [Document], _ edges: [Int: [(other: Int, similarity: Double)]],
    _ infected: Set<Int>, _ cluster: [Int], contagion: String, exact: Bool
  ) -> Fate? {
    let document = all[index]
    // Which screen names the reason is not what this is about.
    if document.isRefused { return nil }
    let first = all.firstIndex { $0.text == document.text } ?? index
    if infected.contains(index) {
      let hazards = (edges[index] ?? []).filter { all[$0.other].isHazardous }
      guard let worst = best(hazards, all) else { return nil }
      return Fate(
        verdict: contagion == "drop" ? "dropped" : "quarantined", reason: "contagion",
        similarity: millionths(worst.similarity), nearTo: all[worst.other].place,
        cluster: all[cluster[index]].place)
    }
    let survivor = all.indices.first {
      cluster[$0] == cluster[index] && !all[$0].isRefused && !infected.contains($0)
    }
    if first != index {
      let hasWords = !document.shingles.isEmpty
      if !hasWords && !exact { return Fate(verdict: "kept") }
      return Fate(
        verdict: "duplicate", reason: exact ? "exact-duplicate" : "near-duplicate",
        duplicateOf: all[hasWords ? survivor ?? first : first].place,
        similarity: hasWords ? 1_000_000 : nil, nearTo: hasWords ? all[first].place : nil,
        cluster: hasWords ? all[cluster[index]].place : nil)
    }
    guard let survivor, survivor != index else { return Fate(verdict: "kept") }
    // Copies were not compared: the first of each text stands for them.
    let near = (edges[index] ?? []).filter { edge in
      all.firstIndex { $0.text == all[edge.other].text } == edge.other
    }
    let evidence = near.first { $0.other == survivor } ?? best(near, all)
    return Fate(
      verdict: "duplicate", reason: "near-duplicate", duplicateOf: all[survivor].place,
      similarity: evidence.map { millionths($0.similarity) },
      nearTo: evidence.map { all[$0.other].place },
      cluster: all[cluster[index]].place)
  }

  private func millionths(_ similarity: Double) -> Int { Int((similarity * 1e6).rounded()) }

  private func best(
    _ edges: [(other: Int, similarity: Double)], _ all: [Document]
  ) -> (other: Int, similarity: Double)? {
    edges.min { ($1.similarity, $0.other) < ($0.similarity, $1.other) }
  }

  private func fates(
    _ output: URL, _ shards: [[String]]
  ) throws -> [String: Fate] {
    var fates: [String: Fate] = [:]
    for (shard, texts) in shards.enumerated() {
      for row in texts.indices {
        let place = "\(shard).jsonl:\(row)"
        let result = try BuiltCommand.run([
          "audit", "trace", "--output", output.path, "--id", place, "--json", "--unverified",
        ])
        let traces = try #require(
          try JSONSerialization.jsonObject(with: result.stdout) as? [[String: Any]])
        let trace = try #require(traces.first, "\(place): \(result.stderr)")
        let reason = trace["reason"] as? String
        if let reason, reason.contains("/") { continue }
        fates[place] = Fate(
          verdict: trace["verdict"] as? String ?? "", reason: reason,
          duplicateOf: trace["duplicateOf"] as? String,
          similarity: (trace["similarity"] as? Double).map(millionths),
          nearTo: trace["nearTo"] as? String,
          cluster: trace["cluster"] as? String)
      }
    }
    return fates
  }

  @Test(
    "random corpora: survivors, evidence and contagion as with every pair compared",
    arguments: 1...12)
  func bruteForce(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let shards = makeTexts(&random)
    let contagion = ["quarantine", "drop", "keep"][Int(seed % 3)]
    let exact = seed % 4 != 3
    try withScratchFolder { folder in
      let input = folder.appendingPathComponent("in")
      try FileManager.default.createDirectory(at: input, withIntermediateDirectories: true)
      for (shard, texts) in shards.enumerated() {
        let lines = texts.map { #"{"text":"\#($0)"}"# + "\n" }.joined()
        try Data(lines.utf8).write(to: input.appendingPathComponent("\(shard).jsonl"))
      }
      try Data("veltrin\n".utf8).write(to: folder.appendingPathComponent("terms.txt"))
      let plan = try writePlan(
        plan(contagion: contagion, qualityFirst: seed % 2 == 0, exact: exact), in: folder)
      let output = folder.appendingPathComponent("out")
      let result = try BuiltCommand.run([
        "curate", plan, "--input", input.path, "--output", output.path, "--quiet",
      ])
      #expect(result.status == 0, "\(result.stderr)")
      let expected = bruteForce(shards, contagion: contagion, exact: exact)
      let fates = try fates(output, shards)
      #expect(Set(fates.keys) == Set(expected.keys))
      for (place, fate) in expected { #expect(fates[place] == fate, "\(place)") }
    }
  }
}
