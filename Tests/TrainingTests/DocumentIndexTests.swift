import Foundation
import Streams
import TestSupport
import Testing
import Training

@Suite("The index of documents") struct DocumentIndexTests {
  private func places(_ count: Int, seed: UInt64) -> [DocumentPlace] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { name in
      // Some texts stand twice.
      let text = Array("\(Int.random(in: 0..<max(1, count * 9 / 10), using: &generator))".utf8)
      let part = DocumentPlace.Part.allCases.randomElement(using: &generator) ?? .none
      return DocumentPlace(
        digest: Digest256(hashing: text), part: part, first: part == .none ? 0 : name,
        count: part == .none ? 0 : Int.random(in: 1...4, using: &generator))
    }
  }

  @Test("it is sorted within any memory, and finds every document", arguments: [48, 500, 1 << 20])
  func sorted(memory: Int) throws {
    let places = places(300, seed: 4)
    try withScratchFolder { folder in
      let path = folder.path + "/documents.index"
      let writer = try DocumentIndexWriter(
        path: path, work: folder.path + "/unsorted", memory: memory)
      for place in places { try writer.append(place) }
      let artefact = try writer.finish(trainingSequences: 304, validationSequences: 304)
      #expect(try Folder.names(in: folder.path) == ["documents.index"])
      let index = try DocumentIndex(path: path, expected: artefact)
      #expect(index.count == 300 && index.trainingSequences == 304)
      let stored = try (0..<300).map { try index.place($0) }
      for (left, right) in zip(stored, stored.dropFirst()) { #expect(left.digest <= right.digest) }
      for place in places {
        let truth = places.filter { $0.digest == place.digest }
        let found = try index.places(of: place.digest)
        #expect(found.count == truth.count && truth.allSatisfy(found.contains))
      }
      #expect(try index.places(of: Digest256(hashing: Array("absent".utf8))).isEmpty)
    }
  }

  @Test("it says which steps saw a text") func steps() throws {
    let order = DataOrder(count: 20, seed: 8)
    let twice = Digest256(hashing: [1])
    let places = [
      DocumentPlace(digest: twice, part: .training, first: 3, count: 2),
      DocumentPlace(digest: twice, part: .training, first: 4, count: 1),
      DocumentPlace(digest: twice, part: .validation, first: 9, count: 1),
      DocumentPlace(digest: .zero, part: .validation, first: 0, count: 1),
    ]
    try withScratchFolder { folder in
      let path = folder.path + "/documents.index"
      let writer = try DocumentIndexWriter(path: path, work: folder.path + "/unsorted")
      for place in places { try writer.append(place) }
      let artefact = try writer.finish(trainingSequences: 20, validationSequences: 10)
      let index = try DocumentIndex(path: path)
      let truth = (1...12).filter { step in
        order.sequences(ofStep: step, batch: 3).contains { $0 == 3 || $0 == 4 }
      }
      #expect(truth.count == 3)
      #expect(try index.steps(for: twice, order: order, batch: 3, through: 12) == truth)
      #expect(try index.steps(for: .zero, order: order, batch: 3, through: 12).isEmpty)
      #expect(throws: TrainingDataError.self) {
        try index.steps(for: twice, order: DataOrder(count: 21, seed: 8), batch: 3, through: 12)
      }

      var bytes = try FileSource.contents(of: path)
      bytes[64 + 32] ^= 1
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(throws: TrainingDataError.self) { try DocumentIndex(path: path, expected: artefact) }
      try Data(bytes.dropLast()).write(to: URL(fileURLWithPath: path))
      #expect(throws: TrainingDataError.self) { try DocumentIndex(path: path) }
      bytes[16] = 0xFF
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(throws: TrainingDataError.self) { try DocumentIndex(path: path) }
    }
  }
}
