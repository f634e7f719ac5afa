import Foundation
import Language
import Ledger
import Streams
import TestSupport
import Testing
import Training

@Suite("Preparing the data of a run") struct DataPreparationTests {
  private func plan(
    _ folder: URL, _ data: String, tokenizer: String = "{train: 300}", seed: Int = 3
  ) throws
    -> TrainingPlan
  {
    try TrainingPlan(
      path: folder.path + "/plan.yaml",
      bytes: Array(
        """
        plan: test
        version: 1
        model: {architecture: llama, width: 8, layers: 1, heads: 2, context: 64}
        tokenizer: \(tokenizer)
        data: \(data)
        sequence: 16
        batch: 2
        steps: 3
        seeds: {validation: \(seed)}
        """.utf8))
  }

  private func write(_ lines: [String], _ folder: URL, _ name: String) throws {
    try Data(lines.map { $0 + "\n" }.joined().utf8)
      .write(to: folder.appendingPathComponent(name))
  }

  private func record(_ text: String) -> String { #"{"text":"\#(text)"}"# }

  private func texts(_ count: Int) -> [String] {
    var generator = SeededGenerator(seed: 12)
    return (0..<count).map { name in
      "text \(name) "
        + (0..<Int.random(in: 1...20, using: &generator)).map { _ in
          ["river", "stone", "cloud", "green"].randomElement(using: &generator) ?? ""
        }.joined(separator: " ")
    }
  }

  private func digest(_ text: String) -> Digest256 { Digest256(hashing: Array(text.utf8)) }

  /// The texts in the sequences of a file: all tokens from one beginning to the next.
  private func packedTexts(_ file: SequenceFile, _ tokenizer: Tokenizer) -> [String] {
    var documents: [[Int32]] = []
    for sequence in 0..<file.count {
      let words = file.words(of: sequence)
      // The first word of a sequence that goes on is the last of the one before.
      for (index, word) in words.enumerated() where !word.isPadding {
        if word.beginsDocument {
          if index == words.count - 1 { continue }
          documents.append([])
        } else if index == 0 {
          continue
        }
        documents[documents.count - 1].append(word.token)
      }
    }
    return documents.map {
      String(decoding: tokenizer.decode($0, skippingSpecial: true), as: UTF8.self)
    }
  }

  @Test("a curated corpus is packed whole, and every document is in the index")
  func corpus() throws {
    try withScratchFolder { folder in
      let texts = texts(200)
      _ = try CuratedFolder(
        folder.path + "/safe", plan: "plan: p\nversion: 1\n",
        parts: [
          ("a.jsonl", texts[..<80].map(record)), ("b.jsonl", texts[80...].map(record)),
        ], dropped: 3)
      let plan = try plan(folder, "{corpus: safe, validation: 0.2}")
      let data = try DataPreparation(plan, output: folder.path + "/run", threads: 3).run()
      let summary = data.summary
      #expect(summary.files.map(\.documents) == [80, 120])
      #expect(summary.documents == 200 && data.index.count == 200)
      #expect(summary.origin?.curation == CuratedFolder.run)
      let validation = try #require(data.validation)
      let training = packedTexts(data.training, data.tokenizer)
      let heldOut = packedTexts(validation, data.tokenizer)
      #expect((training + heldOut).sorted() == texts.sorted())
      // 200 draws of 0.2 give 15 to 65 but once in a million.
      #expect((15...65).contains(heldOut.count))
      for text in texts {
        let places = try data.index.places(of: digest(text))
        #expect(places.count == 1)
        #expect(places.first?.part == (heldOut.contains(text) ? .validation : .training))
      }
      #expect(training == training.sorted { texts.firstIndex(of: $0)! < texts.firstIndex(of: $1)! })

      let batch = data.training.batch(sequences: [0, 1])
      #expect(batch.tokens.allSatisfy { Int($0) < data.tokenizer.vocabularySize })
      #expect(data.tokenizer.vocabularySize <= 300)
    }
  }

  @Test("threads change nothing, and a second time nothing is made anew") func repeatable() throws {
    try withScratchFolder { folder in
      try write(texts(300).map(record), folder, "a.jsonl")
      let plan = try plan(folder, "{files: [a.jsonl], validation: 0.1}")
      let one = try DataPreparation(plan, output: folder.path + "/one", threads: 1).run()
      let four = try DataPreparation(plan, output: folder.path + "/four", threads: 4).run()
      #expect(one.summary == four.summary)
      let path = folder.path + "/one/.work/data.json"
      let before = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
      let again = try DataPreparation(plan, output: folder.path + "/one", threads: 2).run()
      let after = try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int
      #expect(again.summary == one.summary && before == after)

      try write(texts(301).map(record), folder, "a.jsonl")
      let changed = #expect(throws: TrainingDataError.self) {
        try DataPreparation(plan, output: folder.path + "/one", threads: 2).run()
      }
      #expect(changed?.code == .changed && changed?.consequence == .usage)
    }
  }

