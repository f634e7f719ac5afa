import Foundation
import TestSupport
import Testing
import Training

@Suite("The plans of training that are shipped") struct ShippedPlansTests {
  static let folder = Repository.root.appendingPathComponent("Filters/training")
  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()) ?? []

  @Test("they load, and Filters/README.md names them", arguments: names)
  func loads(name: String) throws {
    let plan = try TrainingPlan(path: ShippedPlansTests.folder.appendingPathComponent(name).path)
    #expect(plan.name + ".yaml" == name)
    let readme = try String(
      contentsOf: Repository.root.appendingPathComponent("Filters/README.md"), encoding: .utf8)
    #expect(readme.contains("`\(name)`"))
  }

  @Test("there is one") func some() { #expect(ShippedPlansTests.names.contains("demo.yaml")) }
}
