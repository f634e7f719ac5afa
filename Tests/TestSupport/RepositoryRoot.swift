public import Foundation

/// The folders that tests read.
public enum Repository {
  /// The checkout that holds this source file.
  public static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// `../shared` beside the checkout (or `CORDON_SHARED`), nil where a stranger does not have it.
  ///
  /// A test that wants it is declared with `.enabled(if: Repository.shared != nil, "…")`.
  public static let shared: URL? = {
    let given = ProcessInfo.processInfo.environment["CORDON_SHARED"]
    let folder =
      given.map { URL(fileURLWithPath: $0) }
      ?? root.deletingLastPathComponent().appendingPathComponent("shared")
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  /// A file or folder below `../shared`.
  ///
  /// - Precondition: `shared` is there.
  public static func shared(_ path: String) -> URL {
    guard let shared else { preconditionFailure("../shared is missing") }
    return shared.appendingPathComponent(path)
  }
}
