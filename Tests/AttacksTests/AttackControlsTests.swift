import Foundation
import TestSupport
import Testing

@testable import Attacks

@Suite("Controls") struct AttackControlsTests {
  private static let models = [
    AttackedModel(.model, folder: "a"), AttackedModel(.unprotected, folder: "b"),
    AttackedModel(.filtered, folder: "c"),
  ]

  private static func controls(_ trials: [TrialResult]) throws -> AttackControls {
    try withFiles(TinyTarget.files()) { folder in
      let target = try TinyTarget(folder, attack: "rounding: {name: r, bits: [8]}")
      return AttackControls(trials, of: models, plan: target.plan)
    }
  }

  @Test("an unprotected model that knows, and a twin that does not, behave") func behave() throws {
    let controls = try AttackControlsTests.controls([
      trial([(0, 2, 2, 10)]),
      trial([(0, 10, 10, 10), (10, 10, 9, 9)], subject: 1),
      trial([(0, 2, 2, 10), (10, 9, 3, 9)], subject: 2),
    ])
    #expect(controls.all.count == 2)
    #expect(controls.findings == [])
  }

  @Test("an attack that the unprotected model does not survive says nothing") func destroyed()
    throws
  {
    let controls = try AttackControlsTests.controls([trial([(0, 10, 10, 4)], subject: 1)])
    #expect(controls.findings.count == 1)
    let weak = try AttackControlsTests.controls([trial([(0, 3, 3, 10), (9, 4, 3, 10)], subject: 1)])
    #expect(weak.findings.count == 1)
  }

  @Test("a filtered twin that knows what it was never taught is told") func leaking() throws {
    let leaking = trial([(0, 2, 2, 10), (10, 9, 4, 9)], subject: 2)
    #expect(try AttackControlsTests.controls([leaking]).findings.count == 1)
    // What it was taught it may know.
    let taught = trial([(0, 2, 2, 10), (10, 9, 9, 9)], subject: 2, teaches: [.attacked, .heldOut])
    #expect(try AttackControlsTests.controls([taught]).all.isEmpty)
  }

  @Test("only attacks that teach have a positive control") func benign() throws {
    let benign = trial([(0, 3, 3, 10)], subject: 1, teaches: [])
    #expect(try AttackControlsTests.controls([benign]).all.isEmpty)
  }
}
