/// One turn of a conversation.
public struct ChatMessage: Sendable, Equatable {
  /// Who speaks.
  public enum Role: String, Sendable, CaseIterable {
    case system, user, assistant
  }

  /// Who speaks.
  public var role: Role
  /// What is said.
  public var content: String

  /// A turn.
  public init(_ role: Role, _ content: String) {
    self.role = role
    self.content = content
  }
}

/// How a family of models wants a conversation written, by name.
///
/// The text is what the templates of the published checkpoints give (their `chat_template`), with
/// their default date where they have one, so that it is the same every day. It begins with the
/// start token where the family has one: encode it with `addingSpecial: false`.
///
/// What is said goes in as it is: a message that holds `<|eot_id|>` or the like ends its turn, as
/// it does with the published templates.
public enum ChatTemplate: String, Sendable, CaseIterable {
  /// No template: the messages, one after another, for models that were never taught one (GPT-2,
  /// GPT-NeoX, Pythia).
  case none
  /// Llama 3.1 to 3.3 Instruct, with the header's date pinned to ``pinnedDate``.
  case llama3 = "llama-3"
  /// Llama 3 Instruct, whose header has no date.
  case llama30 = "llama-3.0"
  /// Llama 2 Chat; no system text of its own.
  case llama2 = "llama-2"
  /// Qwen2 Instruct, with its own system text where none is given.
  case qwen2
  /// Qwen2.5 Instruct, with its own system text where none is given.
  case qwen25 = "qwen2.5"
  /// ChatML without a system text of its own.
  case chatml
  /// Zephyr 7B.
  case zephyr
  /// Mistral 7B Instruct v0.2 (tokenizer V1 of mistral-common).
  case mistral

  /// The date that the template of Llama 3.1 has where none is given.
  public static let pinnedDate = "26 Jul 2024"

  /// The template of this name.
  ///
  /// - Throws: ``TokenizerError`` (unknownName) that lists the names.
  public init(named name: String) throws(TokenizerError) {
    guard let template = ChatTemplate(rawValue: name) else {
      let names = ChatTemplate.allCases.map(\.rawValue).joined(separator: ", ")
      throw TokenizerError(
        .unknownName, path: "chat template", key: name, detail: "unknown; known: \(names)")
    }
    self = template
  }

  /// The token that ends a turn of the model, at which its generation stops.
  public var turnEnd: String? {
    switch self {
    case .none: nil
    case .llama3, .llama30: "<|eot_id|>"
    case .llama2, .zephyr, .mistral: "</s>"
    case .qwen2, .qwen25, .chatml: "<|im_end|>"
    }
  }

  /// The special tokens that the text is made with.
  var specialTokens: [String] {
    switch self {
    case .none: []
    case .llama3, .llama30:
      ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    case .llama2, .mistral: ["<s>", "</s>"]
    case .zephyr: ["</s>"]
    case .qwen2, .qwen25, .chatml: ["<|im_start|>", "<|im_end|>"]
    }
  }

  /// Sees to it that a tokenizer reads this template's special tokens as such: without them a model
  /// would see their letters, and never end a turn.
  ///
  /// - Throws: ``TokenizerError`` (unknownName) that lists those that are missing.
  public func check(_ tokenizer: Tokenizer) throws(TokenizerError) {
    let missing = specialTokens.filter { token in
      tokenizer.id(of: token).map { [$0] } != tokenizer.encode(token, addingSpecial: false)
    }
    guard missing.isEmpty else {
      throw TokenizerError(
        .unknownName, path: tokenizer.path, key: "chat template \(rawValue)",
        detail: "the tokenizer has no \(missing.joined(separator: ", ")); take the template that "
          + "this model was trained with")
    }
  }

