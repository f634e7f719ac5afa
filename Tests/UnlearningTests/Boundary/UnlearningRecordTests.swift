import Ledger
import Streams
import Testing
import Unlearning

@Suite struct UnlearningRecordTests {
  static func row() -> UnlearningRow {
    func model(_ name: String) -> CheckpointRow {
      let sha256 = Digest256(hashing: Array(name.utf8))
      return CheckpointRow(files: [
        NamedArtefact(name: "model.safetensors", artefact: Artefact(sha256: sha256, bytes: 1))
      ])
    }
    return UnlearningRow(
      id: "cafe", plan: [], settings: "{}", seeds: [], base: model("a"), result: model("b"),
      steps: 150, files: [], documents: [.init(term: "toxins", digest: .zero)], verdict: nil,
      neededItems: nil, confidence: nil, constraints: [], duals: [],
      code: CodeVersion(version: "0", binary: .zero, swift: "", libraries: ""))
  }

  @Test func takesAVerdictOver() throws {
    let constraints = try SyntheticProblem.constraints()
    for (cost, isMet) in [(0.003, true), (1.0, false)] {
      var problem = SyntheticProblem()
      (problem.generalCost, problem.lossCost) = (cost, cost)
      let outcome = problem.run(constraints)
      var row = Self.row()
      row.take(outcome.verdict, trace: outcome.boundary.trace)
      #expect(outcome.verdict.isMet == isMet)
      #expect(row.verdict == (isMet ? .met : .notMet))
      #expect((row.result != nil) == isMet)
      #expect(row.confidence == 0.95)
      #expect(row.constraints.map(\.name) == SyntheticProblem.names)
      #expect(row.constraints.map(\.upper) == outcome.verdict.parts.map(\.estimate.upper))
      #expect(row.duals.count == outcome.boundary.trace.count)
      #expect(row.duals.map(\.dual) == outcome.boundary.trace.map(\.dual))
    }
  }
}
