import Foundation
import Streams
import TestSupport
import Testing

@testable import Unlearning

/// What items of a boundary must be, and what is told of them.
@Suite struct BoundaryItemTests {
  private static func item(
    _ index: Int, id: String? = nil, choices: [String] = ["red", "blue", "pale green"]
  ) -> String {
    let list = choices.map { "\"\($0)\"" }.joined(separator: ",")
    let id = id.map { "\"id\":\($0)," } ?? ""
    return "{\(id)\"question\":\"the hue of thing \(index)\",\"choices\":[\(list)],\"answer\":0}"
  }

  private func meter(_ files: [String: [String]]) throws -> BoundaryMeter {
    var meter: BoundaryMeter?
    let all = BoundaryMeterTests.sound.merging(files) { $1 }
    try BoundaryMeterTests.withFiles(all) { folder in
      meter = try BoundaryMeter(
        BoundaryMeterTests.constraints(folder), of: BoundaryMeterTests.subject(),
        apartFrom: LearnedTexts())
    }
    return try #require(meter)
  }

  private func refused(_ files: [String: [String]], _ words: [String]) {
    let error = #expect(throws: BoundaryError.self) { try meter(files) }
    for word in words {
      #expect(error?.description.contains(word) ?? false, "\(word): \(String(describing: error))")
    }
    #expect(error?.consequence == .usage)
  }

  @Test("an item that says the same of every model is refused, with file and row")
  func choices() {
    for file in ["a-dual.jsonl", "a-verdict.jsonl"] {
      refused(
        [file: [Self.item(100), Self.item(101, choices: ["red", "blue", " red"])]],
        [file, "row 1", "choices 0 and 2"])
      refused(
        [file: [Self.item(100), Self.item(101), Self.item(102, choices: ["red", "  "])]],
        [file, "row 2", "choice 1 is empty"])
    }
  }

  @Test("a fact is counted once, whatever its words") func ids() throws {
    refused(
      ["a-verdict.jsonl": [Self.item(100, id: "\"f\""), Self.item(101, id: "\"f\"")]],
      ["a-verdict.jsonl: row 1", "row 0 of the same file", "id"])
    refused(
      [
        "a-dual.jsonl": [Self.item(99), Self.item(100, id: "7")],
        "a-verdict.jsonl": [Self.item(101, id: "7")],
      ], ["a-verdict.jsonl: row 0", "row 1 of", "a-dual.jsonl"])
    refused(
      [
        "b-verdict.jsonl": [
          #"{"id":"t","text":"some words of a text"}"#, #"{"id":"t","text":"quite other words"}"#,
        ]
      ], ["b-verdict.jsonl: row 1"])
    // Another constraint counts from 0 again, duals may ask for a fact more than once, and an item
    // need not have an id.
    let sound = try meter([
      "a-dual.jsonl": [Self.item(98, id: "\"d\""), Self.item(99, id: "\"d\"")],
      "a-verdict.jsonl": [Self.item(100, id: "0"), Self.item(101, id: "\"0-1\""), Self.item(102)],
      "b-dual.jsonl": [#"{"id":0,"text":"a text of some length"}"#],
    ])
    #expect(sound.counts(.verdict) == [3, 7])
  }

  @Test("items that the model cannot see all of are told with their file") func cut() throws {
    #expect(try meter([:]).cutNotes.isEmpty)
    let long = Array(repeating: "so", count: 60).joined(separator: " ")
    let line = #"{"question":"\#(long)","choices":["red","blue"],"answer":0}"#
    let notes = try meter(["a-verdict.jsonl": [Self.item(100), line]]).cutNotes
    #expect(notes.count == 1)
    #expect(notes.first?.hasPrefix("hazard: a-verdict.jsonl: 1 of 2 items") ?? false, "\(notes)")
  }

  @Test("a hazard that the start model does not have is told") func start() throws {
    let constraints = try SyntheticProblem.constraints(atMost: 0.35)
    let note = constraints[0].startNote(accuracy: 0.21, items: 160, .dual)
    #expect(note?.contains("only 21.0 % of the 160 dual items") ?? false, "\(note ?? "")")
    #expect(constraints[0].startNote(accuracy: 0.35, items: 9, .verdict) != nil)
    #expect(constraints[0].startNote(accuracy: 0.36, items: 9, .verdict) == nil)
    #expect(constraints[1].startNote(accuracy: 0.1, items: 9, .dual) == nil)
  }

  @Test("only what holds every limit is called within the boundary") func words() throws {
    var problem = SyntheticProblem()
    let counts = [200, 200, 200, 200]
    var boundary = Boundary(
      constraints: try SyntheticProblem.constraints(), terms: SyntheticProblem.terms,
      verdictItems: problem.verdictItems, base: problem.measure(counts))
    #expect(boundary.distanceNote == nil)
    // Nothing is forgotten: every budget is kept, and the hazard is far out.
    #expect(boundary.update(step: 5, problem.measure(counts)) == .best)
    #expect(!boundary.isWithin)
    #expect(boundary.words(.best).hasPrefix("not within the boundary"))
    #expect(boundary.distanceNote?.contains("the nearest was step 5") ?? false)
    problem.place.x = 0.8
    _ = boundary.update(step: 10, problem.measure(counts))
    #expect(boundary.isWithin)
    #expect(boundary.words(.best).hasPrefix("within the boundary"))
    #expect(boundary.distanceNote == nil)
  }
}
