import Foundation
import Testing

@testable import Training

@Suite("Schedules") struct ScheduleTests {
  @Test("a warm-up rises on a line") func warmup() {
    for kind in Schedule.Kind.allCases {
      let schedule = Schedule(kind: kind, warmup: 4)
      #expect((1...4).map { schedule.share(step: $0, of: 20) } == [0.25, 0.5, 0.75, 1])
    }
  }

  @Test("the last step has the last share") func last() {
    #expect(Schedule(kind: .constant, final: 0.1).share(step: 20, of: 20) == 1)
    #expect(
      abs(Schedule(kind: .linear, warmup: 4, final: 0.1).share(step: 20, of: 20) - 0.1) < 1e-15)
    #expect(
      abs(Schedule(kind: .cosine, warmup: 4, final: 0.1).share(step: 20, of: 20) - 0.1) < 1e-15)
  }

  @Test("half-way both falls stand in the middle") func half() {
    #expect(abs(Schedule(kind: .linear, warmup: 4).share(step: 12, of: 20) - 0.5) < 1e-15)
    #expect(abs(Schedule(kind: .cosine, warmup: 4).share(step: 12, of: 20) - 0.5) < 1e-15)
    // A quarter of the way down a cosine: (1 + cos 45°) / 2.
    let quarter = Schedule(kind: .cosine, warmup: 4).share(step: 8, of: 20)
    #expect(abs(quarter - (1 + 0.5.squareRoot()) / 2) < 1e-15)
  }

  @Test("a warm-up longer than the run never ends") func long() {
    #expect(Schedule(kind: .cosine, warmup: 40).share(step: 20, of: 20) == 0.5)
  }
}
