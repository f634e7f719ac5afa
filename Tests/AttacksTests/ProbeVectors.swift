import Streams
import Tensors

@testable import Attacks

/// The questions of Scripts/make-probe-vectors, and what SciPy finds in them.
struct ProbeVectors {
  /// A penalty, the loss at the minimum, the questions that are right there, and the weights.
  struct Solution {
    var penalty: Double
    var loss: Double
    var right: Int
    var weights: [Double]
  }

  static let solutions: [Solution] = [
    Solution(
      penalty: 1, loss: 1.008226641373268, right: 46,
      weights: [
        -0.007589701305400495, 0.18656824855630036, -0.03769892995845405, -0.09314756761709744,
        -0.4881389774226097, -0.012412047824737902, 0,
      ]),
    Solution(
      penalty: 0.01, loss: 0.6600439184731018, right: 47,
      weights: [
        0.03694478158011704, 0.37393015354543974, -0.1301310773253684, -0.41024843867924093,
        -1.4847347657962615, -0.1086765079709098, 0,
      ]),
    Solution(
      penalty: 0.0001, loss: 0.6467733795296137, right: 47,
      weights: [
        0.04316505157290508, 0.3814815302884109, -0.13778875993254708, -0.44224579402557745,
        -1.5675572577396597, -0.1175872848193193, 0,
      ]),
  ]

  /// Questions of three to five choices with seven features.
  static func items() throws -> ProbeItems {
    var numbers = SplitMix64(seed: 11)
    var rows: [[Float]] = []
    var choices: [Range<Int>] = []
    var answers: [Int] = []
    for _ in 0..<60 {
      let count = 3 + Int(numbers.next() % 3)
      let answer = Int(numbers.next() % UInt64(count))
      choices.append(rows.count..<rows.count + count)
      answers.append(answer)
      for choice in 0..<count {
        var row = (0..<7).map { _ in Float(numbers.next() >> 40) / 0x1p24 }
        if choice == answer {
          row[1] += 0.25
          row[4] -= 0.5
        }
        row[3] *= 64
        row[6] = 2
        rows.append(row)
      }
    }
    return try items(rows, choices, answers)
  }

  /// Questions whose choices have these features, centred.
  static func items(
    _ rows: [[Float]], _ choices: [Range<Int>], _ answers: [Int]
  ) throws -> ProbeItems {
    let block = try FloatBlock(count: rows.count * rows[0].count)
    for (index, value) in rows.joined().enumerated() { block.base[index] = value }
    let items = ProbeItems(
      features: block.matrix(rows: rows.count, columns: rows[0].count), choices: choices,
      answers: answers)
    items.centre()
    return items
  }
}
