/// What packing did, in numbers.
public struct PackingCounts: Sendable, Equatable, Codable {
  /// Documents that stand in the sequences.
  public internal(set) var packed = 0
  /// Documents without a text.
  public internal(set) var empty = 0
  /// Documents with a text in which nothing is scored: all of it masked, or a single token.
  public internal(set) var unscored = 0
  /// Documents among the packed that lost tokens, because they are longer than a sequence.
  public internal(set) var cut = 0
  /// Tokens that those lost.
  public internal(set) var lostTokens = 0
  /// Items among the cut of whose prompt nothing is left but its last token.
  public internal(set) var promptless = 0
  /// Tokens of the packed documents, in the sequences.
  public internal(set) var tokens = 0
  /// Rows that are scored: what an epoch predicts.
  public internal(set) var targets = 0
  /// Places that hold no document.
  public internal(set) var padding = 0
  /// Sequences that were left out, because nothing in them is scored.
  public internal(set) var unscoredSequences = 0

  /// Documents that came.
  public var documents: Int { packed + empty + unscored }
}

/// Packs documents into sequences, in the order in which they come, and says where each went.
///
/// Two rules of packing:
/// - `documents`: a stream, cut where a sequence is full. A sequence holds T+1 words and shares one
///   with its neighbour, so that each token but a document's first is predicted exactly once; a
///   document that goes on in the next sequence is not seen there from its beginning.
/// - `items`: each whole, in the first open sequence that has room for it, in the order in which
///   they were opened; where none has, a new one is opened, and of more than ``openLimit`` the
///   fullest (of equals the oldest) is written. The last are written in the order of opening. An
///   item that is longer than T+1 tokens is cut (see ``TokenizedDocument/cut(to:)``).
///
/// A sequence in which nothing is scored is not written.
public final class SequencePacker {
  /// Items: sequences that wait for more at most.
  public static let openLimit = 32

  /// What was done so far.
  public private(set) var counts = PackingCounts()
  private let packing: TrainingPlan.DataSettings.Packing
  private let writer: SequenceWriter
  private let placed: (DocumentPlace) throws -> Void
  private var open: [OpenSequence] = []

  /// A sequence that is being filled.
  private struct OpenSequence {
    var words: [SequenceWord] = []
    /// The documents that end in it.
    var documents: [DocumentPlace] = []
  }

  /// A packer.
  ///
  /// - Parameters:
  ///   - packing: the rule.
  ///   - writer: takes the sequences.
  ///   - placed: is told where each document went, once, when all of it is written; of several in
  ///     one sequence in their order.
  public init(
    _ packing: TrainingPlan.DataSettings.Packing, into writer: SequenceWriter,
    placed: @escaping (DocumentPlace) throws -> Void
  ) {
    self.packing = packing
    self.writer = writer
    self.placed = placed
  }

  /// Takes the next document.
  ///
  /// - Throws: `StreamsError` where a sequence cannot be written.
  public func add(_ document: TokenizedDocument) throws {
    var document = document
    if packing == .items {
      let (whole, lost) = document.cut(to: writer.length + 1)
      if lost > 0 && whole.targets > 0 {
        counts.cut += 1
        counts.lostTokens += lost
        if document.promptCount > 1 && whole.promptCount <= 1 { counts.promptless += 1 }
      }
      document = whole
    }
    guard document.targets > 0 else {
      if document.byteCount == 0 { counts.empty += 1 } else { counts.unscored += 1 }
      return try placed(DocumentPlace(digest: document.digest))
    }
    counts.packed += 1
    switch packing {
    case .documents: try stream(document)
    case .items: try place(document)
    }
  }

  /// Writes what is still open.
  ///
  /// - Throws: `StreamsError` where a sequence cannot be written.
  public func finish() throws {
    while !open.isEmpty { try write(open.removeFirst()) }
    open = []
  }

  // MARK: - A stream

  private func stream(_ document: TokenizedDocument) throws {
    let words = document.words
    counts.tokens += words.count
    var current = open.popLast() ?? OpenSequence()
    var place = DocumentPlace(digest: document.digest)
    var next = 0
    // Its words in the current sequence. Two make a row of it that predicts.
    var here = 0
    while next < words.count {
      let taken = min(writer.length + 1 - current.words.count, words.count - next)
      current.words += words[next..<next + taken]
      next += taken
      here += taken
      guard current.words.count == writer.length + 1 else { break }
      if let number = try write(current), here > 1 { place.add(number) }
      let goesOn = next < words.count
      current = OpenSequence(words: goesOn ? [words[next - 1]] : [])
      here = goesOn ? 1 : 0
    }
    if here > 1 { current.documents.append(place) } else { try placed(place) }
    open = [current]
  }

  // MARK: - Items

  private func place(_ document: TokenizedDocument) throws {
    counts.tokens += document.tokens.count
    let limit = writer.length + 1
    let count = document.tokens.count
    var index = open.firstIndex { $0.words.count + count <= limit }
    if index == nil {
      if open.count == SequencePacker.openLimit {
        var fullest = 0
        for other in open.indices where open[other].words.count > open[fullest].words.count {
          fullest = other
        }
        try write(open.remove(at: fullest))
      }
      open.append(OpenSequence())
      index = open.count - 1
    }
    guard let index else { return }
    open[index].words += document.words
    open[index].documents.append(DocumentPlace(digest: document.digest))
    if open[index].words.count == limit { try write(open.remove(at: index)) }
  }

  // MARK: - Writing

  /// Writes a sequence, and says of the documents that end in it where they are.
  ///
  /// - Returns: its number; nil where nothing in it is scored.
  @discardableResult
  private func write(_ sequence: OpenSequence) throws -> Int? {
    let targets = sequence.words.dropFirst().count { $0.isTarget }
    var number: Int?
    if targets > 0 {
      number = try writer.append(sequence.words)
      counts.targets += targets
      counts.padding += writer.length + 1 - sequence.words.count
    } else if !sequence.words.isEmpty {
      counts.unscoredSequences += 1
    }
    for var document in sequence.documents {
      if let number { document.add(number) }
      try placed(document)
    }
    return number
  }
}
