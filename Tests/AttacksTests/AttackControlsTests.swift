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

  @Test("an unprotected model that knows, and a twin that is taught no more, behave") func behave()
    throws
  {
    let controls = try AttackControlsTests.controls([
      trial([(0, 2, 2, 10)]),
      trial([(0, 10, 10, 10), (10, 10, 9, 9)], subject: 1),
      trial([(0, 2, 2, 10), (10, 9, 3, 9)], subject: 2),
    ])
    #expect(
      controls.all.map(\.name) == [
        "the unprotected model knows held-out facts", "half: it teaches attacked facts",
        "half/full/0.001/seed-1: the unprotected model recovers",
        "half/full/0.001/seed-1: the filtered twin does not know held-out facts",
      ])
    #expect(controls.findings == [])
  }

  @Test("an attack that the unprotected model does not survive says nothing") func destroyed()
    throws
  {
    for points in [
      [(0, 10, 10, 4)],  // destroyed from the beginning
      [(0, 10, 10, 10), (9, 3, 3, 4)],  // by the attack
      [(0, 10, 10, 10), (9, 4, 3, 10)],  // it forgets what it is taught
      [(0, 10, 10, 10)],  // what it knows before is no recovery
    ] {
      let controls = try AttackControlsTests.controls([trial(points, subject: 1)])
      #expect(controls.findings.contains { $0.contains("recovers") }, "\(points)")
    }
  }

  @Test("a model that knows no held-out fact is no unprotected model") func unknowing() throws {
    let controls = try AttackControlsTests.controls([
      trial([(0, 3, 3, 10), (9, 10, 3, 10)], subject: 1)
    ])
    #expect(controls.findings.count == 1)
    #expect(controls.findings[0].contains("knows held-out facts"))
    // What it is taught is no knowledge of its own.
    let taught = trial(
      [(0, 3, 3, 10), (9, 10, 10, 10)], subject: 1, teaches: [.attacked, .heldOut])
    #expect(try AttackControlsTests.controls([taught]).findings.count == 1)
    // One that was made to forget and comes back is one.
    let superficial = trial([(0, 2, 2, 10), (9, 10, 8, 10)], subject: 1)
    #expect(try AttackControlsTests.controls([superficial]).findings == [])
  }

  @Test("an attack that teaches the twin nothing is told") func weak() throws {
    for points in [
      [(0, 2, 2, 10), (10, 2, 2, 10)], [(0, 2, 2, 10)],
      // Above `unknown`, but ten items do not show it.
      [(0, 2, 2, 10), (10, 5, 2, 10)],
      // What was taught is told where the twin is sound.
      [(0, 2, 2, 10), (10, 10, 2, 4)],
    ] {
      let controls = try AttackControlsTests.controls([trial(points, subject: 2)])
      #expect(controls.findings.count == 1)
      #expect(controls.findings[0].contains("half: it teaches attacked facts"), "\(points)")
    }
    // One trial of the attack is enough.
    let controls = try AttackControlsTests.controls([
      trial([(0, 2, 2, 10), (10, 2, 2, 10)], subject: 2),
      trial([(0, 2, 2, 10), (10, 10, 2, 10)], subject: 2),
    ])
    #expect(controls.findings == [])
  }

  @Test("a filtered twin that knows what it was never taught is told") func leaking() throws {
    let leaking = trial([(0, 2, 2, 10), (10, 9, 4, 9)], subject: 2)
    #expect(try AttackControlsTests.controls([leaking]).findings.count == 1)
    // What it was taught it may know.
    let taught = trial([(0, 2, 2, 10), (10, 9, 9, 9)], subject: 2, teaches: [.attacked, .heldOut])
    #expect(try AttackControlsTests.controls([taught]).findings == [])
    // What it says that it teaches it must teach.
    let half = trial([(0, 2, 2, 10), (10, 9, 2, 9)], subject: 2, teaches: [.attacked, .heldOut])
    #expect(
      try AttackControlsTests.controls([half]).all.map(\.holds) == [true, false])
  }

  @Test("only attacks that teach have a positive control") func benign() throws {
    let benign = trial([(0, 3, 3, 10)], subject: 2, teaches: [])
    #expect(
      try AttackControlsTests.controls([benign]).all.map(\.name) == [
        "half/full/0.001/seed-1: the filtered twin does not know held-out facts"
      ])
  }
}
