public import Streams

/// A checkpoint that cannot be read, or weights that its form cannot hold.
public struct CheckpointError: CordonError, Equatable {
  /// What went wrong.
  public enum Code: Sendable, Equatable {
    /// The file is not what its name says, ends too early, or its parts do not fit together.
    case broken
    /// A setting is missing, of the wrong type, or out of range.
    case setting
    /// The checkpoint asks for something that is not built here.
    case unsupported
    /// A tensor is missing.
    case missingTensor
    /// A tensor is there that the architecture does not have.
    case unexpectedTensor
    /// A tensor has another shape than the settings say.
    case shape
    /// What a model is verified against is of another model, or of another form.
    case reference
    /// A weight is infinite or not a number.
    case notFinite
    /// A weight is too large for the number format that it is to be stored in.
    case doesNotFit
  }

  /// What went wrong.
  public let code: Code
  /// The file, or the folder where there is none.
  public let path: String
  /// The tensor, or the key of a setting; may be empty.
  public let key: String
  /// What is wrong there, and what was expected.
  public let detail: String

  /// An error with its file and its tensor or key.
  public init(_ code: Code, path: String, key: String = "", detail: String) {
    self.code = code
    self.path = path
    self.key = key.printable(160)
    self.detail = detail.printable(600)
  }

  /// What follows from it: a checkpoint that does not load is input that cannot be read.
  public var consequence: Consequence { code == .doesNotFit ? .findings : .input }

  /// One sentence: the file, the tensor or key, what is wrong there, and what to do.
  public var description: String {
    let place = key.isEmpty ? path : "\(path): \(key)"
    switch code {
    case .broken: return "\(place): \(detail); fetch the file again"
    case .setting: return "\(place): \(detail); mend the file or fetch it again"
    case .unsupported: return "\(place): \(detail)"
    case .missingTensor, .unexpectedTensor, .shape:
      return "\(place): \(detail); the weights do not belong to this config.json"
    case .reference:
      return "\(place): \(detail); take the reference that was made of this very checkpoint"
    case .notFinite: return "\(place): \(detail); this checkpoint is damaged, take an earlier one"
    case .doesNotFit: return "\(place): \(detail); store the model as F32"
    }
  }
}

/// Reads JSON, whose errors name the file already, as part of a checkpoint.
func readingJSON<Value>(_ body: () throws -> Value) throws -> Value {
  do {
    return try body()
  } catch let error as TokenizerError {
    let code: CheckpointError.Code = error.code == .json ? .broken : .setting
    throw CheckpointError(
      code, path: error.path, key: error.key,
      detail: error.code == .json ? "not JSON: \(error.detail)" : error.detail)
  }
}
