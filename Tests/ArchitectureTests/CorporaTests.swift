import Foundation
import TestSupport
import Testing

@Suite("The shipped corpora") struct CorporaTests {
  /// The generator, beside the test bundle that runs.
  private static func generator() throws -> URL {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: own).deletingLastPathComponent()
      .appendingPathComponent("cordon-bench")
  }

  private static let world = "small-world"

  /// What the generator writes for this kind and seed, in a folder of its own.
  private func made(_ kind: String, in folder: URL) throws {
    let process = Process()
    process.executableURL = try CorporaTests.generator()
    process.arguments = [
      "corpus", "--kind", kind, "--seed", "1",
      "--output", folder.appendingPathComponent(kind).path,
    ]
    if kind != CorporaTests.world {  // A world holds its truth itself.
      process.arguments? += [
        "--truth", folder.appendingPathComponent("\(kind).truth.tsv").path,
      ]
    }
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
  }

  private func files(below folder: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter {
      var isFolder: ObjCBool = false
      let path = folder.appendingPathComponent($0).path
      return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  /// The bytes of compressed shards depend on the versions of the libraries; all else does not.
  private func isCompressed(_ bytes: Data) -> Bool {
    bytes.starts(with: [0x1F, 0x8B]) || bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD])
      || bytes.starts(with: [0x04, 0x22, 0x4D, 0x18])
      || bytes.starts(with: [0x50, 0x2A, 0x4D, 0x18])
  }

  @Test("are what the generator writes", arguments: ["demo", "defects", world])
  func areWhatIsGenerated(kind: String) throws {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("cordon-corpora-\(kind)-\(ProcessInfo.processInfo.processIdentifier)")
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try made(kind, in: folder)

    let shipped = Repository.root.appendingPathComponent("Corpora")
    let truth = kind == CorporaTests.world ? "\(kind)/truth.tsv" : "\(kind).truth.tsv"
    #expect(
      try Data(contentsOf: folder.appendingPathComponent(truth))
        == Data(contentsOf: shipped.appendingPathComponent(truth)), "\(truth)")
    let names = try files(below: folder.appendingPathComponent(kind))
    #expect(try files(below: shipped.appendingPathComponent(kind)) == names)
    var compared = 0
    for name in names {
      let fresh = try Data(contentsOf: folder.appendingPathComponent("\(kind)/\(name)"))
      let ours = try Data(contentsOf: shipped.appendingPathComponent("\(kind)/\(name)"))
      guard !isCompressed(fresh) else {
        #expect(isCompressed(ours), "\(name)")
        continue
      }
      compared += 1
      #expect(fresh == ours, "\(name) is not what the generator writes")
    }
    #expect(compared >= 8)
  }

  @Test("the truth has one row for every line that is not empty")
  func truthCountsLines() throws {
    for kind in ["demo", "defects"] {
      let rows = try Checkout.text("Corpora/\(kind).truth.tsv").split(separator: "\n").dropFirst()
      var counts: [Substring: Int] = [:]
      for row in rows { counts[row.prefix { $0 != "\t" }, default: 0] += 1 }
      for file in Checkout.files(below: "Corpora/\(kind)") {
        let bytes = try Data(contentsOf: Repository.root.appendingPathComponent(file))
        guard !isCompressed(bytes) else { continue }
        let lines =
          file.hasSuffix(".txt")
          ? 1 : bytes.split(separator: 0x0A).filter { $0 != Data([0x0D]) }.count
        let name = file.dropFirst("Corpora/\(kind)/".count)
        #expect(counts[name] ?? 0 == lines, "\(file)")
      }
    }
  }
}
