import Attacks
import Testing

@Suite("Scores of sets") struct SetScoreTests {
  @Test("the share of items that are right") func accuracy() {
    #expect(SetScore(.attacked, right: 3, of: 4).accuracy == 0.75)
    #expect(MeasuredSet.heldOut.rawValue == "held-out")
  }
}
