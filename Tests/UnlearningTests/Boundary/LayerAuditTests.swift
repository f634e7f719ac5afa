import Foundation
import Language
import Streams
import Tensors
import Testing
import Training

@testable import Unlearning

@Suite struct LayerAuditTests {
  @Test func namesWhatChangedAndByHowMuch() throws {
    let before = try SmallWorld.model(seed: 1)
    let after = try SmallWorld.model(seed: 1)
    // Every weight of one tensor of block 1 is doubled: a change of its whole norm.
    let doubled = try #require(after.layout.parameters.first { $0.layer == 1 })
    for index in doubled.place.range { after.weights.base[index] *= 2 }
    let audit = LayerAudit(before: before, after: after)
    #expect(audit.tensors.count == after.layout.parameters.count)
    for tensor in audit.tensors {
      #expect(abs(tensor.share - (tensor.name == doubled.name ? 1 : 0)) < 1e-6)
    }
    #expect(audit.untouched == [0])
    #expect(audit.share(ofLayer: 1) > 0 && audit.share(ofLayer: 1) < 1)
    let warning = try #require(audit.warning)
    #expect(warning.hasPrefix("layer 0 of 2"))
    #expect(audit.lines.last?.contains("layer 0") ?? false)
    var json = JSONText()
    audit.write(to: &json)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(json.bytes)) as? [String: Any])
    let layers = try #require(object["layers"] as? [[String: Any]])
    #expect(layers.map { $0["untouched"] as? Bool } == [true, false])
  }

  @Test func saysNothingWhereAllChangedAndWarnsWhereNothingDid() throws {
    let before = try SmallWorld.model(seed: 1)
    #expect(LayerAudit(before: before, after: try SmallWorld.model(seed: 2)).warning == nil)
    let same = LayerAudit(before: before, after: before)
    #expect(same.untouched == [0, 1])
    #expect(same.warning?.contains("no layer") ?? false)
  }

  /// A tensor by hand: (3, 4) became (3, 8), a change of 4 in a norm of 5.
  @Test func theShareIsThatOfNorms() {
    let tensor = LayerAudit.Tensor(name: "w", layer: 0, change: 4, norm: 5)
    #expect(tensor.share == 0.8)
    #expect(LayerAudit.Tensor(name: "w", layer: 0, change: 4, norm: 0).share == 4)
  }
}

@Suite struct BoundaryPlotsTests {
  @Test func drawEveryConstraintWithItsLimit() throws {
    let constraints = try SyntheticProblem.constraints()
    var problem = SyntheticProblem()
    let trace = problem.run(constraints).boundary.trace
    let plots = BoundaryPlots(constraints, trace: trace)
    #expect(plots.all.map(\.name) == ["measures.svg", "duals.svg", "constraints.svg"])
    for (name, chart) in plots.all {
      let svg = String(decoding: chart.svg, as: UTF8.self)
      #expect(svg.components(separatedBy: "<polyline").count == 5)
      #expect(
        svg.components(separatedBy: "stroke-dasharray").count == (name == "duals.svg" ? 1 : 5))
      for constraint in constraints { #expect(svg.contains(">\(constraint.name) ")) }
      for word in ["nan", "inf"] { #expect(!svg.contains("\"\(word)")) }
      #expect(BoundaryPlots(constraints, trace: trace).all.contains { $0.chart.svg == chart.svg })
    }
    #expect(BoundaryPlots(constraints, trace: []).all.count == 3)
    #expect(!BoundaryPlots(constraints, trace: []).measures.svg.isEmpty)
  }
}
