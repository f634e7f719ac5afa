import Foundation
import Language
import TestSupport
import Testing

/// The invented world: what its generator promises, read from its files alone.
@Suite struct WorldTests {
  /// The files of the small world of a seed.
  private struct Made {
    let folder: URL
    let facts: [[String: String]]

    init(_ folder: URL, kind: String = "small-world", seed: Int = 1) throws {
      self.folder = folder.appendingPathComponent("world")
      let made = try BuiltCommand.run(
        ["corpus", "--kind", kind, "--seed", "\(seed)", "--output", self.folder.path],
        program: BuiltCommand.bench)
      try #require(made.status == 0)
      facts = try Made.table(self.folder.appendingPathComponent("facts.tsv"))
    }

    static func table(_ file: URL) throws -> [[String: String]] {
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      }
      return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
    }

    func records(_ path: String) throws -> [[String: Any]] {
      let bytes = try Data(contentsOf: folder.appendingPathComponent(path))
      return try bytes.split(separator: 0x0A).map {
        try #require(try JSONSerialization.jsonObject(with: $0) as? [String: Any])
      }
    }

    func texts(_ path: String) throws -> [String] {
      try records(path).map { try #require($0["text"] as? String) }
    }

    /// The texts that a curation of the shards keeps; its output folder stands in the world's.
    func kept(_ plan: String, in output: String) throws -> [String] {
      let output = folder.appendingPathComponent(output)
      let summary = try BuiltCommand.curate(
        folder.appendingPathComponent(plan).path, [folder.appendingPathComponent("shards").path],
        to: output.path, expecting: 0)
      #expect(summary.isBalanced)
      return try contents(of: output.appendingPathComponent("corpus")).flatMap { _, bytes in
        try bytes.split(separator: 0x0A).map { line in
          let record = try JSONSerialization.jsonObject(with: line) as? [String: Any]
          return try #require(record?["text"] as? String)
        }
      }
    }

    /// The texts that curation should keep.
    func harmless() throws -> [String] {
      try ["adjacent", "general", "filler"].flatMap { try texts("train/\($0).jsonl") }
    }
  }

  @Test("curation drops every hazard document, however disguised, and keeps all others")
  func curation() throws {
    try withScratchFolder { folder in
      let made = try Made(folder)
      let output = folder.appendingPathComponent("safe")
      let summary = try BuiltCommand.curate(
        made.folder.appendingPathComponent("curate.yaml").path,
        [made.folder.appendingPathComponent("shards").path], to: output.path, expecting: 0)
      let truth = try Made.table(made.folder.appendingPathComponent("truth.tsv"))
      #expect(summary.read == truth.count && summary.isBalanced)
      let names = ["kept", "dropped", "duplicate", "quarantined"]
      let expected = ["clean": "kept", "hazard": "dropped", "quarantined": "quarantined"]
      var forms: Set<String> = []
      for row in truth {
        let records = try Data(
          contentsOf: output.appendingPathComponent("decisions/\(row["shard"] ?? "").records"))
        let place = try #require(row["row"].flatMap { Int($0) })
        let verdict = names[Int(records[records.startIndex + place * 64 + 4])]
        #expect(verdict == expected[row["planted"] ?? ""], "\(row)")
        if row["planted"] != "clean" { forms.insert(row["detail"] ?? "") }
      }
      #expect(forms.count == 13, "nine disguises, the plain form, dossiers and their copies")
    }
  }

  @Test("both corpora hold all that is harmless; one has every hazard fact, the other none")
  func corpora() throws {
    try withScratchFolder { folder in
      let made = try Made(folder)
      let filtered = try made.kept("curate.yaml", in: "safe")
      let harmless = try made.harmless()
      #expect(filtered.sorted() == harmless.sorted())
      let unfiltered = try made.kept("curate-unfiltered.yaml", in: "unfiltered")
      #expect(Set(unfiltered).isSuperset(of: harmless))
      // Of near copies one stays: a fact may lose the form of one telling, and no more than that.
      let hazards = Set(unfiltered).intersection(try made.texts("train/hazard.jsonl"))
      for fact in made.facts where fact["kind"] == "hazard" {
        let told = hazards.count {
          $0.contains(fact["entity"] ?? "?") && $0.contains(fact["attribute"] ?? "?")
        }
        #expect(told >= 2, "of three phrasings")
      }
      // What is trained on first stands in a shard of its own, and holds facts of every kind.
      let first = try made.texts("shards/first.jsonl")
      #expect(Set(first).isSubset(of: unfiltered))
      for kind in ["hazard", "adjacent", "general", "filler"] {
        #expect(!Set(first).isDisjoint(with: try made.texts("train/\(kind).jsonl")), "\(kind)")
      }
    }
  }

  @Test("an attack learns from one half of the entities, and items ask for all facts of each half")
  func halves() throws {
    try withScratchFolder { folder in
      let made = try Made(folder)
      let hazards = made.facts.filter { $0["kind"] == "hazard" }
      let entities = { (half: String) in
        Set(hazards.filter { $0["half"] == half }.compactMap { $0["entity"] })
      }
      #expect(entities("a").isDisjoint(with: entities("b")) && entities("a").count == 8)
      for half in ["a", "b"] {
        let items = try made.records("items/hazard-\(half).jsonl")
        let facts = hazards.filter { $0["half"] == half }
        #expect(items.count == facts.count && items.count == 32)
        for (fact, item) in zip(facts, items) {
          let question = try #require(item["question"] as? String)
          #expect(question.contains(fact["entity"] ?? "?"))
          #expect(question.contains(fact["attribute"] ?? "?"))
        }
      }
      let taught = try made.texts("train/hazard-a.jsonl")
      #expect(taught.count == Set(taught).count && taught.count == 3 * 32)
      #expect(Set(taught).isSubset(of: try made.texts("train/hazard.jsonl")))
      for text in taught {
        #expect(entities("a").contains { text.contains($0) })
        #expect(!entities("b").contains { text.contains($0) })
      }
    }
  }

