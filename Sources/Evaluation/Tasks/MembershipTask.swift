internal import Evidence
internal import Foundation
internal import Language
internal import Settings
internal import Streams
internal import Tensors

/// Whether texts that were to be forgotten can be told from texts that the model never saw: the
/// area under the curve of each ``Membership`` score, and PrivLeak.
///
/// | key | meaning |
/// |---|---|
/// | `members` | texts that the model was trained on and shall have forgotten; or a list |
/// | `others` | texts of the same kind that it never saw; or a list of files |
/// | `field` | where the text stands in a JSON line; default `text` |
/// | `limit` | only so many texts of each file, the first |
/// | `reference` | the `min_k_auc` of a model that never saw the members: a number or results |
/// | `start` | what stands before a text: `tokenizer` (default), `model` or `none` |
///
/// An area of 0.5 tells nothing. Above it members are familiar still; below it they stand out by
/// being stranger than texts never seen, and so are betrayed as well.
struct MembershipTask: SuiteTask {
  static let kind = "membership"
  static let keys = ["members", "others", "field", "limit", "reference", "start"]

  /// Where the area of a reference model comes from.
  private enum Reference {
    case number(Double)
    case file(NamedFile)
  }

  let name: String
  private let members: [NamedFile]
  private let others: [NamedFile]
  private let field: String
  private let reference: Reference
  private let start: TextStart
  private let limit: Int?

  var inputs: [NamedFile] {
    guard case .file(let file) = reference else { return members + others }
    return members + others + [file]
  }

  /// Areas of a reference that PrivLeak may be divided by the rest of.
  private static let areas = 0.0...0.99

  init(_ settings: SettingsMapping, folder: String) throws {
    name = try Suite.plainName(try settings.required("name"))
    let members = try NamedFile.list(try settings.required("members"), folder: folder)
    self.members = members
    others = try NamedFile.list(try settings.required("others"), folder: folder)
    field = try settings.optional("field")?.string() ?? "text"
    start = try TextStart.read(settings, default: .tokenizer)
    limit = try settings.optional("limit")?.int(in: 1...(1 << 40))
    if let file = others.first(where: { other in members.contains { $0.path == other.path } }),
      let node = settings.optional("others")
    {
      throw node.mistake("\(file.name) stands under `members` too")
    }
    guard let node = settings.optional("reference") else {
      reference = .number(0.5)
      return
    }
    if Double(try node.string()) != nil {
      reference = .number(try node.double(in: MembershipTask.areas))
    } else {
      reference = .file(try NamedFile(node, folder: folder))
    }
  }

  func run(
    _ subject: EvaluationSubject, progress: EvaluationProgress?
  ) throws -> TaskResult {
    // Before anything is computed.
    let reference = try referenceArea()
    var texts = ForcedTexts(task: name)
    var lengths: [Int] = []
    var (membersCount, total) = (0, 0)
    for (inputs, areMembers) in [(members, true), (others, false)] {
      for input in inputs {
        let all = try RecordFile.texts(of: input, field: field)
        total += all.count
        for (row, text) in all.prefix(limit ?? all.count).enumerated() {
          lengths.append(try ZlibLength.of(text))
          texts.append(
            try subject.tokens(text, start, task: name), text, subject, file: input.name, row: row)
          if areMembers { membersCount += 1 }
        }
      }
    }
    let items = try texts.read(subject, progress: progress) { text, tokens in
      [
        MeasuredItem.Value("member", text < membersCount ? 1 : 0),
        MeasuredItem.Value("tokens", Double(tokens.count)),
      ]
        + Membership.all.map {
          MeasuredItem.Value($0.item, $0.score(tokens, lengths[text]))
        }
    }
    var metrics = Membership.all.map { score in
      area(score, items.map { $0.value(score.item) ?? 0 }, members: membersCount)
    }
    if let area = metrics.first(where: { $0.name == Membership.privacy }) {
      metrics += privacy(area, reference)
    }
    return TaskResult(
      name: name, kind: MembershipTask.kind, shots: 0, total: total, limit: limit,
      metrics: metrics, items: items.map { .measured($0) })
  }

  private func area(_ score: Membership, _ values: [Double], members: Int) -> MetricValue {
    let area = AreaUnderCurve(
      lower: Array(values[..<members]), upper: Array(values[members...]))
    return MetricValue(
      name: score.area, value: area.value, standardError: area.spread > 0 ? area.spread : nil,
      interval: Bootstrap(name: "\(name)/\(score.area)").areaUnderCurve(area),
      count: values.count, higherIsBetter: false)
  }

  /// PrivLeak, whose best is 0, and how far it is off on either side, where less is better. The
  /// intervals are those of the area; the reference counts as known.
  private func privacy(_ area: MetricValue, _ reference: Double) -> [MetricValue] {
    let sides: [(String, MetricDirection, (Double) -> Double)] = [
      ("privleak", .zero, { $0 }), ("under_forgetting", .lower, { max(0, -$0) }),
      ("over_forgetting", .lower, { max(0, $0) }),
    ]
    return sides.map { name, best, side in
      func leak(_ area: Double) -> Double {
        side(Membership.privacyLeak(area: area, reference: reference))
      }
      return MetricValue(
        name: name, value: leak(area.value), interval: area.interval?.mapped(leak),
        count: area.count, best: best)
    }
  }

  // MARK: - The reference

  /// The part of a file of results that is looked for.
  private struct Results: Decodable {
    struct Task: Decodable {
      let name: String
      let kind: String
      let metrics: [String: Metric]
    }
    struct Metric: Decodable { let value: Double }
    let tasks: [Task]
  }

  private func referenceArea() throws -> Double {
    switch reference {
    case .number(let number): return number
    case .file(let file):
      func mistake(_ why: String) -> EvaluationError { .reference(file: file.name, why: why) }
      let bytes = try FileSource.contents(of: file.path)
      guard let results = try? JSONDecoder().decode(Results.self, from: Data(bytes)) else {
        throw mistake("is no file of results; give what `cordon evaluate --output` wrote")
      }
      let tasks = results.tasks.filter { $0.kind == MembershipTask.kind && $0.name == name }
      guard tasks.count == 1, let area = tasks[0].metrics[Membership.privacy]?.value else {
        throw mistake(
          "has no task `\(name)` of kind \(MembershipTask.kind) with `\(Membership.privacy)`; give "
            + "what `cordon evaluate --output` wrote of a suite with this task")
      }
      guard MembershipTask.areas.contains(area) else {
        throw mistake(
          "the model of reference tells members from others by itself (an area of \(area)); "
            + "give other texts under `others`")
      }
      return area
    }
  }
}
