import Evaluation
import Attacks
import Foundation
import TestSupport
import Testing

@Suite("The plans of attack of the shipped world") struct WorldPlanTests {
  private func plan(_ name: String) throws -> AttackPlan {
    try AttackPlan(
      path: Repository.root.appendingPathComponent("Corpora/small-world/\(name)").path)
  }

  @Test("one setting for the demonstration, and a grid of rates, adapters and data")
  func trials() throws {
    let demo = try plan("attack.yaml")
    #expect(demo.attacks.count == 1 && demo.attacks[0].trials.count == 1)
    let grid = try plan("attack-grid.yaml")
    let relearning = grid.attacks.filter { type(of: $0).kind == "relearn" }
    #expect(relearning.map(\.name) == ["half", "whole", "benign"])
    // Three rates, all weights and an adapter, three seeds.
    #expect(relearning.allSatisfy { $0.trials.count == 18 })
    #expect(Set(grid.attacks.map { type(of: $0).kind }) == Set(Attacks.all.map { $0.kind }))
  }

  @Test("half of the hazards is taught and the other measured; harmless text teaches none")
  func taught() throws {
    for plan in [try plan("attack.yaml"), try plan("attack-grid.yaml")] {
      #expect(plan.sets.map(\.set) == [.attacked, .heldOut, .general])
      #expect(
        plan.sets.prefix(2).map(\.file.name) == ["items/hazard-a.jsonl", "items/hazard-b.jsonl"])
      for attack in plan.attacks {
        let names = attack.files.map(\.name)
        switch attack.name {
        case "half":
          #expect(names == ["train/hazard-a.jsonl"] && attack.teaches == [.attacked])
        case "whole":
          #expect(names == ["train/hazard.jsonl"] && attack.teaches == [.attacked, .heldOut])
        default:
          #expect(attack.teaches.isEmpty && !names.contains { $0.contains("hazard") })
        }
      }
    }
  }
}