  @Test("the seed chooses what is held out, and copies fall together") func heldOut() throws {
    try withScratchFolder { folder in
      let texts = texts(100)
      try write((texts + texts).map(record), folder, "a.jsonl")
      let chosen = try [3, 4].map { seed in
        let plan = try plan(folder, "{files: a.jsonl, validation: 0.3}", seed: seed)
        let data = try DataPreparation(plan, output: "\(folder.path)/\(seed)", threads: 2).run()
        #expect(data.summary.trainedValidation == 0 && data.index.count == 200)
        return try texts.map { try data.index.places(of: digest($0)).map(\.part) }
      }
      #expect(chosen[0] != chosen[1])
      #expect(chosen.joined().allSatisfy { $0.count == 2 && $0[0] == $0[1] })
    }
  }

  @Test(
    "packed data that was changed is not resumed from",
    arguments: [
      ".work/train.sequences", ".work/tokenizer.json", "documents.index",
    ])
  func alteredWork(name: String) throws {
    try withScratchFolder { folder in
      try write(texts(50).map(record), folder, "a.jsonl")
      let preparation = DataPreparation(
        try plan(folder, "{files: a.jsonl}"), output: folder.path + "/run", threads: 2)
      _ = try preparation.run()
      let file = folder.appendingPathComponent("run/" + name)
      var bytes = try Data(contentsOf: file)
      bytes[bytes.count - 1] ^= 1
      try bytes.write(to: file)
      #expect(throws: TrainingDataError.self) { try preparation.run() }
    }
  }

  @Test("a file that changed and kept its length is noticed when the run goes on")
  func sameLength() throws {
    try withScratchFolder { folder in
      try write(["one", "two"].map(record), folder, "a.jsonl")
      try write(["six"].map(record), folder, "v.jsonl")
      let preparation = DataPreparation(
        try plan(folder, "{files: a.jsonl, validation: {files: v.jsonl}}"),
        output: folder.path + "/run", threads: 2)
      _ = try preparation.run()
      for (name, good, other) in [
        ("a.jsonl", ["one", "two"], ["one", "twe"]), ("v.jsonl", ["six"], ["sax"]),
      ] {
        try write(other.map(record), folder, name)
        let error = #expect(throws: TrainingDataError.self) { try preparation.run() }
        #expect(error?.code == .changed && error?.path.hasSuffix(name) == true)
        try write(good.map(record), folder, name)
      }
      _ = try preparation.run()
    }
  }

  @Test("a summary that was changed by hand is not believed") func sealed() throws {
    try withScratchFolder { folder in
      try write(texts(50).map(record), folder, "a.jsonl")
      let preparation = DataPreparation(
        try plan(folder, "{files: a.jsonl}"), output: folder.path + "/run", threads: 2)
      _ = try preparation.run()
      let file = folder.appendingPathComponent("run/.work/data.json")
      let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
      let forged = text.replacingOccurrences(of: "\"packed\" : 50", with: "\"packed\" : 49")
      #expect(forged != text)
      try Data(forged.utf8).write(to: file)
      let error = #expect(throws: TrainingDataError.self) { try preparation.run() }
      #expect(error?.code == .altered)
    }
  }

  @Test("how the plan's path was typed changes nothing") func typedPath() throws {
    try withScratchFolder { folder in
      try write(texts(50).map(record), folder, "a.jsonl")
      _ = try DataPreparation(
        try plan(folder, "{files: a.jsonl}"), output: folder.path + "/first", threads: 1
      ).run()
      try FileManager.default.copyItem(
        atPath: folder.path + "/first/.work/tokenizer.json", toPath: folder.path + "/t.json")
      try FileManager.default.createDirectory(
        atPath: folder.path + "/sub", withIntermediateDirectories: false)
      let summaries = try [folder, folder.appendingPathComponent("sub/..")].enumerated().map {
        try DataPreparation(
          try plan($1, "{files: a.jsonl}", tokenizer: "t.json"), output: "\(folder.path)/\($0)",
          threads: 1
        ).run().summary
      }
      #expect(summaries[0] == summaries[1])
    }
  }

  @Test("items that are cut, and prompts that go with it, are counted and told") func cut() throws {
    try withScratchFolder { folder in
      try write(
        [
          #"{"p":"ab","r":"c"}"#,
          #"{"p":"abcdefghijklmnopqrst","r":"u"}"#,
          #"{"p":"abcd","r":"abcdefghijklmnopqrst"}"#,
        ], folder, "a.jsonl")
      let summary = try DataPreparation(
        try plan(
          folder, "{files: a.jsonl, fields: {prompt: p, response: r}}", tokenizer: "{train: 257}"),
        output: folder.path + "/run", threads: 1
      ).run().summary
      // 17 tokens fit. An item has the token that begins it, its bytes and its end.
      #expect(summary.packed == 3 && summary.cut == 2 && summary.promptless == 1)
      #expect(summary.lostTokens > 0 && summary.lostTokens == summary.training.counts.lostTokens)
      #expect(summary.notes.count == 1 && summary.notes[0].hasPrefix("2 of 3 items"))
    }
  }

