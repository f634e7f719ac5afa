import Foundation
import Language
import Streams
import TestSupport
import Testing
import Unlearning

@Suite("The list of objectives") struct ObjectiveListTests {
  @Test("each file in Objectives is a line of the list") func list() throws {
    let folder = Repository.root.appendingPathComponent("Sources/Unlearning/Objectives")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(Objectives.all.map { "\($0).swift" }.sorted() == files)
  }

  @Test("names are unique, and what forgets stands before what retains") func names() {
    #expect(Set(Objectives.all.map { $0.name }).count == Objectives.all.count)
    let roles = Objectives.all.map { $0.role }
    #expect(roles == roles.filter { $0 == .forget } + roles.filter { $0 == .retain })
    #expect(roles.filter { $0 == .retain }.count == 3)
  }

  @Test("every objective has a plain reference and a mutant") func cases() {
    #expect(
      ObjectiveCase.all.map { type(of: $0.objective).name } == Objectives.all.map { $0.name })
  }

  @Test("a sequence that no token scores is refused") func nothingScored() throws {
    // The first token of a sequence is never scored.
    let labels: [Int32] = [-100, 3, -100, 5, -100, -100]
    #expect(throws: ObjectiveError.nothingScored(sequence: 1)) {
      _ = try ObjectiveBatch(labels: labels, length: 3)
    }
    #expect(ObjectiveError.nothingScored(sequence: 1).description.contains("sequence 1"))
    #expect(ObjectiveError.nothingScored(sequence: 1).consequence == .usage)
    let batch = try ObjectiveBatch(labels: [4, 3, -100, -100, 5, 5], length: 3)
    #expect(batch.count(.scoredTokens) == 3)
    #expect(batch.count(.labelledTokens) == 4)
    #expect(batch.count(.sequences) == 2)
  }

  @Test("a layer that the model does not have is refused") func layer() throws {
    let world = try SmallWorld()
    for objective in [Rerouting(layers: [2]), HiddenRetention(layers: [0, -1])]
      as [any Objective]
    {
      #expect(throws: ModelInputError.self) { try world.batch(objective) }
    }
    let rmu = RMU(layers: [7], direction: RMU.direction(width: 8, seed: 1))
    #expect(throws: ModelInputError.layer(7, layers: 2)) { try world.measure(rmu) }
  }

  @Test("a direction has length 1, and is its seed's") func direction() {
    let one = RMU.direction(width: 48, seed: 1)
    #expect(abs(one.reduce(0) { $0 + Double($1) * Double($1) } - 1) < 1e-6)
    #expect(one == RMU.direction(width: 48, seed: 1))
    #expect(one != RMU.direction(width: 48, seed: 2))
    #expect(one.allSatisfy { $0 > 0 })
  }
}
