import Foundation
import Streams

/// What one command took, with every process it waited for.
struct Measurement {
  /// Seconds on the clock.
  var wall: Double
  /// Seconds of user and of system time.
  var user: Double
  var system: Double
  /// The most memory that the largest process had resident, in bytes. Never less than this
  /// program's own at the start of the command: Linux hands that mark down.
  var peakMemory: Int64
  /// The command's exit code; 128 and the signal's number where a signal ended it.
  var status: Int32

  var cpu: Double { user + system }
}

/// Runs a command with this process's streams, and measures it.
func measure(_ command: [String]) throws -> Measurement {
  precondition(!command.isEmpty, "there is no command to run")
  let environment = ProcessInfo.processInfo.environment.sorted { $0.key < $1.key }
  let arguments = cStrings(command)
  let variables = cStrings(environment.map { "\($0.key)=\($0.value)" })
  defer {
    for string in arguments + variables { free(string) }
  }
  var process: pid_t = 0
  let clock = ContinuousClock()
  let start = clock.now
  let spawned = posix_spawnp(&process, command[0], nil, nil, arguments, variables)
  guard spawned == 0 else {
    throw BenchError(.input, "\(command[0]) cannot be run: \(String(cString: strerror(spawned)))")
  }
  var status: Int32 = 0
  var usage = rusage()
  while wait4(process, &status, 0, &usage) < 0 {
    guard errno == EINTR else { throw BenchError(.defect, "wait4 failed with errno \(errno)") }
  }
  let signal = status & 0x7F  // WIFSIGNALED and WEXITSTATUS of wait(2)
  return Measurement(
    wall: seconds(start.duration(to: clock.now)), user: seconds(usage.ru_utime),
    system: seconds(usage.ru_stime), peakMemory: Int64(usage.ru_maxrss) * 1024,
    status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
}

private func cStrings(_ strings: [String]) -> [UnsafeMutablePointer<CChar>?] {
  strings.map { strdup($0) } + [nil]
}

private func seconds(_ time: timeval) -> Double {
  Double(time.tv_sec) + Double(time.tv_usec) / 1e6
}

private func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}
