internal import ArgumentParser
internal import Foundation
internal import Language
internal import Streams

struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Let a model go on from a text.",
    discussion: """
      Prints what the model appends, as it comes. It ends at a token that ends a text by the \
      model's settings, at a --stop text (which is not printed), or at --max-tokens. With --json \
      the ids have the prompt in front, the text has not. Without a tokenizer a prompt is given, \
      and an answer printed, as ids.

      Ctrl-C or SIGTERM ends it within a second, with exit code 130; what was printed stays, and \
      with --json nothing is. When whoever reads the answer has gone, the work ends at once, with \
      exit code 0. --json also says why the answer ended (`stop`): "end" for a token that ends a \
      text, "string" for a --stop text, "length" for --max-tokens, "context" where the model can \
      see no more.

      The same seed gives the same answer, whatever the number of threads. A prompt's tokens are \
      made with what the tokenizer's template puts around a text; with --chat the template of that \
      name does so instead.

      EXAMPLE
        cordon generate models/pythia --prompt 'Once upon a time' --max-tokens 60 --greedy
        cordon generate models/llama --prompt 'Why is the sky blue?' --chat llama-3 --seed 7
        cordon generate models/tiny --prompt-ids 1,403,407 --greedy --json
      """)

  @OptionGroup var options: ModelOptions

  @Option(name: .long, help: ArgumentHelp("The text to go on from.", valueName: "text"))
  var prompt: String?

  @Option(name: .long, help: ArgumentHelp("The token ids to go on from.", valueName: "ids"))
  var promptIds: String?

  @Option(name: .long, help: ArgumentHelp("Tokens to append, at most.", valueName: "n"))
  var maxTokens = 128

  @Flag(name: .long, help: "Always the most likely token.")
  var greedy = false

  @Option(
    name: .long,
    help: ArgumentHelp("What logits are divided by (default: 1).", valueName: "x"))
  var temperature: Double?

  @Option(name: .long, help: ArgumentHelp("Only the k most likely tokens.", valueName: "k"))
  var topK: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only the most likely tokens that make up this probability.", valueName: "p"))
  var topP: Double?

  @Option(name: .long, help: ArgumentHelp("The seed of the choice.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The prompt is a user's turn of a chat: "
        + ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ") + ".",
      valueName: "template"))
  var chat: String?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp("A text that ends the answer; may be repeated.", valueName: "text"))
  var stop: [String] = []

  @Flag(name: .long, help: "Go on behind a token that ends a text.")
  var ignoreEnd = false

  @OptionGroup var threads: ThreadOptions

  @Flag(name: .long, help: "One JSON object on stdout: ids, text and why it ended.")
  var json = false

  @Flag(name: .long, help: "No notes.")
  var quiet = false

  func validate() throws {
    if let promptIds { _ = try GenerateCommand.ids(promptIds) }
    guard (prompt == nil) != (promptIds == nil) else {
      throw ValidationError("give one of --prompt and --prompt-ids")
    }
    guard maxTokens >= 0 else { throw ValidationError("--max-tokens takes a number from 0 up") }
    guard !greedy || (temperature == nil && topK == nil && topP == nil) else {
      throw ValidationError("--greedy chooses nothing by chance; leave the other options out")
    }
    guard temperature.map({ $0 >= 0 && $0.isFinite }) ?? true else {
      throw ValidationError("--temperature takes a number from 0 up")
    }
    guard topK.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--top-k takes a number from 1 up")
    }
    guard topP.map({ $0 > 0 && $0 <= 1 }) ?? true else {
      throw ValidationError("--top-p takes a probability above 0 and up to 1")
    }
    guard chat == nil || prompt != nil else { throw ValidationError("--chat goes with --prompt") }
    guard stop.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("--stop takes a text that is not empty")
    }
  }

  func run() throws {
    let watch = StopWatch {
      if isatty(STDOUT_FILENO) != 0 { _ = Foundation.write(STDOUT_FILENO, "\n", 1) }
    }
    defer { watch.disarm() }
    let template = try chat.map { try ChatTemplate(named: $0) }
    try ModelOptions.check(folder: options.folder)
    let tokenizer = try tokenizer()
    if let template, let tokenizer { try template.check(tokenizer) }
    let ids = try promptTokens(tokenizer, template)
    let model = try options.model()
    let ends = ignoreEnd ? [] : ends(of: model, tokenizer, template)
    let request = Generator.Request(
      ids, limit: maxTokens, sampling: sampling, seed: seed, stops: ends.map { [$0] },
      stopTexts: stop)
    let output = json ? nil : try OutputFile.standardOutput()
    // As it comes, for people and pipes; a token costs more than a write.
    func emit(_ request: Int, _ text: [UInt8]) throws {
      try output?.write(text)
      try output?.flush()
    }
    var separator = ""
    func take(_ request: Int, _ token: Int32) throws -> Bool {
      if Interruption.isRequested { throw InterruptedError(resumes: false) }
      if tokenizer == nil { try emit(request, Array("\(separator)\(token)".utf8)) }
      separator = ","
      return true
    }
    let generator = Generator(model, tokenizer: tokenizer, sequences: 1, on: threads.workers())
    let answers: [Generator.Answer]
    do {
      answers = try generator.generate([request], onToken: take, onText: emit)
    } catch {
      // What was printed ends its line: the message and the prompt stand on lines of their own.
      if (error as? StreamsError)?.code != .closed { try emit(0, Array("\n".utf8)) }
      throw error
    }
    guard let answer = answers.first else { return }
    let beyond = tokenizer.map { tokenizer in
      answer.all.count { Int($0) >= tokenizer.vocabularySize }
    }
    if json { try print(answer, beyond) } else { try emit(0, Array("\n".utf8)) }
    if let beyond, beyond > 0, !quiet {
      Console.note("\(beyond) ids are none of the tokenizer's; they stand for no text")
    }
  }

  private var sampling: Sampling {
    greedy ? .greedy : Sampling(temperature: temperature ?? 1, topK: topK, topP: topP)
  }

  /// The tokenizer; nil where ids do without.
  private func tokenizer() throws -> Tokenizer? {
    if prompt == nil && stop.isEmpty && options.tokenizerPath == nil { return nil }
    return try options.requiredTokenizer(
      otherwise: "give --tokenizer FILE, or a prompt as --prompt-ids and no --stop")
  }

  private static func ids(_ text: String) throws -> [Int32] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { piece in
      guard let id = Int32(piece.trimmingCharacters(in: .whitespaces)), id >= 0 else {
        throw ValidationError("--prompt-ids takes token ids with commas between: 1,403,407")
      }
      return id
    }
  }

  private func promptTokens(
    _ tokenizer: Tokenizer?, _ template: ChatTemplate?
  ) throws -> [Int32] {
    if let promptIds { return try GenerateCommand.ids(promptIds) }
    guard let tokenizer, let prompt else { return [] }
    guard let template else { return tokenizer.encode(prompt) }
    let text = try template.text(of: [ChatMessage(.user, prompt)])
    // The template writes the tokens that begin a text itself, but for none.
    return tokenizer.encode(text, addingSpecial: template == .none)
  }

  /// The tokens that end an answer.
  private func ends(
    of model: LanguageModel, _ tokenizer: Tokenizer?, _ template: ChatTemplate?
  ) -> [Int32] {
    var ends = model.source?.configuration.stopTokens ?? []
    if let name = template?.turnEnd, let id = tokenizer?.id(of: name) { ends.append(id) }
    return ends
  }

  private func print(_ answer: Generator.Answer, _ beyond: Int?) throws {
    var json = JSONText()
    json.object { json in
      json.array("ids") { json in
        for id in answer.all { json.value(id) }
      }
      json.member("text", answer.text.map { String(decoding: $0, as: UTF8.self) })
      json.member("stop", answer.ending.flatMap(GenerateCommand.name))
      if let beyond { json.member("beyondTokenizer", beyond) }
    }
    try Console.result(json.text)
  }

  /// What an ending is called; nil for the callback's, which throws here.
  private static func name(_ ending: Generator.Ending) -> String? {
    switch ending {
    case .stop: "end"
    case .stopText: "string"
    case .limit: "length"
    case .context: "context"
    case .callback: nil
    }
  }
}
