import Attacks
import Foundation
import Settings
import TestSupport
import Testing

@Suite("The list of attacks") struct AttackListTests {
  @Test("each file in Kinds is a line of the list") func list() throws {
    let folder = Repository.root.appendingPathComponent("Sources/Attacks/Kinds")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(Attacks.all.map { "\($0).swift" }.sorted() == files)
    #expect(Set(Attacks.all.map { $0.kind }).count == Attacks.all.count)
  }

  @Test("Filters/README.md tells every kind and key") func told() throws {
    let path = Repository.root.appendingPathComponent("Filters/README.md")
    let readme = try String(contentsOf: path, encoding: .utf8)
    for kind in [Attacks.all[2], Attacks.all[3], Attacks.all[4], Attacks.all[5]] {
      #expect(readme.contains("`\(kind.kind)`"), "\(kind.kind)")
      for key in kind.keys { #expect(readme.contains("`\(key)`"), "\(kind.kind): \(key)") }
    }
  }

  @Test(
    "a mistake in the settings is told with its line",
    arguments: [
      "prefix: {name: a}", "prefix: {name: a, prefixes: []}", "prefix: {name: a, prefixes: [x, x]}",
      "prefix: {name: a, prefixes: [x], shots: 1}", "in-context: {name: a, shots: []}",
      "in-context: {name: a, shots: [1, 1]}", "in-context: {name: a, shots: [-1]}",
      "in-context: {name: a, shots: [1], seeds: []}", "logit-lens: {name: a, layers: [1]}",
      "linear-probe: {name: a, penalties: [0]}", "linear-probe: {name: a, penalties: []}",
      "linear-probe: {name: a, folds: 1}", "linear-probe: {name: a, untrained: [1, 1]}",
    ]) func mistakes(attack: String) throws
  {
    try withFiles(TinyTarget.files()) { folder in
      do {
        _ = try TinyTarget(folder, attack: attack)
        Issue.record("\(attack) was taken")
      } catch let error as SettingsError {
        #expect(error.line == 8)
      }
    }
  }
}