  @Test("a corpus that is not what its ledger says is refused") func alteredCorpus() throws {
    try withScratchFolder { folder in
      let safe = folder.path + "/safe"
      _ = try CuratedFolder(
        safe, plan: "plan: p\nversion: 1\n", parts: [("a.jsonl", ["one", "two"].map(record))])
      let preparation = DataPreparation(
        try plan(folder, "{corpus: safe}"), output: folder.path + "/run", threads: 2)
      try write(["one", "twe"].map(record), folder, "safe/corpus/a.jsonl")
      let altered = #expect(throws: TrainingDataError.self) { try preparation.run() }
      #expect(altered?.code == .altered && altered?.consequence == .findings)
      #expect(!Folder.exists(folder.path + "/run/.work/data.json"))

      // A stopped takedown, no run at all, no such folder.
      try write(["one", "two"].map(record), folder, "safe/corpus/a.jsonl")
      try Folder.make(safe + "/.work/takedown")
      #expect(
        #expect(throws: TrainingDataError.self) { try preparation.run() }?.code == .unfinished)
      try Folder.remove(safe + "/.work")
      _ = try preparation.run()
      try Folder.remove(safe + "/run.json")
      #expect(
        #expect(throws: TrainingDataError.self) { try preparation.run() }?.code == .unfinished)
    }
  }

  @Test("an unfinished curation is refused") func unfinished() throws {
    try withScratchFolder { folder in
      _ = try CuratedFolder(
        folder.path + "/safe", plan: "plan: p\nversion: 1\n",
        parts: [("a.jsonl", ["one"].map(record))], isFinished: false)
      let preparation = DataPreparation(
        try plan(folder, "{corpus: safe}"), output: folder.path + "/run", threads: 2)
      #expect(
        #expect(throws: TrainingDataError.self) { try preparation.run() }?.code == .unfinished)
    }
  }

