import ArgumentParser
import Foundation
import Streams
import Tensors

struct FuzzCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Reads damaged checkpoints and tokenizers.",
    discussion: """
      Each round damages one file of a small model or tokenizer as its seed says, and loads it: it \
      must load and compute, or be refused with an error of ours, within two seconds and 64 MiB. \
      Scripts/bench/fuzz also tells which round ended the process.

      Examples:
        cordon-bench fuzz --seconds 60
        cordon-bench fuzz --seed 7 --round 1234
      """)

  @Option(name: .long, help: "How long it lasts.") var seconds: Double = 60
  @Option(name: .long, help: "The seed of all rounds (default: a fresh one).") var seed: UInt64?
  @Option(name: .long, help: "Only this round.") var round: Int?
  @Option(name: .long, help: "A file that holds the number of the round.") var state: String?

  /// What a damaged file of some kilobytes may cost, in bytes.
  static let memoryLimit: Int64 = 64 << 20
  /// And in seconds of processor time: a shared machine has no others.
  static let timeLimit = 2.0

  func run() throws {
    let seed = self.seed ?? UInt64.random(in: 0..<(1 << 32))
    // In memory where that is: a round writes a file twice.
    let place =
      Folder.isFolder("/dev/shm") ? "/dev/shm" : FileManager.default.temporaryDirectory.path
    let folder = "\(place)/cordon-fuzz-\(getpid())"
    try Folder.make(folder)
    defer { try? Folder.remove(folder) }
    let targets = try FuzzTarget.all(in: folder)
    for target in targets { try target.read() }
    let base = peakMemory()
    print("seed \(seed), \(targets.count) files, \(base >> 20) MiB before")
    fflush(nil)
    var read = Array(repeating: 0, count: targets.count)
    var tried = read
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var number = round ?? 0
    while round != nil ? number == round : clock.now < end {
      let index = number % targets.count
      try note(number)
      let start = processorSeconds()
      do {
        var random = SplitMix64(seed: SplitMix64.mix(seed) &+ UInt64(number))
        tried[index] += 1
        read[index] += try targets[index].attempt(&random) ? 1 : 0
        let spent = processorSeconds() - start
        guard spent <= FuzzCommand.timeLimit else {
          throw BenchError(.findings, "took \(spent) seconds")
        }
        let grown = peakMemory() - base
        guard grown <= FuzzCommand.memoryLimit else {
          throw BenchError(.findings, "took \(grown >> 20) MiB")
        }
      } catch let error as BenchError {
        throw BenchError(
          .findings,
          "\(targets[index].name): \(error.description); --seed \(seed) --round \(number)")
      }
      try targets[index].restore()
      number += 1
    }
    for (index, target) in targets.enumerated() {
      print("\(target.name): \(tried[index]) rounds, \(read[index]) read")
    }
    print("\(tried.reduce(0, +)) rounds, \((peakMemory() - base) >> 10) KiB more at the peak")
  }

  /// Leaves the round's number where it survives the process.
  private func note(_ round: Int) throws {
    guard let state else { return }
    try Data("\(round)\n".utf8).write(to: URL(fileURLWithPath: state))
  }

  private func peakMemory() -> Int64 {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int64(usage.ru_maxrss) * 1_024
  }

  private func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