  /// The conversation as the model wants it written.
  ///
  /// - Parameter promptingAnswer: ends with what stands before an answer of the model.
  /// - Throws: ``TokenizerError`` (value) where the family does not take these roles in this order.
  public func text(
    of messages: [ChatMessage], promptingAnswer: Bool = true
  ) throws(TokenizerError) -> String {
    switch self {
    case .none: return messages.map(\.content).joined(separator: "\n\n")
    case .llama3: return llama3(dated: true, messages, promptingAnswer)
    case .llama30: return llama3(dated: false, messages, promptingAnswer)
    case .llama2: return try llama2(messages)
    case .qwen2: return chatml(messages, "You are a helpful assistant.", promptingAnswer)
    case .qwen25:
      let system = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
      return chatml(messages, system, promptingAnswer)
    case .chatml: return chatml(messages, nil, promptingAnswer)
    case .zephyr:
      let turns = messages.map { "<|\($0.role.rawValue)|>\n\($0.content)</s>\n" }
      return turns.joined() + (promptingAnswer ? "<|assistant|>\n" : "")
    case .mistral: return try mistral(messages)
    }
  }

  private func llama3(dated: Bool, _ messages: [ChatMessage], _ prompting: Bool) -> String {
    func turn(_ role: String, _ content: String) -> String {
      "<|start_header_id|>\(role)<|end_header_id|>\n\n\(content)<|eot_id|>"
    }
    var text = "<|begin_of_text|>"
    var rest = messages[...]
    if dated {
      let system = rest.first?.role == .system ? rest.removeFirst().content : ""
      let date = "Cutting Knowledge Date: December 2023\nToday Date: \(ChatTemplate.pinnedDate)"
      text += turn("system", "\(date)\n\n\(trimmed(system))")
    }
    for message in rest { text += turn(message.role.rawValue, trimmed(message.content)) }
    return text + (prompting ? "<|start_header_id|>assistant<|end_header_id|>\n\n" : "")
  }

  private func llama2(_ messages: [ChatMessage]) throws(TokenizerError) -> String {
    let (system, turns) = try alternating(messages)
    var text = ""
    for (index, turn) in turns.enumerated() {
      if turn.role == .assistant {
        text += " \(trimmed(turn.content)) </s>"
      } else {
        let opening = index == 0 ? system.map { "<<SYS>>\n\($0)\n<</SYS>>\n\n" } ?? "" : ""
        text += "<s>[INST] \(trimmed(opening + turn.content)) [/INST]"
      }
    }
    return text
  }

  private func chatml(
    _ messages: [ChatMessage], _ system: String?, _ prompting: Bool
  ) -> String {
    var turns = messages
    if let system, turns.first?.role != .system {
      turns.insert(ChatMessage(.system, system), at: 0)
    }
    let text = turns.map { "<|im_start|>\($0.role.rawValue)\n\($0.content)<|im_end|>\n" }.joined()
    return text + (prompting ? "<|im_start|>assistant\n" : "")
  }

  private func mistral(_ messages: [ChatMessage]) throws(TokenizerError) -> String {
    let (system, turns) = try alternating(messages)
    var text = "<s>"
    for (index, turn) in turns.enumerated() {
      if turn.role == .assistant {
        text += " \(turn.content)</s>"
      } else {
        let opening = index == 0 ? system.map { "\($0)\n\n" } ?? "" : ""
        text += " [INST] \(opening)\(turn.content) [/INST]"
      }
    }
    return text
  }

  /// A first system message, and the rest, which must begin with the user and take turns.
  private func alternating(
    _ messages: [ChatMessage]
  ) throws(TokenizerError) -> (system: String?, turns: ArraySlice<ChatMessage>) {
    var turns = messages[...]
    let system = turns.first?.role == .system ? turns.removeFirst().content : nil
    for (index, turn) in turns.enumerated() where turn.role != (index % 2 == 0 ? .user : .assistant)
    {
      throw TokenizerError(
        .value, path: "chat template \(rawValue)",
        key: "message \(index + (system == nil ? 0 : 1))",
        detail: "after an optional system message, user and assistant must take turns")
    }
    return (system, turns)
  }

  /// Without white space at either end, as Python's `strip` sees it.
  private func trimmed(_ text: String) -> String {
    func isSpace(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
    }
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, isSpace(first) { scalars.removeFirst() }
    while let last = scalars.last, isSpace(last) { scalars.removeLast() }
    return String(scalars)
  }
}
