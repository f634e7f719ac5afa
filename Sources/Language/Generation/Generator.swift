public import Tensors

/// Continues prompts, many side by side.
///
/// Each prompt is read alone and has a seed of its own; then all go on together, one token each at
/// a time. One that stops makes room for the next that waits.
public struct Generator {
  /// A prompt and how it is continued.
  public struct Request: Sendable, Equatable {
    /// The tokens to go on from, at least one.
    public var prompt: [Int32]
    /// How many tokens may be appended.
    public var limit: Int
    /// How they are chosen.
    public var sampling: Sampling
    /// The seed of the choice.
    public var seed: UInt64
    /// Sequences of tokens that end the answer; they are part of it. A model's end tokens are
    /// sequences of one.
    public var stops: [[Int32]]
    /// Texts that end the answer, wherever tokens begin and end; they are no part of its text, and
    /// the tokens that they are made of are the last of its tokens. The generator has a tokenizer.
    public var stopTexts: [String]

    /// A request.
    public init(
      _ prompt: [Int32], limit: Int, sampling: Sampling = .greedy, seed: UInt64 = 0,
      stops: [[Int32]] = [], stopTexts: [String] = []
    ) {
      self.prompt = prompt
      self.limit = limit
      self.sampling = sampling
      self.seed = seed
      self.stops = stops.filter { !$0.isEmpty }
      self.stopTexts = stopTexts.filter { !$0.isEmpty }
    }
  }

  /// Why an answer ended.
  public enum Ending: Sendable, Equatable {
    /// It has as many tokens as were asked for.
    case limit
    /// The model can see no more.
    case context
    /// It ends with a stop of tokens.
    case stop
    /// It ends with a stop text.
    case stopText
    /// The callback stopped it.
    case callback
  }

  /// An answer.
  public struct Answer: Sendable, Equatable {
    /// The prompt.
    public var prompt: [Int32]
    /// The tokens behind it, with those of a stop.
    public var tokens: [Int32]
    /// The text of these tokens without special ones, up to a stop text; nil where the generator
    /// has no tokenizer.
    public var text: [UInt8]?
    /// Why there are no more; nil while there are.
    public var ending: Ending?
    /// Prompt and answer.
    public var all: [Int32] { prompt + tokens }
  }

  /// Gets each token as it comes, with the number of its request, and says whether to go on.
  public typealias Callback = (_ request: Int, _ token: Int32) throws -> Bool
  /// Gets the text of an answer as it becomes certain, with the number of its request: characters
  /// that are whole, and nothing that may be the beginning of a stop. Together it is the answer's.
  public typealias TextCallback = (_ request: Int, _ text: [UInt8]) throws -> Void

  /// The model.
  public let model: LanguageModel
  /// Answers that are on their way at a time; the memory of the cache is proportional to it.
  public let sequences: Int
  private let tokenizer: Tokenizer?
  private let workers: Workers

  /// A generator on the weights of a model, as they are when it generates.
  ///
  /// - Parameter tokenizer: makes texts of the answers.
  public init(
    _ model: LanguageModel, tokenizer: Tokenizer? = nil, sequences: Int = 16, on workers: Workers
  ) {
    precondition(sequences > 0, "at least one sequence")
    self.model = model
    self.tokenizer = tokenizer
    self.sequences = sequences
    self.workers = workers
  }

