internal import ArgumentParser
internal import Foundation
internal import Language
internal import Streams

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "What a model is, and what memory it needs.",
    discussion: """
      Reads the settings, the headers of the weights and the tokenizer; the weights themselves are \
      not read. Where names, shapes or types of the weights are not what the settings ask for, it \
      says so as loading would, and the exit code is 3. Memory to run is the process, the weights \
      as Float, the keys and values of one text of the full context, and what reads it; memory \
      to train is the process, weights, gradients and the two moments of AdamW, the activations of \
      one text of the full context and a chunk of logits. A tokenizer is not counted.

      EXAMPLE
        cordon model inspect models/pythia
        cordon model inspect models/pythia --json
      """)

  @OptionGroup var options: ModelOptions

  @Flag(name: .long, help: "One JSON object on stdout.")
  var json = false

  @Flag(name: .long, help: "No notes.")
  var quiet = false

  func run() throws {
    try ModelOptions.check(folder: options.folder)
    let configuration = try ModelConfiguration(folder: options.folder)
    let checkpoint = try Checkpoint(folder: options.folder)
    try LanguageModel.check(checkpoint, against: configuration)
    let tokenizer = try options.tokenizerPath.map { try Tokenizer(path: $0) }
    let report = ModelReport(configuration, checkpoint, tokenizer)
    try Console.result(json ? report.json.text : report.text)
    if report.strangers > 0, !quiet {
      Console.note(
        "the tokenizer has \(report.strangers) ids that the model's vocabulary of "
          + "\(configuration.shape.vocabulary) does not: a text with one of them cannot be read")
    }
  }
}

/// What is known of a model without its weights.
struct ModelReport {
  let configuration: ModelConfiguration
  let parameters: Int
  let tensors: Int
  let types: [String]
  let files: Int
  let bytes: Int64
  let demand: MemoryDemand
  let tokenizer: Tokenizer?

  init(_ configuration: ModelConfiguration, _ checkpoint: Checkpoint, _ tokenizer: Tokenizer?) {
    self.configuration = configuration
    self.tokenizer = tokenizer
    let layout = ParameterLayout(configuration.shape)
    parameters = layout.elements
    tensors = checkpoint.files.reduce(0) { $0 + $1.tensors.count }
    types = Set(checkpoint.files.flatMap { $0.tensors.map(\.type.rawValue) }).sorted()
    files = checkpoint.files.count
    bytes = checkpoint.files.reduce(0) { $0 + (Folder.size(of: $1.path) ?? 0) }
    demand = MemoryDemand(configuration.shape, layout)
  }

  /// Ids of the tokenizer that the model does not have.
  var strangers: Int {
    max(0, (tokenizer?.vocabularySize ?? 0) - configuration.shape.vocabulary)
  }

  var text: String {
    let shape = configuration.shape
    let grouped = shape.keyHeads == shape.heads ? "" : " (\(shape.keyHeads) of keys and values)"
    let tokens =
      tokenizer.map {
        "\($0.vocabularySize) tokens, byte-pair encoding by "
          + ($0.isByteLevel ? "bytes" : "characters")
      } ?? "none in the folder; name one with --tokenizer, or use ids"
    return """
      architecture  \(configuration.modelType)
      parameters    \(parameters)\(shape.tied ? ", the output matrix tied to the embedding" : "")
      stored        \(tensors) tensors as \(types.joined(separator: ", ")) in \(files) \
      \(files == 1 ? "file" : "files"), \(Size.text(bytes))
      layers        \(shape.layers), width \(shape.width), inner width \(shape.inner)
      attention     \(shape.heads) heads\(grouped), width \(shape.headWidth)
      vocabulary    \(shape.vocabulary)
      context       \(shape.context) tokens
      to run        \(Size.text(demand.run)): weights \(Size.text(demand.weights)), keys and \
      values \(Size.text(demand.cache)), reading \(Size.text(demand.reading)), process \
      \(Size.text(MemoryDemand.process))
      to train      \(Size.text(demand.train)): weights, gradients and moments \
      \(Size.text(demand.training)), activations \(Size.text(demand.activations)), logits \
      \(Size.text(demand.logits)), process \(Size.text(MemoryDemand.process))
      tokenizer     \(tokens)
      """
  }

  var json: JSONText {
    let shape = configuration.shape
    var text = JSONText()
    text.object { text in
      text.member("architecture", configuration.modelType)
      text.member("parameters", parameters)
      text.member("tied", shape.tied)
      text.member("layers", shape.layers)
      text.member("width", shape.width)
      text.member("inner", shape.inner)
      text.member("heads", shape.heads)
      text.member("keyHeads", shape.keyHeads)
      text.member("headWidth", shape.headWidth)
      text.member("vocabulary", shape.vocabulary)
      text.member("context", shape.context)
      text.object("stored") { text in
        text.member("tensors", tensors)
        text.array("types") { text in
          for type in types { text.value(type) }
        }
        text.member("files", files)
        text.member("bytes", bytes)
      }
      text.object("memory") { text in
        text.member("weights", demand.weights)
        text.member("cache", demand.cache)
        text.member("reading", demand.reading)
        text.member("run", demand.run)
        text.member("training", demand.training)
        text.member("activations", demand.activations)
        text.member("logits", demand.logits)
        text.member("train", demand.train)
        text.member("process", MemoryDemand.process)
      }
      text.name("tokenizer")
      guard let tokenizer else { return text.null() }
      text.object { text in
        text.member("path", tokenizer.path)
        text.member("vocabulary", tokenizer.vocabularySize)
        text.member("beyondModel", strangers)
        text.member("byteLevel", tokenizer.isByteLevel)
      }
    }
    return text
  }
}
