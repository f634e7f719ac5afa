/// The pieces of a batch that attention does not look beyond: N rows, cut into consecutive pieces,
/// each a document or a part of one.
public struct Segments: Sendable, Equatable {
  /// Row `bounds[i]` is the first of piece i, and `bounds[count]` is N.
  public let bounds: [Int32]

  /// Pieces of these lengths, one behind the other.
  ///
  /// - Precondition: each is at least 1, and there is one.
  public init(lengths: some Sequence<Int>) {
    var bounds: [Int32] = [0]
    for length in lengths {
      precondition(length > 0, "a piece has a row")
      bounds.append(bounds[bounds.count - 1] + Int32(length))
    }
    precondition(bounds.count > 1, "at least one piece")
    self.bounds = bounds
  }

  /// N rows in pieces of one length.
  ///
  /// - Precondition: the length divides N, and both are at least 1.
  public init(rows: Int, length: Int) {
    precondition(length > 0 && rows > 0 && rows % length == 0, "T divides the rows")
    self.init(lengths: repeatElement(length, count: rows / length))
  }

  /// How many pieces there are.
  public var count: Int { bounds.count - 1 }

  /// N, the rows of all pieces.
  public var rows: Int { Int(bounds[count]) }

  /// The rows of one piece.
  public subscript(index: Int) -> Range<Int> { Int(bounds[index])..<Int(bounds[index + 1]) }

  /// The rows of the longest piece.
  public var longest: Int {
    (0..<count).reduce(0) { max($0, self[$1].count) }
  }

  /// What each row's number within its piece is: 0, 1, … and from 0 again in the next.
  public var positions: [Int32] {
    (0..<count).flatMap { 0..<Int32(self[$0].count) }
  }
}
