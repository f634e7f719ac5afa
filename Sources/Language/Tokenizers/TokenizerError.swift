public import Streams

/// A tokenizer that could not be read, or a name that is not known.
public struct TokenizerError: CordonError, Equatable {
  /// What went wrong.
  public enum Code: Sendable, Equatable {
    /// The file is not JSON, or ends too early.
    case json
    /// A key is missing, or its value is of the wrong type or out of range.
    case value
    /// The file asks for something that is not built here.
    case unsupported
    /// The vocabulary, the merges and the added tokens do not fit together.
    case inconsistent
    /// A name that is not in a list of ours.
    case unknownName
    /// The settings for training cannot be met.
    case training
  }

  /// What went wrong.
  public let code: Code
  /// The file, or what stands for it.
  public let path: String
  /// Where in the file: the key's path (`model.merges[17]`), or a byte offset.
  public let key: String
  /// What is wrong there, and what was expected.
  public let detail: String

  /// An error with its file and its key.
  public init(_ code: Code, path: String, key: String, detail: String) {
    self.code = code
    self.path = path
    self.key = key.printable(160)
    self.detail = detail.printable(600)
  }

  /// What follows from it: a broken tokenizer is input that cannot be read, a wrong name is usage.
  public var consequence: Consequence {
    switch code {
    case .json, .value, .unsupported, .inconsistent: .input
    case .unknownName, .training: .usage
    }
  }

  /// One sentence: the file, the key, and what is wrong there.
  public var description: String {
    let place = key.isEmpty ? path : "\(path): \(key)"
    switch code {
    case .json: return "\(place): not JSON: \(detail); fetch the file again"
    case .value, .inconsistent: return "\(place): \(detail); mend the file or fetch it again"
    case .unsupported: return "\(place): \(detail)"
    case .unknownName, .training: return "\(place): \(detail)"
    }
  }
}