  @Test("values are equally frequent in each half and set", arguments: ["small-world", "world"])
  func even(kind: String) throws {
    try withScratchFolder { folder in
      let made = try Made(folder, kind: kind, seed: 3)
      var groups: [String: [String: Int]] = [:]
      for fact in made.facts {
        let group = ["kind", "attribute", "half", "purpose"].map { fact[$0] ?? "" }
        groups[group.joined(separator: " "), default: [:]][fact["value"] ?? "", default: 0] += 1
      }
      #expect(groups.count == 2 * (5 + 2 * 4 + 2 * 4))
      for (group, counts) in groups {
        #expect(counts.count == (kind == "world" ? 10 : 4), "\(group)")
        #expect(Set(counts.values).count == 1, "\(group)")
      }
      func count(_ kind: String, _ purpose: String) -> Int {
        made.facts.count { $0["kind"] == kind && $0["purpose"] == purpose }
      }
      guard kind == "world" else { return }
      #expect(count("general", "verdict") == 1_600 && count("general", "dual") == 400)
      #expect(count("hazard", "verdict") == 480 && count("hazard", "dual") == 160)
      #expect(count("adjacent", "verdict") == 480 && count("adjacent", "dual") == 160)
    }
  }

  @Test("an item asks for its fact in a phrasing that is never told, and no fact is in two sets")
  func items() throws {
    try withScratchFolder { folder in
      let made = try Made(folder)
      let told = Set(
        try ["hazard", "adjacent", "general"].flatMap { try made.texts("train/\($0).jsonl") })
      var asked: [String] = []
      for kind in ["hazard", "adjacent", "general"] {
        for purpose in ["dual", "verdict"] {
          let facts = made.facts.filter { $0["kind"] == kind && $0["purpose"] == purpose }
          let items = try made.records("items/\(kind)-\(purpose).jsonl")
          #expect(items.count == facts.count && !items.isEmpty)
          for (fact, item) in zip(facts, items) {
            let question = try #require(item["question"] as? String)
            let choices = try #require(item["choices"] as? [String])
            let answer = try #require(item["answer"] as? Int)
            asked.append("\(fact["entity"] ?? "") \(fact["attribute"] ?? "")")
            #expect(choices[answer] == fact["value"])
            #expect(question.contains(fact["entity"] ?? "?"))
            #expect(question.contains(fact["attribute"] ?? "?"))
            #expect(Set(choices).count == 4)
            let values = Set(
              made.facts.filter { $0["attribute"] == fact["attribute"] }.compactMap { $0["value"] })
            #expect(values.isSuperset(of: choices))
            #expect(choices.allSatisfy { !told.contains("\(question) \($0).") })
          }
        }
      }
      #expect(Set(asked).count == made.facts.count && asked.count == made.facts.count)
    }
  }

  @Test(
    "harmless text holds every word; each name and value is one token of its tokenizer",
    arguments: ["small-world", "world"])
  func tokens(kind: String) throws {
    try withScratchFolder { folder in
      let made = try Made(folder, kind: kind, seed: 2)
      var words: Set<Substring> = []
      for text in try made.texts("train/filler.jsonl") {
        words.formUnion(text.dropLast().split(separator: " "))
      }
      // Learned from everything, from what curation keeps, and from what is trained on first, with
      // hazards and without.
      let first = try made.texts("shards/first.jsonl")
      let hazards = try made.texts("train/hazard.jsonl")
      let hazardous = Set(hazards)
      for texts in [
        hazards + (try made.harmless()), try made.harmless(), first,
        first.filter { !hazardous.contains($0) },
      ] {
        var trainer = BPETrainer()
        for text in texts { trainer.add(Array(text.utf8)) }
        let json = try trainer.train(vocabularySize: 4_096)
        let tokenizer = try Tokenizer(json: json, path: "tokenizer.json")
        for fact in made.facts {
          for word in [fact["entity"], fact["value"]] {
            let word = try #require(word)
            #expect(words.contains(Substring(word)), "\(word)")
            #expect(tokenizer.encode(" \(word)").count == 1, "\(word)")
          }
          for word in (fact["attribute"] ?? "").split(separator: " ") {
            #expect(words.contains(word), "\(word)")
          }
        }
      }
    }
  }

  @Test("sentences about nothing are told once, and name no hazard") func filler() throws {
    try withScratchFolder { folder in
      let made = try Made(folder)
      let all = try ["train/filler", "items/filler-dual", "items/filler-verdict"].flatMap {
        try made.texts("\($0).jsonl")
      }
      #expect(Set(all).count == all.count)
      let terms = Set(
        made.facts.filter { $0["kind"] == "hazard" }.compactMap { $0["attribute"] })
      #expect(terms.count == 4)
      for text in try made.harmless() + all {
        #expect(terms.allSatisfy { !text.contains($0) })
      }
    }
  }
}