  /// Continues all requests, in the order given; at most ``sequences`` are on their way at a time.
  ///
  /// - Parameters:
  ///   - onToken: gets each token; false ends that answer.
  ///   - onText: gets the text, behind its token.
  ///   - tap: gets hidden states, where `slots` are numbers of requests.
  /// - Precondition: a request with stop texts has a generator with a tokenizer.
  /// - Throws: ``ModelInputError`` for a prompt that the model cannot read, ``GenerationError`` for
  ///   logits that are no numbers, `TensorsError` where memory is short, and what the callbacks
  ///   throw.
  public func generate(
    _ requests: [Request], onToken: Callback? = nil, onText: TextCallback? = nil,
    tap: CachedDecoder.Tap? = nil
  ) throws -> [Answer] {
    precondition(
      tokenizer != nil || requests.allSatisfy(\.stopTexts.isEmpty), "a tokenizer for stop texts")
    guard !requests.isEmpty else { return [] }
    let decoder = try CachedDecoder(
      model, sequences: min(sequences, requests.count), capacity: try capacity(of: requests),
      on: workers)
    var runs = requests.map { Run($0, context: model.shape.context, tokenizer) }
    // The request in each slot of the cache, and those that wait for one.
    var occupants: [Int?] = Array(repeating: nil, count: decoder.sequences)
    var waiting = runs.indices.filter { runs[$0].answer.ending == nil }[...]
    while true {
      for slot in occupants.indices {
        while occupants[slot] == nil, let index = waiting.popFirst() {
          decoder.truncate(slot, to: 0)
          let own = tap.map { tap in
            { (layer: Int, hidden: MatrixView, _: [Int]) in tap(layer, hidden, [index]) }
          }
          let logits = try decoder.read(runs[index].request.prompt, into: slot, tap: own)
          try runs[index].append(logits.row(0), logits.columns, index, onToken, onText)
          if runs[index].answer.ending == nil { occupants[slot] = index }
        }
      }
      let active = occupants.indices.filter { occupants[$0] != nil }
      guard !active.isEmpty else { return runs.map(\.answer) }
      let numbers = active.compactMap { occupants[$0] }
      let logits = try decoder.step(
        numbers.map { runs[$0].newest }, slots: active,
        tap: tap.map { tap in { layer, hidden, _ in tap(layer, hidden, numbers) } })
      for (row, index) in numbers.enumerated() {
        try runs[index].append(logits.row(row), logits.columns, index, onToken, onText)
        if runs[index].answer.ending != nil { occupants[active[row]] = nil }
      }
    }
  }

  /// The tokens that the longest sequence may come to.
  private func capacity(of requests: [Request]) throws(ModelInputError) -> Int {
    var capacity = 1
    for request in requests {
      try model.check(request.prompt, length: request.prompt.count)
      let wanted = request.prompt.count.addingReportingOverflow(max(request.limit, 0))
      let most = wanted.overflow ? Int.max : wanted.partialValue
      capacity = max(capacity, min(most, model.shape.context))
    }
    return capacity
  }

  /// One request on its way.
  private struct Run {
    let request: Request
    let context: Int
    var answer: Answer
    private var random: SampleSource
    private var decoder: TokenDecoder?
    private var finder: StopFinder

    init(_ request: Request, context: Int, _ tokenizer: Tokenizer?) {
      self.request = request
      self.context = context
      random = SampleSource(seed: request.seed)
      decoder = tokenizer?.decoder(skippingSpecial: true)
      finder = StopFinder(request.stopTexts.map { Array($0.utf8) })
      answer = Answer(
        prompt: request.prompt, tokens: [], text: tokenizer.map { _ in [] },
        ending: request.limit > 0 ? nil : .limit)
    }

    var newest: Int32 { answer.tokens[answer.tokens.count - 1] }

    mutating func append(
      _ logits: UnsafeMutablePointer<Float>, _ count: Int, _ index: Int, _ onToken: Callback?,
      _ onText: TextCallback?
    ) throws {
      let logits = UnsafeBufferPointer(start: logits, count: count)
      guard Sampling.areFinite(logits) else {
        throw GenerationError.notFinite(tokens: answer.all.count)
      }
      let token = request.sampling.choose(logits, random: random.next())
      answer.tokens.append(token)
      let goesOn = try onToken?(index, token) ?? true
      var text = decoder?.next(token) ?? []
      text = finder.next(text)
      answer.ending = ending(goesOn)
      if answer.ending != nil, !finder.isFound {
        text += finder.next(decoder?.finish() ?? []) + finder.finish()
      }
      answer.text? += text
      if !text.isEmpty { try onText?(index, text) }
    }

    private func ending(_ goesOn: Bool) -> Ending? {
      let isStop = request.stops.contains {
        answer.tokens.suffix($0.count).elementsEqual($0)
      }
      if finder.isFound { return .stopText }
      if isStop { return .stop }
      if !goesOn { return .callback }
      if answer.tokens.count >= request.limit { return .limit }
      return answer.prompt.count + answer.tokens.count > context ? .context : nil
    }
  }
}
