internal import Corpus
internal import Streams
internal import Training

/// The texts that a run learns from, as ``FoldedText`` has them, and where each stands first.
package struct LearnedTexts: Sendable {
  /// A text.
  struct Entry: Sendable, Equatable {
    var role: ObjectiveRole
    var place: ItemPlace
  }

  private var entries: [Digest256: Entry] = [:]
  private var overlaps: Set<Digest256> = []
  private var firstOverlap: (forget: ItemPlace, retain: ItemPlace)?

  /// No text.
  package init() {}

  /// Takes in an item of a term; what is forgotten comes before what is retained.
  mutating func add(_ record: ItemReader.Record, _ role: ObjectiveRole, at place: ItemPlace) {
    let key = FoldedText.digest(record.whole)
    guard let known = entries[key] else {
      entries[key] = Entry(role: role, place: place)
      return
    }
    guard known.role != role, overlaps.insert(key).inserted else { return }
    if firstOverlap == nil { firstOverlap = (known.place, place) }
  }

  /// The same text cannot be forgotten and retained.
  ///
  /// - Throws: ``UnlearningError/overlap(forget:retain:count:)``.
  func checkOverlap() throws(UnlearningError) {
    guard let firstOverlap else { return }
    throw .overlap(
      forget: firstOverlap.forget, retain: firstOverlap.retain, count: overlaps.count)
  }

  /// Where a text stands first; nil where the run does not learn from it.
  ///
  /// - Parameter key: its digest as ``FoldedText`` has it.
  func entry(_ key: Digest256) -> Entry? { entries[key] }
}
