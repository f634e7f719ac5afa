internal import ArgumentParser
internal import Foundation
internal import Language
internal import Streams
internal import Tensors

/// Where a model is, and its tokenizer.
struct ModelOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "The model: a folder with config.json and safetensors, as Hugging Face writes it.",
      valueName: "model"))
  var folder: String

  @Option(
    name: .long,
    help: ArgumentHelp("The tokenizer (default: MODEL/tokenizer.json).", valueName: "file"))
  var tokenizer: String?

  /// The tokenizer's file; nil where none was named and the folder has none.
  var tokenizerPath: String? {
    let own = folder + "/tokenizer.json"
    return tokenizer ?? (Folder.exists(own) ? own : nil)
  }

  func validate() throws {
    guard !folder.isEmpty else { throw ValidationError("name the folder of a model") }
  }

  /// Sees to it that a folder is there.
  ///
  /// - Throws: `StreamsError`.
  static func check(folder: String) throws {
    guard Folder.exists(folder) else { throw StreamsError(.missing, path: folder, detail: "") }
    guard Folder.isFolder(folder) else {
      throw StreamsError(
        .unsupported, path: folder,
        detail: "is not a folder; name the one that holds config.json and the weights")
    }
  }

  /// The model, with its weights.
  func model() throws -> LanguageModel {
    try ModelOptions.check(folder: folder)
    return try LanguageModel.load(folder: folder)
  }

  /// The tokenizer, for a command that cannot do without.
  func requiredTokenizer(otherwise advice: String) throws -> Tokenizer {
    guard let path = tokenizerPath else {
      throw MissingTokenizer(folder: folder, advice: advice)
    }
    return try Tokenizer(path: path)
  }
}

extension ThreadOptions {
  /// Workers for a model's arithmetic.
  func workers() -> Workers { Workers(count: count) }
}

/// A folder has no tokenizer, and the command needs one.
struct MissingTokenizer: CordonError {
  let folder: String
  let advice: String

  var consequence: Consequence { .input }
  var description: String { "\(folder): there is no tokenizer.json here; \(advice)" }
}
