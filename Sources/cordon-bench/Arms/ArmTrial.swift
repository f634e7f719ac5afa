/// A trial of an attack as `attacks.json` tells it, as far as it is hashed by the ledger.
struct ArmTrial: Decodable {
  struct Point: Decodable {
    var at: Int
    var scores: [String: Score]
  }

  struct Score: Decodable {
    var right: Int
    var items: Int
    var value: Double
  }

  /// What the ledger's record of an attack says of it; shares from 0 to 1.
  struct Settings: Decodable {
    var attack: String
    var role: String
    var recovered: Double
    var destroyed: Double
    /// What the controls of the whole run found.
    var findings: [String]
  }

  var attack: String
  var kind: String
  var subject: Int
  var trial: String
  var teaches: [String]
  var axis: String
  var points: [Point]
  var brokenAt: Int?

  /// Where the general accuracy is first below the limit, or the numbers broke; nil for nowhere.
  func destroyed(_ limits: Settings) -> Int? {
    let low = points.first { ($0.scores["general"]?.value ?? 1) < limits.destroyed }?.at
    return [low, brokenAt].compactMap { $0 }.min()
  }
}