  @Test("documents have the hash that the curation decided on") func identity() throws {
    try withScratchFolder { folder in
      _ = try CuratedFolder(
        folder.path + "/safe", plan: "plan: p\nversion: 1\nfields: {text: [q, a]}\n",
        parts: [("a.jsonl", [#"{"q":"who","a":"me","secret":[]}"#])])
      let pairs = try DataPreparation(
        try plan(folder, "{corpus: safe, fields: {question: q, answer: a}}"),
        output: folder.path + "/pairs", threads: 1
      ).run()
      #expect(try pairs.index.places(of: digest("who\nme")).count == 1)
      #expect(pairs.training.batch(sequences: [0]).scored > 0)
      let text = try DataPreparation(
        try plan(folder, "{corpus: safe, fields: {text: a}}"), output: folder.path + "/text",
        threads: 1
      ).run()
      #expect(try text.index.places(of: digest("who\nme")).count == 1)
      #expect(packedTexts(text.training, text.tokenizer) == ["me"])
    }
  }

  @Test(
    "a record that cannot be read ends the run, and is named",
    arguments: [
      (#"{"text":"#, "{files: a.jsonl}"),
      (#"{"txt":"x"}"#, "{files: a.jsonl}"),
      (#"{"text":1}"#, "{files: a.jsonl}"),
      (#"{"text":"x","text":"y"}"#, "{files: a.jsonl}"),
      (#"{"text":"x"}"#, "{files: a.jsonl, mask: m}"),
      (#"{"text":"x","m":[[0,2]]}"#, "{files: a.jsonl, mask: m}"),
      (#"{"text":"x","m":[[1,0]]}"#, "{files: a.jsonl, mask: m}"),
      (#"{"text":"x","m":[[0]]}"#, "{files: a.jsonl, mask: m}"),
      (#"{"text":"x","m":[["0",1]]}"#, "{files: a.jsonl, mask: m}"),
      (#"{"text":"x","m":[[0,1]],"m":[]}"#, "{files: a.jsonl, mask: m}"),
      (#"{"prompt":"x"}"#, "{files: a.jsonl, fields: {prompt: prompt, response: response}}"),
    ])
  func unreadable(line: String, data: String) throws {
    try withScratchFolder { folder in
      let good = #"{"text":"xy","m":[[0,1]],"prompt":"p","response":"r"}"#
      try write([good, good, line], folder, "a.jsonl")
      let error = #expect(throws: TrainingDataError.self) {
        try DataPreparation(
          try plan(folder, data), output: folder.path + "/run", threads: 2
        ).run()
      }
      #expect(error?.code == .record)
      #expect(error?.path.hasSuffix("a.jsonl:2") == true)
      #expect(!Folder.exists(folder.path + "/run/.work/data.json"))
    }
  }

  @Test("what is empty or unscored is counted") func counted() throws {
    try withScratchFolder { folder in
      try write(
        [
          #"{"text":"","m":[]}"#, #"{"text":"abcdef","m":[[0,3]]}"#, #"{"text":"","m":[]}"#,
        ], folder, "a.jsonl")
      let data = try DataPreparation(
        try plan(folder, "{files: a.jsonl, mask: m}", tokenizer: "{train: 257}"),
        output: folder.path + "/run", threads: 2
      ).run()
      let counts = data.summary.training.counts
      #expect(counts.empty == 2 && counts.packed == 1 && counts.unscored == 0)
      // "def" and the end.
      #expect(data.training.batch(sequences: [0]).scored == 4)
      #expect(try data.index.places(of: digest("")).map(\.part) == [.none, .none])
    }
  }

  @Test("nothing to train on, and nothing to validate on") func empty() throws {
    try withScratchFolder { folder in
      try write([record("")], folder, "a.jsonl")
      for data in ["{files: a.jsonl}", "{files: a.jsonl, validation: 0.000001}"] {
        let error = #expect(throws: TrainingDataError.self) {
          try DataPreparation(try plan(folder, data), output: folder.path + "/run", threads: 1)
            .run()
        }
        #expect(error?.code == .empty)
      }
    }
  }

  @Test("validation files are read as the training files are") func validationFiles() throws {
    try withScratchFolder { folder in
      try write(["one", "two"].map(record), folder, "a.jsonl")
      try write(["three", "two"].map(record), folder, "v.jsonl")
      let data = try DataPreparation(
        try plan(folder, "{files: a.jsonl, validation: {files: v.jsonl}}"),
        output: folder.path + "/run", threads: 2
      ).run()
      let validation = try #require(data.validation)
      #expect(packedTexts(validation, data.tokenizer) == ["three", "two"])
      #expect(data.summary.trainedValidation == 1)
      #expect(data.summary.notes.count == 1 && data.summary.notes[0].contains("too: 1;"))
      #expect(packedTexts(data.training, data.tokenizer) == ["one", "two"])
      #expect(try data.index.places(of: digest("three")).map(\.part) == [.validation])
    }
  }

  @Test("compressed files and text files are read") func formats() throws {
    try withScratchFolder { folder in
      let block = ByteBlock(capacity: 64)
      try Array((record("one") + "\n").utf8).withUnsafeBytes {
        try FrameEncoder(.gzip).encode($0, into: block)
      }
      try Data(block.bytes).write(to: folder.appendingPathComponent("a.jsonl.gz"))
      try Data("two\nlines\n".utf8).write(to: folder.appendingPathComponent("b.txt"))
      let data = try DataPreparation(
        try plan(folder, "{files: ['*.gz', '*.txt']}"), output: folder.path + "/run", threads: 2
      ).run()
      #expect(packedTexts(data.training, data.tokenizer) == ["one", "two\nlines\n"])
      #expect(data.summary.files[0].sha256 == Digest256(hashing: Array(block.bytes)).hex)
    }
  }

  @Test("a tokenizer is learned from the training documents alone, within its sample")
  func sample() throws {
    try withScratchFolder { folder in
      try write(Array(repeating: record("aaaa bbbb"), count: 9), folder, "a.jsonl")
      try write([record("zzzz zzzz zzzz zzzz")], folder, "v.jsonl")
      let data = try DataPreparation(
        try plan(folder, "{files: a.jsonl, validation: {files: v.jsonl}}"),
        output: folder.path + "/run", threads: 2
      ).run()
      #expect(data.tokenizer.id(of: "aaaa") != nil)
      #expect(data.tokenizer.id(of: "zz") == nil)
      // A sample of a kilobyte, of documents that do not fit into it.
      let long = String(repeating: "word ", count: 400)
      let block = ByteBlock(capacity: 64)
      try Array((record(long) + "\n" + record("x" + long) + "\n").utf8).withUnsafeBytes {
        try FrameEncoder(.gzip).encode($0, into: block)
      }
      // Compressed, the file is smaller than the sample: only what a text has tells.
      #expect(block.count < 1024)
      try Data(block.bytes).write(to: folder.appendingPathComponent("long.jsonl.gz"))
      let small = try DataPreparation(
        try plan(folder, "{files: long.jsonl.gz}", tokenizer: "{train: 300, sample: 1KiB}"),
        output: folder.path + "/small", threads: 2
      ).run()
      #expect(small.tokenizer.vocabularySize == 257)
    }
  }
}
