import Foundation
import TestSupport
import Testing

@Suite("Tidiness") struct TidyTests {
  typealias Check = @Sendable (String, [Substring]) -> [String]

  private func complaints(_ files: [String], _ checks: [Check]) throws -> [String] {
    #expect(!files.isEmpty, "no file was found")
    return try files.flatMap { file in
      let lines = TidyTests.lines(of: try Checkout.text(file))
      return checks.flatMap { $0(file, lines) }
    }
  }

  private static func lines(of text: String) -> [Substring] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.last == "" { lines.removeLast() }
    return lines
  }

  @Test("sources: lines, files, functions, names, leftovers, calls") func sources() throws {
    let found = try complaints(
      Checkout.swiftFiles,
      [
        Tidy.longLines, Tidy.longFile, Tidy.longFunctions, Tidy.bannedNames,
        { Tidy.leftovers($0, $1) },
      ])
    #expect(found == [])
  }

  @Test("sources end no process on the world's faults") func calls() throws {
    let files = Checkout.files(below: "Sources").filter { $0.hasSuffix(".swift") }
    #expect(try complaints(files, [{ Tidy.bannedCalls($0, $1) }]) == [])
  }

  @Test("scripts: lines, leftovers") func scripts() throws {
    let found = try complaints(
      Checkout.scripts, [Tidy.longLines, Tidy.longFile, { Tidy.leftovers($0, $1) }])
    #expect(found == [])
  }

  @Test("scripts can be executed and name their interpreter") func executable() throws {
    #expect(Checkout.scripts.count > 5)
    for script in Checkout.scripts {
      let path = Repository.root.appendingPathComponent(script).path
      #expect(FileManager.default.isExecutableFile(atPath: path), "chmod +x \(script)")
      #expect(try Checkout.text(script).hasPrefix("#!/usr/bin/env "), "\(script)")
    }
  }

  @Test("every shipped pack and plan is in Filters/README.md") func packs() throws {
    let shipped = Checkout.names(in: "Filters/packs") + Checkout.names(in: "Filters/plans")
    let readme = Checkout.exists("Filters/README.md") ? try Checkout.text("Filters/README.md") : ""
    #expect(unlisted(shipped, in: readme) == [])
  }

  @Test("corpora are small, and SOURCES.md names each") func corpora() throws {
    let sources = try Checkout.text("Corpora/SOURCES.md")
    let names = Checkout.names(in: "Corpora").filter { !$0.contains(".") }
    #expect(!names.isEmpty)
    #expect(unlisted(names.map { "\($0)/" }, in: sources) == [])
    let bytes = try Checkout.files(below: "Corpora").reduce(0) { total, file in
      let path = Repository.root.appendingPathComponent(file).path
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      return total + (size ?? 0)
    }
    #expect(bytes < 500_000)
  }

  /// The names that a text does not hold.
  private func unlisted(_ names: [String], in text: String) -> [String] {
    names.filter { !text.contains($0) }
  }

  // Each check can fail.

  @Test("an unlisted name is caught") func catchesUnlisted() {
    #expect(unlisted(["a.yaml", "b.yaml"], in: "`b.yaml` is one") == ["a.yaml"])
  }

  @Test("long lines and files are caught") func catchesLength() {
    let wide = String(repeating: "x", count: 101)
    #expect(Tidy.longLines("a", ["short", Substring(wide), Substring(wide.dropLast())]).count == 1)
    #expect(Tidy.longFile("a", Array(repeating: "", count: 601)).count == 1)
    #expect(Tidy.longFile("a", Array(repeating: "", count: 600)) == [])
  }

  @Test("long functions are caught, long types are not", arguments: [69, 70, 200])
  func catchesLongFunctions(length: Int) {
    func function(_ head: String, _ indent: String) -> [Substring] {
      let body = Array(repeating: Substring(indent + "  work()"), count: length - 2)
      return [Substring(indent + head + " {")] + body + [Substring(indent + "}")]
    }
    let heads = ["public static func a(_ b: Int) -> Int", "init?(a: Int)", "mutating func b<T>()"]
    for head in heads {
      let found = Tidy.longFunctions("a", ["struct S {"] + function(head, "  ") + ["}"])
      #expect(found.count == (length > 70 ? 1 : 0), "\(head)")
    }
    #expect(Tidy.longFunctions("a", function("struct S", "")) == [])
    let wrapped: [Substring] = ["func a(", "  b: Int", ") {"] + function("if b", "  ") + ["}"]
    #expect(Tidy.longFunctions("a", wrapped).count == (length + 4 > 70 ? 1 : 0))
    let requirements: [Substring] =
      ["protocol P {"] + Array(repeating: "  func a() -> Int", count: length) + ["}"]
    #expect(Tidy.longFunctions("a", requirements) == [])
  }

  @Test("banned names are caught") func catchesNames() {
    #expect(Tidy.bannedNames("Sources/A/Text\("Utils").swift", []).count == 1)
    #expect(
      Tidy.bannedNames("A.swift", ["final class \("Shard")\("Manager"): Sendable {"]).count == 1)
    #expect(
      Tidy.bannedNames("A.swift", ["  /// enum \("Help")er is no name", "enum Screen {"]) == [])
  }

  @Test("leftovers are caught") func catchesLeftovers() {
    for mark in Tidy.leftovers {
      #expect(Tidy.leftovers("a", ["work()  // \(mark): later"]).count == 1)
      #expect(Tidy.leftovers("a", ["let m\(mark)s = 1"]) == [])
    }
  }

  @Test("calls that end the process are caught") func catchesCalls() {
    for (call, _) in Tidy.bannedCalls {
      #expect(Tidy.bannedCalls("a", ["  let a = \(call)b()"]).count == 1)
      #expect(Tidy.bannedCalls("a", ["  // never \(call) here"]) == [])
    }
  }
}
