internal import Foundation
internal import Streams

/// What an output folder says of its ledger, so that who has a checkpoint finds the record of it:
/// `.ledger.json`, with the ledger's path, as seen from the folder where it lies below it.
public enum LedgerPointer {
  static let name = ".ledger.json"

  private struct Content: Codable {
    var ledger: String
  }

  /// Says which ledger has the run of an output folder.
  ///
  /// - Throws: `StreamsError` where it cannot be written.
  public static func write(_ ledger: String, in output: String) throws {
    let (ledger, folder) = (absolute(ledger), absolute(output) + "/")
    let path = ledger.hasPrefix(folder) ? String(ledger.dropFirst(folder.count)) : ledger
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let target = "\(output)/\(name)"
    let file = try OutputFile(temporaryPath: target + ".partial")
    try file.write(Array(try encoder.encode(Content(ledger: path))) + [0x0A])
    try file.publish(as: target)
  }

  /// The ledger of an output folder; nil where the folder says of none and has none.
  public static func ledger(ofOutput output: String) -> String? {
    let path = "\(output)/\(name)"
    if Folder.exists(path), let bytes = try? FileSource.contents(of: path),
      let content = try? JSONDecoder().decode(Content.self, from: Data(bytes))
    {
      return content.ledger.hasPrefix("/") ? content.ledger : "\(output)/\(content.ledger)"
    }
    let own = output + "/ledger.sqlite"
    return Folder.exists(own) ? own : nil
  }

  /// The ledger of the run that wrote the model in a folder: `model` and `adapter` stand in the
  /// output folder, checkpoints one folder deeper. Nil where neither folder says of one.
  public static func ledger(ofModel folder: String) -> String? {
    let output = Folder.parent(of: absolute(folder))
    return ledger(ofOutput: output) ?? ledger(ofOutput: Folder.parent(of: output))
  }

  private static func absolute(_ path: String) -> String {
    let path = URL(fileURLWithPath: path).standardizedFileURL.path
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
