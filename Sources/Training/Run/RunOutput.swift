internal import Foundation
internal import Streams

/// The folder that a run writes to, and what is its own there.
public struct RunOutput: Sendable {
  /// The folder.
  public let folder: String
  /// What a run writes, as names in the folder.
  public let names: [String]
  /// How further names end that a run gives to what it writes: `.svg`.
  public let endings: [String]
  /// Names of which a run leaves one before anything else, or last: they say that one was here.
  public let marks: [String]

  /// An output.
  public init(
    _ folder: String, names: [String], endings: [String] = [], marks: [String]
  ) {
    (self.folder, self.names, self.endings, self.marks) = (folder, names, endings, marks)
  }

  /// Removes what an earlier run wrote, which ``check()`` has found to be a run's.
  ///
  /// - Throws: `StreamsError` where something cannot be removed.
  public func clear() throws {
    let own = try Folder.names(in: folder).filter { name in
      names.contains(name) || endings.contains { name.hasSuffix($0) }
    }
    // A mark goes last: what a run that is killed here leaves is still a run's.
    let isMark = { (name: String) in marks.contains(name) }
    for name in own.filter({ !isMark($0) }) + own.filter(isMark) {
      try Folder.remove("\(folder)/\(name)")
    }
  }

  /// What stands in an output without a mark is somebody else's.
  ///
  /// - Throws: ``TrainingRunError/foreign(path:)``.
  public func check() throws(TrainingRunError) {
    guard !marks.contains(where: { Folder.exists("\(folder)/\($0)") }) else { return }
    for name in names where Folder.exists("\(folder)/\(name)") {
      throw .foreign(path: "\(folder)/\(name)")
    }
  }

  /// What a run reads must not be what it writes or removes.
  ///
  /// - Throws: ``TrainingRunError/inside(path:output:)``.
  public func checkOutside(_ inputs: [String]) throws(TrainingRunError) {
    for path in inputs {
      let input = RunOutput.standard(path)
      for name in names {
        let own = RunOutput.standard("\(folder)/\(name)")
        guard input != own, !input.hasPrefix(own + "/") else {
          throw .inside(path: path, output: folder)
        }
      }
    }
  }

  private static func standard(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }
}
