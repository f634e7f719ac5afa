internal import Settings

extension TrainingPlan {
  /// What is read, and how it becomes sequences.
  public struct DataSettings: Sendable, Equatable {
    /// Where documents are.
    public enum Source: Sendable, Equatable {
      /// The output folder of a curation, whose newest snapshot is read.
      ///
      /// - Parameter ledger: its ledger; nil for `ledger.sqlite` in the folder.
      case corpus(folder: String, ledger: String?)
      /// Files, folders or globs of JSON lines and texts.
      case files([String])
    }

    /// What of a record is read, as dotted paths of its keys.
    public enum Fields: Sendable, Equatable {
      /// A text; all of it is scored.
      case text(String)
      /// Two texts, one behind the other as they stand; the second is scored.
      case promptResponse(prompt: String, response: String)
      /// Two texts, as `Question: …\nAnswer: …`; what stands behind `Answer:` is scored.
      case questionAnswer(question: String, answer: String)

      /// The paths, in their order.
      public var paths: [String] {
        switch self {
        case .text(let text): [text]
        case .promptResponse(let prompt, let response): [prompt, response]
        case .questionAnswer(let question, let answer): [question, answer]
        }
      }
    }

    /// What is held out.
    public enum Validation: Sendable, Equatable {
      /// Nothing.
      case none
      /// About this share of the documents, by the hash of their text: copies fall together.
      case share(Double)
      /// These files, folders or globs, read as the training documents are.
      case files([String])
    }

    /// How documents become sequences.
    public enum Packing: String, Sendable, CaseIterable {
      /// One behind the other, cut where a sequence is full.
      case documents
      /// Each whole in one sequence, several beside each other where they fit.
      case items
    }

    /// Where the training documents are.
    public var source: Source
    /// What of a record is read.
    public var fields: Fields
    /// The key whose spans of the text are not scored: a list of `[start, end)` in bytes of its
    /// UTF-8; nil where all of it is.
    public var mask: String?
    /// What is held out.
    public var validation: Validation
    /// How documents become sequences.
    public var packing: Packing

    init(_ node: SettingsNode, folder: String) throws(SettingsError) {
      let mapping = try node.mapping()
      try mapping.allow(["corpus", "ledger", "files", "fields", "mask", "validation", "packing"])
      source = try DataSettings.source(mapping, folder)
      fields = try DataSettings.fields(mapping.optional("fields"))
      mask = try mapping.optional("mask").map { node throws(SettingsError) in
        try DataSettings.key(node)
      }
      let isText = if case .text = fields { true } else { false }
      if let node = mapping.optional("mask"), !isText {
        throw node.mistake("masks a `text`; of a pair only the second text is scored anyway")
      }
      validation = try DataSettings.validation(mapping.optional("validation"), folder)
      let chosen = try mapping.optional("packing")?.choice(of: Packing.allCases.map(\.rawValue))
      packing = chosen.flatMap { Packing(rawValue: $0) } ?? (isText ? .documents : .items)
    }

    private static func source(
      _ mapping: SettingsMapping, _ folder: String
    ) throws(SettingsError) -> Source {
      if let corpus = mapping.optional("corpus") {
        if let files = mapping.optional("files") {
          throw files.mistake("stands beside `corpus`; name one of them")
        }
        return .corpus(
          folder: try path(corpus, folder),
          ledger: try mapping.optional("ledger").map { node throws(SettingsError) in
            try path(node, folder)
          })
      }
      if let ledger = mapping.optional("ledger") {
        throw ledger.mistake("belongs to a `corpus`; files have none")
      }
      guard let files = mapping.optional("files") else {
        throw mapping.node.mistake(
          "names no documents: corpus: FOLDER that `cordon curate` wrote, or files: [PATH]")
      }
      return .files(try paths(files, folder))
    }

    private static func fields(_ node: SettingsNode?) throws(SettingsError) -> Fields {
      guard let node else { return .text("text") }
      let mapping = try node.mapping()
      let pairs = [["prompt", "response"], ["question", "answer"]]
      if let pair = pairs.first(where: { mapping.optional($0[0]) != nil }) {
        try mapping.allow(pair)
        let first = try key(mapping.required(pair[0]))
        let second = try key(mapping.required(pair[1]))
        return pair[0] == "prompt"
          ? .promptResponse(prompt: first, response: second)
          : .questionAnswer(question: first, answer: second)
      }
      try mapping.allow(["text", "prompt", "response", "question", "answer"])
      guard let text = mapping.optional("text") else {
        throw node.mistake("names no field: text, or prompt and response, or question and answer")
      }
      try mapping.allow(["text"])
      return .text(try key(text))
    }

    private static func validation(
      _ node: SettingsNode?, _ folder: String
    ) throws(SettingsError) -> Validation {
      guard let node else { return .none }
      guard node.kind == .mapping else {
        let share = try node.double(in: 0...0.9)
        return share == 0 ? .none : .share(share)
      }
      let mapping = try node.mapping()
      try mapping.allow(["files"])
      return .files(try paths(mapping.required("files"), folder))
    }

    private static func key(_ node: SettingsNode) throws(SettingsError) -> String {
      let path = try node.string()
      guard !path.split(separator: ".", omittingEmptySubsequences: false).contains("") else {
        throw node.mistake("is not a dotted path of keys, such as text or metadata.text")
      }
      return path
    }

    private static func path(
      _ node: SettingsNode, _ folder: String
    ) throws(SettingsError) -> String {
      try TrainingPlan.path(node, folder: folder)
    }

    private static func paths(
      _ node: SettingsNode, _ folder: String
    ) throws(SettingsError) -> [String] {
      let nodes = node.kind == .sequence ? try node.sequence() : [node]
      guard !nodes.isEmpty else { throw node.mistake("names no file") }
      return try nodes.map { node throws(SettingsError) in try path(node, folder) }
    }
  }
}
