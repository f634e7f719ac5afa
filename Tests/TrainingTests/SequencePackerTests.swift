import Foundation
import Ledger
import Streams
import TestSupport
import Tensors
import Testing
import Training

@Suite("Packing documents") struct SequencePackerTests {
  typealias Lesson = PackedDocuments.Lesson

  private struct Packed {
    var file: SequenceFile
    var places: [DocumentPlace]
    var counts: PackingCounts
    var artefact: Artefact
  }

  private func pack(
    _ documents: [TokenizedDocument], _ packing: TrainingPlan.DataSettings.Packing, length: Int,
    _ body: (Packed) throws -> Void
  ) throws {
    try withScratchFolder { folder in
      let path = folder.path + "/train.sequences"
      let writer = try SequenceWriter(
        path: path, length: length, vocabulary: PackedDocuments.vocabulary)
      var places: [DocumentPlace] = []
      let packer = SequencePacker(packing, into: writer) { places.append($0) }
      for document in documents { try packer.add(document) }
      try packer.finish()
      let artefact = try writer.finish()
      let file = try SequenceFile(path: path, expected: artefact)
      try file.check()
      try body(Packed(file: file, places: places, counts: packer.counts, artefact: artefact))
    }
  }

  @Test("a stream is cut where a sequence is full") func stream() throws {
    let documents = [
      PackedDocuments.document(0, [1, 2, 3]), PackedDocuments.document(1, [4, 5, 6, 7, 8, 9]),
    ]
    try pack(documents, .documents, length: 4) { packed in
      let ignored = CrossEntropy.ignored
      #expect(packed.file.count == 2)
      let batch = packed.file.batch(sequences: [0, 1])
      #expect(batch.tokens == [1, 2, 3, 4, 5, 6, 7, 8])
      #expect(batch.targets == [2, 3, ignored, 5, 6, 7, 8, 9])
      #expect(batch.segments == Segments(lengths: [3, 1, 4]))
      #expect(packed.places.map(\.sequences) == [0..<1, 0..<2])
      #expect(packed.counts.targets == 7)
    }
  }

