internal import Streams
internal import Training

/// Questions in parts of about the same size, for cross-validation: those in the same words are in
/// the same part, so that no part knows another's answers.
struct ProbeFolds {
  /// The part of each question.
  let parts: [Int]
  /// How many parts there are.
  let count: Int

  /// Parts that a seed decides.
  ///
  /// - Parameter keys: equal for questions in the same words.
  init(_ keys: [Digest256], count: Int, seed: UInt64) {
    var numbers: [Digest256: Int] = [:]
    for key in keys where numbers[key] == nil { numbers[key] = numbers.count }
    let order = DataOrder(count: max(1, numbers.count), seed: seed)
    parts = keys.map { key in
      numbers[key].map { order.position(of: $0, epoch: 0) % count } ?? 0
    }
    self.count = count
  }

  /// The questions of a part.
  func inside(_ part: Int) -> [Int] { parts.indices.filter { parts[$0] == part } }
  /// All others.
  func outside(_ part: Int) -> [Int] { parts.indices.filter { parts[$0] != part } }
}
