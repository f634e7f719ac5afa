internal import Language
internal import Tensors

/// Hidden states of the start model for all items of a term, and room for those of a batch.
final class KeptStates {
  /// Which states: those behind blocks, then those behind the last norm.
  private let layers: [Int]
  private let hasFinal: Bool
  private let width: Int
  /// The texts of each item: where each begins among the rows, and its tokens.
  private let places: [[Range<Int>]]
  private let rows: Int
  private let states: FloatBlock
  private var room: FloatBlock?

  init(_ term: RunningTerm, width: Int) throws(TensorsError) {
    layers = term.needs.contains(.hidden) ? term.objective.layers : []
    hasFinal = term.needs.contains(.logits)
    self.width = width
    var end = 0
    places = term.items.map { item in
      item.texts.map { text in
        defer { end += text.tokens.count }
        return end..<(end + text.tokens.count)
      }
    }
    rows = end
    states = try FloatBlock(count: end * width * (layers.count + (hasFinal ? 1 : 0)))
  }

  private var kinds: Int { layers.count + (hasFinal ? 1 : 0) }

  private func kept(_ kind: Int) -> MatrixView {
    states.matrix(at: kind * rows * width, rows: rows, columns: width)
  }

  /// The rows of a batch that each text takes, in the order of ``ItemBatch``.
  private func rows(of items: [Int], length: Int) -> [(batch: Int, kept: Range<Int>)] {
    let texts = places.first?.count ?? 0
    return (0..<texts).flatMap { text in
      items.indices.map { ((text * items.count + $0) * length, places[items[$0]][text]) }
    }
  }

  /// Keeps what was said of the items of a batch.
  func take(_ values: ReferenceValues, _ items: Range<Int>, length: Int) {
    for kind in 0..<kinds {
      let source = kind < layers.count ? values.hidden[layers[kind]] : values.logits?.hidden
      guard let source else { preconditionFailure("what was asked for") }
      let target = kept(kind)
      for (first, place) in rows(of: Array(items), length: length) {
        for (offset, row) in place.enumerated() {
          target.row(row).update(from: source.row(first + offset), count: width)
        }
      }
    }
  }

  /// The values of a batch, in room that the next batch takes over.
  func values(_ items: [Int], length: Int, head: OutputHead) throws -> ReferenceValues {
    let places = rows(of: items, length: length)
    let rows = places.count * length
    if room.map({ $0.count < kinds * rows * width }) ?? true {
      room = try FloatBlock(count: kinds * rows * width)
    }
    guard let room else { preconditionFailure("just made") }
    var values = ReferenceValues()
    for kind in 0..<kinds {
      let target = room.matrix(at: kind * rows * width, rows: rows, columns: width)
      let source = kept(kind)
      for (first, place) in places {
        for (offset, row) in place.enumerated() {
          target.row(first + offset).update(from: source.row(row), count: width)
        }
        for row in (first + place.count)..<(first + length) {
          target.row(row).update(repeating: 0, count: width)
        }
      }
      if kind < layers.count {
        values.hidden[layers[kind]] = target
      } else {
        values.logits = ReferenceLogits(hidden: target, head: head)
      }
    }
    return values
  }
}
