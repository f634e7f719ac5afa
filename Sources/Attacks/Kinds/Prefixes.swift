internal import Evaluation
internal import Settings
internal import Streams

/// Texts before every question, such as talk a model out of a refusal: the cheapest attack, for it
/// needs no weights (Lynch et al., "Eight Methods to Evaluate Robust Unlearning in LLMs", arXiv
/// 2402.16835).
///
/// | key | meaning |
/// |---|---|
/// | `prefixes` | the texts, or a file with one a line, empty ones left out; a point for each |
/// | `separator` | what stands between a text and the question; default a line feed |
///
/// A set's score is that of the prefix that serves the attacker best: the highest point of the
/// curve. Every prefix must fit before every question. An empty text in the list shows the model
/// without one.
struct Prefixes: Attack {
  static let kind = "prefix"
  static let keys = ["prefixes", "separator"]

  /// Prefixes of a plan, at most.
  private static let most = 10_000

  let name: String
  let trials = [AttackTrial.once]
  let files: [NamedFile]
  private let list: [String]
  private let separator: String

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try settings.required("name").string()
    separator = try settings.optional("separator")?.string() ?? "\n"
    let node = try settings.required("prefixes")
    if node.kind == .sequence {
      list = try node.sequence().map { try $0.string() }
      guard (1...Prefixes.most).contains(list.count), Set(list).count == list.count else {
        throw node.mistake("expected from 1 to \(Prefixes.most) texts, each once")
      }
      files = []
    } else {
      list = []
      files = [try NamedFile(node, folder: folder)]
    }
  }

  func run(_ trial: AttackTrial, on subject: AttackSubject) throws -> AttackCurve {
    let prefixes = try self.prefixes().map { $0.isEmpty ? "" : $0 + separator }
    for (number, prefix) in prefixes.enumerated() {
      try subject.check(attack: name, what: "prefix \(number)") { _, _ in prefix }
    }
    return AttackCurve(
      .prefix,
      try prefixes.enumerated().map { number, prefix in
        AttackCurve.Point(at: number, try subject.scores { _, _ in prefix })
      })
  }

  /// The texts, in order.
  ///
  /// - Throws: ``AttackError/nothing(attack:files:)``, ``AttackError/notText(file:line:)``,
  ///   `StreamsError`.
  private func prefixes() throws -> [String] {
    guard let file = files.first else { return list }
    let lines = try FileSource.contents(of: file.path).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let texts = try lines.enumerated().compactMap { number, line -> String? in
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      guard let text = String(validating: line, as: UTF8.self) else {
        throw AttackError.notText(file: file.name, line: number)
      }
      return text.isEmpty ? nil : text
    }
    guard (1...Prefixes.most).contains(texts.count) else {
      throw AttackError.nothing(attack: name, files: [file.name])
    }
    return texts
  }
}
