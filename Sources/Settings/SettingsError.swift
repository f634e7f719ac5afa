public import Streams

/// A mistake in a file that a person wrote, with the line where it stands.
///
/// The message speaks of keys, kinds and limits. It quotes no rule pack's terms: a log of mistakes
/// must not become a list of hazards.
public struct SettingsError: CordonError, Equatable {
  /// The file's path as it was given.
  public let file: String
  /// The line, counted from 1; 0 where the whole file is concerned.
  public let line: Int
  /// The way to the value, such as `screens[0].distinct`; empty at the root.
  public let keyPath: String
  /// What is wrong and what to write instead.
  public let message: String

  /// A mistake at this place.
  public init(file: String, line: Int, keyPath: String = "", message: String) {
    self.file = file
    self.line = line
    self.keyPath = keyPath
    self.message = message
  }

  /// Settings are the user's: exit 2.
  public var consequence: Consequence { .usage }

  /// `plan.yaml:12: screens[0].distnct: unknown key; …`
  public var description: String {
    let place = line > 0 ? "\(file):\(line)" : file
    return keyPath.isEmpty ? "\(place): \(message)" : "\(place): \(keyPath): \(message)"
  }
}
