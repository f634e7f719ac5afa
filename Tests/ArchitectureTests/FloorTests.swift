import Foundation
import Testing

@Suite("The floors of the house") struct FloorTests {
  @Test("imports point down") func importsPointDown() throws {
    let house = try House.ours()
    var read = 0
    for file in Checkout.files(below: "Sources") where file.hasSuffix(".swift") {
      let target = String(file.split(separator: "/")[1])
      let source = try Checkout.text(file)
      read += 1
      #expect(
        floorViolations(file: file, target: target, source: source, house: house) == [])
    }
    #expect(read > 10, "the sources were not found")
  }

  @Test("folder, table and manifest name the same targets") func sameTargets() throws {
    let table = try House.ours().floors.keys.sorted()
    #expect(table == Checkout.names(in: "Sources"))
    let manifest = targets(inManifest: try Checkout.text("Package.swift"))
    #expect(table == manifest.filter { !$0.test }.map(\.name).sorted())
    let tests = manifest.filter(\.test).map(\.name).sorted()
    #expect(tests == Checkout.names(in: "Tests"))
  }

  /// Sources without a test folder of their own, each with the reason.
  private static let testedElsewhere: Set<String> = [
    // Through the Swift that calls them:
    "CHyperscan", "CLZ4", "CLanes", "CMPI", "COpenBLAS", "CSHA256", "CSimdjson", "CZlib", "CZstd",
    "cordon",  // EndToEndTests drive the built command
    "cordon-bench",  // CorporaTests run it, and Scripts/bench uses it
  ]

  @Test("every target has its tests") func everyTargetIsTested() throws {
    let tests = Set(Checkout.names(in: "Tests"))
    for target in try House.ours().floors.keys.sorted()
    where !FloorTests.testedElsewhere.contains(target) {
      #expect(tests.contains("\(target)Tests"))
    }
  }

  @Test("dependencies are pinned") func pinned() throws {
    #expect(unpinned(inManifest: try Checkout.text("Package.swift")) == [])
  }

  // Each check can fail.

  private static let small = House(
    table: """
      | floor | target | its one sentence |
      |---|---|---|
      | 0 | `CZlib` `CZstd` | C libraries |
      | 1 | `Streams` | bytes |
      | 1 | `Ledger` | rows |
      | 1 | `Settings` | keys |
      | 2 | `Corpus` | documents |
      """)

  @Test("the table is read") func readsTable() {
    #expect(
      FloorTests.small.floors == [
        "CZlib": 0, "CZstd": 0, "Streams": 1, "Ledger": 1, "Settings": 1, "Corpus": 2,
      ])
  }

  @Test(
    "a planted violation is caught",
    arguments: [
      ("import Corpus", ["Streams.swift: Streams (floor 1) imports Corpus (floor 2)"]),
      (
        "import Foundation\npublic import Ledger",
        ["Streams.swift: Streams (floor 1) imports Ledger (floor 1)"]
      ),
      (
        "  @testable internal import struct Corpus.Batch",
        ["Streams.swift: Streams (floor 1) imports Corpus (floor 2)"]
      ),
      ("internal import CZlib\nimport Crypto\n// import Corpus\nlet important = 1", []),
    ]) func plantedViolation(source: String, expected: [String])
  {
    #expect(
      floorViolations(
        file: "Streams.swift", target: "Streams", source: source, house: FloorTests.small)
        == expected)
  }

  @Test("the rooms of floor 1 stand on one of them, and on no other")
  func ground() {
    func found(_ source: String) -> [String] {
      floorViolations(
        file: "Ledger.swift", target: "Ledger", source: source, house: FloorTests.small)
    }
    #expect(found("import Streams\nimport CZlib") == [])
    #expect(found("import Settings").count == 1)
  }

  @Test("a target outside the table is caught") func unknownTarget() {
    let found = floorViolations(
      file: "New.swift", target: "New", source: "", house: FloorTests.small)
    #expect(found.count == 1)
  }

  @Test("the manifest is read") func readsManifest() {
    let manifest = """
      .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
      .target(
        name: "Streams", dependencies: [
          .product(name: "Crypto", package: "swift-crypto")]),
      .executableTarget(
        name: "cordon"),
      .target(name: "TestSupport", path: "Tests/TestSupport"),
      .testTarget(
        name: "StreamsTests"),
      // .target(name: "Gone")
      """
    let found = targets(inManifest: manifest)
    #expect(
      found.map(\.name) == ["CZlib", "Streams", "cordon", "TestSupport", "StreamsTests"])
    #expect(found.map(\.test) == [false, false, false, true, true])
  }

  @Test("an open version range is caught") func openRange() {
    let manifest = """
      .package(url: "https://example.org/a", exact: "1.0.0"),
      .package(url: "https://example.org/b", from: "1.0.0"),
      """
    #expect(unpinned(inManifest: manifest).count == 1)
  }
}
