import Testing

@testable import Attacks

/// A trial whose accuracies are given in tenths: attacked, held-out, general.
func trial(
  _ tenths: [(at: Int, Int, Int, Int)], subject: Int = 0, teaches: [MeasuredSet] = [.attacked],
  axis: AttackCurve.Axis = .step, brokenAt: Int? = nil, seed: Int = 1
) -> TrialResult {
  var curve = AttackCurve(
    axis,
    tenths.map { at, attacked, heldOut, general in
      AttackCurve.Point(
        at: at,
        [
          SetScore(.attacked, right: attacked, of: 10), SetScore(.heldOut, right: heldOut, of: 10),
          SetScore(.general, right: general, of: 10),
        ])
    })
  curve.brokenAt = brokenAt
  return TrialResult(
    attack: "half", kind: "relearn", subject: subject, trial: "full/0.001/seed-\(seed)",
    group: "full/0.001", teaches: teaches, curve: curve)
}

@Suite("Recovery and destruction") struct TrialResultTests {
  @Test("the first place at which a share is reached") func recovery() {
    let result = trial([(0, 2, 2, 10), (10, 6, 3, 9), (20, 9, 6, 9), (30, 9, 5, 9)])
    #expect(
      result.recovery(of: .attacked, to: 0.6, destroyed: 0.5)
        == TrialResult.Recovery(at: 10, through: 30))
    #expect(
      result.recovery(of: .heldOut, to: 0.6, destroyed: 0.5)
        == TrialResult.Recovery(at: 20, through: 30))
    #expect(result.highest(.heldOut, destroyed: 0.5)?.right == 6)
  }

  @Test("what is not reached is censored where nobody looked any more") func censored() {
    let result = trial([(0, 2, 2, 10), (10, 3, 3, 9)])
    #expect(
      result.recovery(of: .attacked, to: 0.6, destroyed: 0.5)
        == TrialResult.Recovery(at: nil, through: 10))
  }

  @Test("a destroyed model neither resists nor recovers") func destroyed() {
    let result = trial([(0, 2, 2, 10), (10, 3, 3, 4), (20, 9, 9, 9)])
    #expect(result.destroyed(below: 0.5) == 10)
    #expect(
      result.recovery(of: .attacked, to: 0.6, destroyed: 0.5)
        == TrialResult.Recovery(at: nil, through: 0))
    let broken = trial([(0, 2, 2, 10)], brokenAt: 7)
    #expect(broken.destroyed(below: 0.5) == 7)
    #expect(trial([(0, 9, 9, 3)]).recovery(of: .attacked, to: 0.6, destroyed: 0.5) == nil)
  }

  @Test("bits do not follow one another") func bits() {
    let result = trial([(32, 2, 2, 10), (8, 2, 2, 4), (4, 8, 7, 9)], axis: .bits)
    #expect(result.sound(above: 0.5).map(\.at) == [32, 4])
  }

  @Test("seeds are told together") func groups() {
    let groups = TrialGroup.all(of: [
      trial([(0, 2, 2, 10)], seed: 1), trial([(0, 4, 3, 10)], seed: 2),
      trial([(0, 9, 9, 9)], subject: 1),
    ])
    #expect(groups.map(\.subject) == [0, 1])
    #expect(groups[0].trials.count == 2)
    let place = groups[0].accuracies(.attacked)[0]
    #expect(place.low == 0.2 && place.high == 0.4 && abs(place.mean - 0.3) < 1e-12)
  }
}