  @Test("items stand whole beside each other, and padding is apart") func items() throws {
    let documents = [
      PackedDocuments.document(0, [1, 2, 3], prompt: 1), PackedDocuments.document(1, [4, 5, 6, 7]),
      PackedDocuments.document(2, [8, 9]),
    ]
    try pack(documents, .items, length: 5) { packed in
      let ignored = CrossEntropy.ignored
      // The third fits behind the first.
      #expect(packed.file.count == 2)
      let batch = packed.file.batch(sequences: [1, 0, 1])
      #expect(batch.tokens == [4, 5, 6, 7, 0, 1, 2, 3, 8, 9, 4, 5, 6, 7, 0])
      #expect(
        batch.targets == [
          5, 6, 7, ignored, ignored, 2, 3, ignored, 9, ignored, 5, 6, 7, ignored, ignored,
        ])
      #expect(batch.segments == Segments(lengths: [4, 1, 3, 2, 4, 1]))
      #expect(packed.counts.padding == 3)
    }
  }

  @Test("each scored token is learned once, from its document alone", arguments: 0..<12)
  func lessons(seed: Int) throws {
    let length = [1, 2, 3, 5, 8, 31][seed % 6]
    let documents = PackedDocuments.random(
      count: 60, longest: 3 * length + 2, prompts: false, seed: UInt64(seed))
    try pack(documents, .documents, length: length) { packed in
      // No token stands twice.
      var truth: [Int32: ArraySlice<Int32>] = [:]
      for document in documents {
        for index in document.tokens.indices.dropFirst() where document.scored[index] {
          truth[document.tokens[index]] = document.tokens[..<index]
        }
      }
      var learned = 0
      for sequence in 0..<packed.file.count {
        let lessons = PackedDocuments.lessons(packed.file.batch(sequences: [sequence]))
        #expect(!lessons.isEmpty, "a sequence in which nothing is scored")
        for lesson in lessons {
          let before = truth.removeValue(forKey: lesson.target)
          #expect(before?.suffix(lesson.seen.count).elementsEqual(lesson.seen) == true)
          learned += 1
        }
      }
      #expect(truth.isEmpty)
      #expect(learned == packed.counts.targets)
      try conserve(packed, documents)
    }
  }

  @Test("items are learned whole", arguments: 0..<9) func wholeItems(seed: Int) throws {
    let length = [3, 8, 31][seed % 3]
    let documents = PackedDocuments.random(
      count: 100, longest: length + 3, prompts: true, seed: UInt64(seed))
    try pack(documents, .items, length: length) { packed in
      let cut = documents.map { $0.cut(to: length + 1).document }
      let truth = cut.flatMap { document in
        document.tokens.indices.dropFirst().filter { document.scored[$0] }.map {
          Lesson(seen: Array(document.tokens[..<$0]), target: document.tokens[$0])
        }
      }
      let lessons = (0..<packed.file.count).flatMap {
        PackedDocuments.lessons(packed.file.batch(sequences: [$0]))
      }
      #expect(lessons.sorted() == truth.sorted())
      try conserve(packed, cut)
    }
  }

  /// Counts add up, and the places are those where a document's own scored pairs stand.
  private func conserve(_ packed: Packed, _ documents: [TokenizedDocument]) throws {
    let counts = packed.counts
    #expect(counts.documents == documents.count)
    #expect(counts.packed + counts.empty + counts.unscored == documents.count)
    #expect(packed.places.count == documents.count)
    #expect(Set(packed.places.map(\.digest)) == Set(documents.map(\.digest)))
    #expect(packed.places.count { $0.count > 0 } == counts.packed)
    let places = Dictionary(uniqueKeysWithValues: packed.places.map { ($0.digest, $0) })
    // No token stands twice: two of a document beside each other are a row that reads it.
    var owners: [Int32: Int] = [:]
    for (number, document) in documents.enumerated() {
      for token in document.tokens { owners[token] = number }
    }
    var holding = [Set<Int>](repeating: [], count: documents.count)
    for sequence in 0..<packed.file.count {
      let words = packed.file.words(of: sequence).filter { !$0.isPadding }
      for (word, next) in zip(words, words.dropFirst()) {
        guard let owner = owners[word.token], owner == owners[next.token] else { continue }
        #expect(!next.beginsDocument)
        holding[owner].insert(sequence)
      }
    }
    for (number, document) in documents.enumerated() where document.targets > 0 {
      let place = try #require(places[document.digest])
      #expect(Set(place.sequences) == holding[number])
    }
  }

  @Test("an item that is too long loses the beginning of its prompt, then its end")
  func tooLong() {
    let document = PackedDocuments.document(0, [1, 2, 3, 4, 5, 6], prompt: 3)
    #expect(document.cut(to: 6).lost == 0)
    let (five, lost) = document.cut(to: 5)
    #expect(five.tokens == [2, 3, 4, 5, 6] && lost == 1 && five.promptCount == 2)
    #expect(document.cut(to: 4).document.tokens == [3, 4, 5, 6])
    let (three, more) = document.cut(to: 3)
    #expect(three.tokens == [3, 4, 5] && more == 3 && three.targets == 2)
    let text = PackedDocuments.document(0, [1, 2, 3, 4])
    #expect(text.cut(to: 2).document.tokens == [1, 2])
  }

  @Test("what has nothing to score is counted, not packed") func nothing() throws {
    let documents = [
      PackedDocuments.document(0, []), PackedDocuments.document(1, [5]),
      PackedDocuments.document(2, [5, 6, 7], unscored: [1, 2]),
      PackedDocuments.document(3, [5, 6]),
    ]
    for packing in TrainingPlan.DataSettings.Packing.allCases {
      try pack(documents, packing, length: 4) { packed in
        #expect(packed.file.count == 1)
        #expect(packed.counts.empty == 1)
        #expect(packed.counts.unscored == 2)
        #expect(packed.counts.packed == 1)
        #expect(packed.places.map(\.count) == [0, 0, 0, 1])
      }
    }
  }

  @Test("a masked stretch longer than a sequence leaves no sequence behind") func maskedStretch()
    throws
  {
    let long = PackedDocuments.document(
      0, (0..<20).map { Int32($0) }, unscored: Set(4..<16))
    try pack([long], .documents, length: 4) { packed in
      #expect(packed.counts.unscoredSequences == 2)
      #expect(packed.file.count == 3)
      #expect(packed.places.map(\.sequences) == [0..<3])
      #expect(packed.counts.targets == 7)
    }
  }

  @Test("the bits of a word") func words() {
    let word = SequenceWord(token: 0xFF_FFFF, beginsDocument: true, isScored: true)
    #expect(word.bits == 0x03FF_FFFF && word.token == 0xFF_FFFF)
    #expect(word.beginsDocument && word.isScored && !word.isPadding && word.isValid)
    #expect(!word.isTarget, "nothing stands before the first word of a document")
    #expect(SequenceWord(token: 5, isScored: true).isTarget)
    #expect(!SequenceWord(token: 5, isScored: false).isTarget)
    #expect(SequenceWord.padding.bits == 1 << 26 && !SequenceWord.padding.isTarget)
    #expect(!SequenceWord(bits: 1 << 27).isValid && !SequenceWord(bits: 1 << 26 | 5).isValid)
  }

  @Test("a file that was changed is refused") func altered() throws {
    try pack([PackedDocuments.document(0, [1, 2, 3])], .items, length: 4) { packed in
      let path = packed.file.path
      var bytes = try FileSource.contents(of: path)
      #expect(Digest256(hashing: bytes) == packed.artefact.sha256)
      bytes[64] ^= 1
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(throws: TrainingDataError.self) {
        try SequenceFile(path: path, expected: packed.artefact)
      }
      bytes[67] = 0xFF
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(throws: TrainingDataError.self) { try SequenceFile(path: path).check() }
      for end in [0, 63, 65, bytes.count - 1] {
        try Data(bytes[..<end]).write(to: URL(fileURLWithPath: path))
        #expect(throws: TrainingDataError.self) { try SequenceFile(path: path) }
      }
    }
  }
}
