import Foundation

/// Whose CPU time is read.
enum CPUClock {
  /// The calling thread's.
  case thread
  /// That of all threads of the process.
  case process
}

/// CPU seconds, user and system together.
func cpuSeconds(_ clock: CPUClock) -> Double {
  var time = timespec()
  clock_gettime(clock == .thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// What a piece of work took.
struct Timing: Encodable {
  /// Seconds on the clock.
  var wall: Double
  /// CPU seconds of the whole process.
  var cpu: Double

  /// Times some work.
  init(_ body: () throws -> Void) rethrows {
    let clock = ContinuousClock()
    let (start, cpuStart) = (clock.now, cpuSeconds(.process))
    try body()
    let time = start.duration(to: clock.now).components
    wall = Double(time.seconds) + Double(time.attoseconds) / 1e18
    cpu = cpuSeconds(.process) - cpuStart
  }
}

/// The middle value; of an even number of values the upper one of the two in the middle.
func median(_ values: [Double]) -> Double {
  precondition(!values.isEmpty, "no values")
  return values.sorted()[values.count / 2]
}

/// One line of JSON, its keys in order.
func jsonLine(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self)
}
