import Foundation
import Settings
import TestSupport
import Testing

import Corpus
@testable import Screening

@Suite struct ShippedFiltersTests {
  private static let folder = Repository.root.appendingPathComponent("Filters")

  static let packs = names(in: "packs")
  static let plans = names(in: "plans")

  private static func names(in part: String) -> [String] {
    let path = folder.appendingPathComponent(part).path
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
  }

  @Test func thePacksAndPlansAreThere() {
    #expect(
      Self.packs == ["control-list.yaml", "fictional-intrusions.yaml", "fictional-toxins.yaml"])
    #expect(Self.plans.contains("demo.yaml") && Self.plans.contains("control-list-review.yaml"))
  }

  @Test(arguments: packs)
  func everyPackFindsItsHitsAndNoneOfItsMisses(_ name: String) throws {
    let path = Self.folder.appendingPathComponent("packs/\(name)").path
    try RulePack.verifyExamples(at: path)
    let pack = try RulePack(yaml: path)
    #expect(pack.hits.count >= 6 && pack.misses.count >= 6)
    #expect("\(pack.name).yaml" == name)
    // A screen that finds nothing, and one that finds everything, must not pass.
    let session = try ScreenSet(
      screens: SettingsFile(path: "p", bytes: Array("- blocklist: \(path)\n  distinct: 0.1\n".utf8))
        .root,
      onHazard: .drop, levels: [:], folder: ""
    ).makeSession()
    for hit in pack.hits { #expect(try session.judge(hit.text).action == .drop) }
    for miss in pack.misses { #expect(try session.judge(miss.text).action == nil) }
  }

  @Test(arguments: plans)
  func everyPlanLoads(_ name: String) throws {
    let file = try SettingsFile(path: Self.folder.appendingPathComponent("plans/\(name)").path)
    let set = try ScreenSet(
      screens: file.root.mapping().required("screens"), onHazard: .drop, levels: [:],
      folder: Self.folder.appendingPathComponent("plans").path)
    #expect(!set.reasons.isEmpty)
  }

  @Test func noPacksTermsAreOnlyPartsOfEachOther() throws {
    // A mutant that drops the boundary test would find `ricin` in `pricing`.
    let path = Self.folder.appendingPathComponent("packs/control-list.yaml").path
    let pack = try RulePack(yaml: path)
    #expect(pack.termCount > 100 && pack.level == .green)
    for term in pack.terms {
      guard case .literal(let bytes) = term.matcher else { continue }
      #expect(bytes.count >= 5, "a name this short would flag ordinary text: line \(term.line)")
    }
  }

  @Test(.enabled(if: Repository.shared != nil, "needs ../shared"))
  func theControlListIsWhatItsScriptMakes() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let script = Repository.root.appendingPathComponent("Scripts/make-control-list").path
    process.arguments = ["python3", script, Repository.shared("data").path]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let made = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let shipped = Self.folder.appendingPathComponent("packs/control-list.yaml")
    #expect(try made == Data(contentsOf: shipped))
  }
}
