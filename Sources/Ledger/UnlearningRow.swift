public import Streams

/// A finished unlearning: what decides it, what it was to forget, inside which boundary, and what
/// came out.
public struct UnlearningRow: Equatable, Sendable {
  /// A file that the run read.
  public struct File: Equatable, Sendable {
    /// What it was read for.
    public enum Use: String, Sendable, CaseIterable {
      /// It is forgotten.
      case forget
      /// It is retained.
      case retain
      /// Its items move dual variables.
      case dual
      /// Its items are those of the verdict.
      case verdict
    }

    /// What it was read for.
    public var use: Use
    /// The term, or the constraint, that names it.
    public var term: String
    /// Its path as the plan gives it, and what it holds.
    public var file: NamedArtefact

    /// A file.
    public init(use: Use, term: String, file: NamedArtefact) {
      (self.use, self.term, self.file) = (use, term, file)
    }
  }

  /// A document of a term.
  public struct Document: Equatable, Sendable {
    /// The term that forgets or retains it.
    public var term: String
    /// The SHA-256 of its text, as a curation's decisions and a training run's index have it.
    public var digest: Digest256

    /// A document.
    public init(term: String, digest: Digest256) {
      (self.term, self.digest) = (term, digest)
    }
  }

  /// A verdict's words.
  public enum Verdict: String, Sendable, CaseIterable {
    /// Every bound holds its limit.
    case met
    /// A limit is broken.
    case notMet = "not met"
    /// Neither can be said.
    case notEnoughItems = "not enough items"
  }

  /// A constraint, and what was measured of it for the verdict.
  public struct Constraint: Equatable, Sendable {
    /// Its name.
    public var name: String
    /// The term whose weight it moves.
    public var term: String
    /// `hazard` or `capability`.
    public var role: String
    /// What is measured.
    public var metric: String
    /// The hazard area; nil for none.
    public var area: String?
    /// The hazard level; nil for none.
    public var level: String?
    /// The measure of the base.
    public var before: Double
    /// The measure of what came out.
    public var after: Double
    /// What the limit is on.
    public var value: Double
    /// The lower end of a one-sided interval; nil where nothing bounds it.
    public var lower: Double?
    /// The upper end of a one-sided interval; nil where nothing bounds it.
    public var upper: Double?
    /// The limit.
    public var limit: Double
    /// The items.
    public var items: Int64
    /// What can be said.
    public var verdict: Verdict
    /// How many items would decide it; nil where these do, or no number would.
    public var neededItems: Int64?

    /// A constraint with its measures, which are finite.
    public init(
      name: String, term: String, role: String, metric: String, area: String?, level: String?,
      before: Double, after: Double, value: Double, lower: Double?, upper: Double?, limit: Double,
      items: Int64, verdict: Verdict, neededItems: Int64?
    ) {
      (self.name, self.term, self.role, self.metric) = (name, term, role, metric)
      (self.area, self.level) = (area, level)
      (self.before, self.after, self.value) = (before, after, value)
      (self.lower, self.upper, self.limit) = (lower, upper, limit)
      (self.items, self.verdict, self.neededItems) = (items, verdict, neededItems)
    }
  }

  /// One constraint at one measurement of its dual items.
  public struct Dual: Equatable, Sendable {
    /// The steps that were done.
    public var step: Int64
    /// The constraint.
    public var name: String
    /// The measure.
    public var value: Double
    /// Its smooth surrogate.
    public var surrogate: Double
    /// What was aimed at.
    public var aim: Double
    /// The dual variable behind it, as a share of all.
    public var dual: Double
    /// What the run did then.
    public var decision: String

    /// A row of the trace.
    public init(
      step: Int64, name: String, value: Double, surrogate: Double, aim: Double, dual: Double,
      decision: String
    ) {
      (self.step, self.name, self.decision) = (step, name, decision)
      (self.value, self.surrogate, self.aim, self.dual) = (value, surrogate, aim, dual)
    }
  }

  /// The run's id, hexadecimal: made of what decides the output.
  public var id: String
  /// The exact bytes of the plan.
  public var plan: [UInt8]
  /// What else decides the output, as canonical JSON.
  public var settings: String
  /// The seeds by their names, each once.
  public var seeds: [NamedSeed]
  /// The checkpoint that it started from.
  public var base: CheckpointRow
  /// The checkpoint that came out; nil where the boundary was not met, and nothing was left.
  public var result: CheckpointRow?
  /// The steps that were done.
  public var steps: Int64
  /// The files that it read, in the plan's order.
  public var files: [File]
  /// The forget set, in the order in which it was read.
  public var documents: [Document]
  /// The retain set, likewise: the result has learned from it.
  public var retained: [Document]
  /// The verdict; nil where the plan states no boundary.
  public var verdict: Verdict?
  /// How many items would decide it; nil where these do, or no number would.
  public var neededItems: Int64?
  /// The confidence of each one-sided bound; nil without a boundary.
  public var confidence: Double?
  /// The constraints, in the plan's order.
  public var constraints: [Constraint]
  /// The trace of the dual variables.
  public var duals: [Dual]
  /// The program.
  public var code: CodeVersion

  /// A finished unlearning with these parts.
  ///
  /// - Precondition: it has an id and something to forget; a result only where no boundary is
  ///   broken.
  public init(
    id: String, plan: [UInt8], settings: String, seeds: [NamedSeed], base: CheckpointRow,
    result: CheckpointRow?, steps: Int64, files: [File], documents: [Document],
    retained: [Document] = [], verdict: Verdict?, neededItems: Int64?, confidence: Double?,
    constraints: [Constraint], duals: [Dual], code: CodeVersion
  ) {
    precondition(!id.isEmpty && !documents.isEmpty, "something is forgotten")
    precondition(result == nil || verdict == nil || verdict == .met, "only what is met is kept")
    (self.id, self.plan, self.settings, self.seeds) = (id, plan, settings, seeds)
    (self.base, self.result, self.steps) = (base, result, steps)
    (self.files, self.documents, self.retained) = (files, documents, retained)
    (self.verdict, self.neededItems, self.confidence) = (verdict, neededItems, confidence)
    (self.constraints, self.duals, self.code) = (constraints, duals, code)
  }

  /// The root of the RFC 6962 tree whose leaves are the SHA-256 of the forget set's documents.
  public var forgetRoot: Digest256 { UnlearningRow.root(documents) }

  static func root(_ documents: [Document]) -> Digest256 {
    var tree = MerkleTree()
    for document in documents {
      document.digest.bytes.withUnsafeBytes { tree.append(leaf: $0) }
    }
    return tree.root
  }

  /// The SHA-256 of the log's entry.
  public var digest: Digest256 { Digest256(hashing: entry) }
}
