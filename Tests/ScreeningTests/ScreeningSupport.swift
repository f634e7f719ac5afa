import Corpus
import Foundation
import Settings
import Testing

@testable import Screening

/// The folder of this target's fixtures.
let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Fixtures")

/// Files in a folder that lives as long as the value.
final class TemporaryFolder {
  let url: URL

  init(_ files: [String: String] = [:]) throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("cordon-screening-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, content) in files { try write(name, content) }
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func write(_ name: String, _ content: String) throws {
    try Data(content.utf8).write(to: url.appendingPathComponent(name))
  }

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

/// The screens of a plan, given as the YAML of its `screens` and the files beside it.
func screenSet(
  _ screens: String, _ files: [String: String] = [:], onHazard: HazardAction = .drop,
  levels: [HazardLevel: HazardAction] = [:]
) throws -> ScreenSet {
  let folder = try TemporaryFolder(files)
  let plan = try SettingsFile(path: "plan.yaml", bytes: Array("screens:\n\(screens)\n".utf8))
  return try ScreenSet(
    screens: plan.root.mapping().required("screens"), onHazard: onHazard, levels: levels,
    folder: folder.url.path)
}

/// A pack in YAML with these lines under `terms`.
func pack(_ terms: [String], name: String = "invented", level: String = "red") -> String {
  """
  pack: \(name)
  version: 1
  hazard: chemical
  level: \(level)
  terms:
  \(terms.map { "  - \($0)" }.joined(separator: "\n"))

  """
}

/// A screen set of one pack.
func screenSet(terms: [String], options: String = "") throws -> ScreenSet {
  try screenSet("  - blocklist: pack.yaml\n\(options)", ["pack.yaml": pack(terms)])
}

extension ScreenSession {
  /// What all screens say of a text.
  func judge(_ text: String) throws -> Judgement {
    var judgement = Judgement()
    var text = text
    try text.withUTF8 { try judge(UnsafeRawBufferPointer($0), into: &judgement) }
    return judgement
  }
}

/// The mistake that a closure makes, as its description.
func mistake(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no mistake"
  } catch {
    return "\(error)"
  }
}
