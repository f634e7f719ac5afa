import Streams

/// Draws records for a corpus: ordinary ones, and each planted kind.
struct Writer {
  let prose: Prose
  let prefix: String
  private var random: SplitMix64
  private var written = 0
  private var hazards = 0
  /// Ordinary records so far, with where they stand: what an exact duplicate may copy.
  private var originals: [(place: String, text: String)] = []

  private static let sources = ["harbour-notes", "field-journal", "letters", "almanac"]

  init(seed: UInt64, prefix: String) {
    prose = Prose(vocabulary: Vocabulary(seed: seed))
    self.prefix = prefix
    random = SplitMix64(seed: seed, name: "corpus/\(prefix)")
  }

  /// A record of this text under the next id.
  private mutating func record(_ text: String) -> Record {
    let number = String(written)
    written += 1
    let zeros = String(repeating: "0", count: max(0, 6 - number.utf8.count))
    return Record(
      id: "\(prefix)-\(zeros)\(number)", text: text, source: random.pick(Writer.sources),
      style: random.pick(Record.Style.allCases))
  }

  /// An ordinary record, 300 to 1,500 bytes, that no later record copies.
  mutating func ordinary() -> Record {
    let words = random.percent(80) ? random.within(56...120) : random.within(120...230)
    return record(prose.text(&random, words: words))
  }

  /// A text file's content: an ordinary one or, in this disguise, a hazardous one.
  mutating func letter(_ disguise: Hazard.Disguise? = nil) -> String {
    let planted = disguise.map { Hazard.sentence(&random, prose: prose, disguise: $0) }
    return prose.text(&random, words: 70, inserted: planted.map { [$0] } ?? [])
  }

  mutating func appendOrdinary(to shard: inout Shard) {
    let record = ordinary()
    let place = shard.append(record.line, id: record.id, .clean)
    originals.append((place, record.text))
  }

  /// A record with two invented toxins; the disguises take turns.
  mutating func appendHazard(to shard: inout Shard) {
    let disguise = Hazard.Disguise.allCases[hazards % Hazard.Disguise.allCases.count]
    hazards += 1
    let planted = Hazard.sentence(&random, prose: prose, disguise: disguise)
    var record = record(
      prose.text(&random, words: random.within(60...110), inserted: [planted]))
    if disguise == .escaped { record.escapedWords = Hazard.terms }
    shard.append(record.line, id: record.id, .hazard, disguise.rawValue)
  }

  /// A record that names one invented toxin in passing.
  mutating func appendMention(to shard: inout Shard) {
    let planted = Hazard.mention(&random, prose: prose)
    let record = record(prose.text(&random, words: 70, inserted: [planted]))
    shard.append(record.line, id: record.id, .mention)
  }

  /// A record of a sentence or two, 100 to 250 bytes: below what quality screens ask for.
  mutating func appendShort(to shard: inout Shard) {
    let record = record(prose.text(&random, words: 20))
    shard.append(record.line, id: record.id, .short)
  }

  /// A record with the text of an earlier one, under its own id; an ordinary one while none is
  /// there.
  mutating func appendDuplicate(to shard: inout Shard) {
    guard !originals.isEmpty else { return appendOrdinary(to: &shard) }
    let original = random.pick(originals)
    let record = record(original.text)
    shard.append(record.line, id: record.id, .duplicate, "of=\(original.place)")
  }

  /// A record with the text of an earlier one but for one word in its midst.
  mutating func appendReprint(to shard: inout Shard) {
    let original = random.pick(originals)
    var words = original.text.split(separator: " ", omittingEmptySubsequences: false)
    let noun = random.pick(prose.vocabulary.nouns)
    words[words.count / 2] = Substring(noun + "-" + noun)
    let record = record(words.joined(separator: " "))
    shard.append(record.line, id: record.id, .duplicate, "near=\(original.place)")
  }

  /// A record with two invented toxins, and its copy without the sentence that names them: no term
  /// is left in it, and what it says is the same.
  mutating func appendCleanedHazard(to shard: inout Shard) {
    let planted = Hazard.sentence(&random, prose: prose, disguise: .none)
    let text = prose.text(&random, words: 140, inserted: [planted])
    let cleaned = text.split(separator: planted, maxSplits: 1).joined()
    let whole = record(text)
    shard.append(whole.line, id: whole.id, .hazard, Hazard.Disguise.none.rawValue)
    let copy = record(cleaned)
    shard.append(copy.line, id: copy.id, .quarantined, "contagion")
  }

  /// Two records of different texts under one id.
  mutating func appendRepeatedID(to shard: inout Shard) {
    let first = ordinary()
    var second = ordinary()
    second.id = first.id
    shard.append(first.line, id: first.id, .clean, "repeated-id")
    shard.append(second.line, id: second.id, .clean, "repeated-id")
  }

  mutating func append(_ defect: RecordDefect, to shard: inout Shard) {
    let record = ordinary()
    let id = defect.leavesID ? record.id : ""
    shard.append(defect.line(of: record), id: id, .quarantined, defect.rawValue)
  }

  /// This many records: planted kinds in fixed shares, at drawn places.
  mutating func append(_ count: Int, to shard: inout Shard) {
    let planted: [(inout Writer, inout Shard) -> Void] = [
      { $0.appendHazard(to: &$1) }, { $0.appendDuplicate(to: &$1) },
      { $0.appendHazard(to: &$1) }, { $0.appendDuplicate(to: &$1) },
      { $0.appendMention(to: &$1) }, { $0.appendShort(to: &$1) },
    ]
    var next = 0
    for index in 0..<count {
      // One planted record in every run of four, behind its first.
      if index % 4 == 3 || (index % 4 != 0 && random.percent(10)) {
        planted[next % planted.count](&self, &shard)
        next += 1
      } else {
        appendOrdinary(to: &shard)
      }
    }
  }
}
