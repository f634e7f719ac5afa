internal import Curation
internal import Foundation
internal import Synchronization

/// Shows how far a run is: a bar on a terminal, a line every ten seconds elsewhere.
final class ProgressLine: Sendable {
  private let meter: ProgressMeter
  private let ended = Mutex(false)

  /// Begins to show, unless `quiet`.
  init(_ meter: ProgressMeter, quiet: Bool) {
    self.meter = meter
    guard !quiet else { return }
    let isTerminal = Console.isTerminal
    let thread = Thread { [self] in
      var ticks = 0
      while !ended.withLock({ $0 }) {
        Thread.sleep(forTimeInterval: 0.1)
        ticks += 1
        if isTerminal && ticks % 2 == 0 { draw() }
        if !isTerminal && ticks % 100 == 0 { Console.plain(line) }
      }
    }
    thread.start()
  }

  /// Ends, and clears what a terminal shows.
  func end() {
    ended.withLock { $0 = true }
    if Console.isTerminal { Console.draw("") }
  }

  private func draw() {
    let (done, total) = meter.reading
    guard total > 0 else { return }
    let width = 24
    let filled = min(width, Int(Double(done) / Double(total) * Double(width)))
    let bar =
      String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    Console.draw("\(bar) \(line)")
  }

  private var line: String {
    let (done, total) = meter.reading
    let share = total == 0 ? 0 : min(1, Double(done) / Double(total))
    let seconds = meter.secondsInPhase
    let phase = meter.currentPhase
    guard phase == "judge" || phase == "write" else { return phase }
    let rate = Double(done) / max(seconds, 0.001)
    let left = rate > 0 ? Int(Double(total - done) / rate) : 0
    return "\(phase): \(Int(share * 100)) % of \(Size.text(total)), \(Int(rate / 1e6)) MB/s, "
      + (left < 120 ? "\(max(0, left)) s left" : "\(left / 60) min left")
  }
}

/// Sizes as people write them.
enum Size {
  /// `1.5 GiB`.
  static func text(_ bytes: Int64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1024 && unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(bytes) B" : String(format: "%.1f %@", value, units[unit])
  }

  /// The bytes that `256MiB`, `1GiB`, `2GB` or `1000` mean; nil for anything else.
  static func bytes(_ text: String) -> Int? {
    let factors: [(String, Int)] = [
      ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40), ("KB", 1000),
      ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1), ("", 1),
    ]
    for (suffix, factor) in factors where text.hasSuffix(suffix) {
      let digits = text.dropLast(suffix.count)
      guard let number = Double(digits), number > 0, number * Double(factor) < 1e18 else {
        return nil
      }
      return Int(number * Double(factor))
    }
    return nil
  }
}
