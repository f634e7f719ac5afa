internal import Foundation
internal import Ledger

/// The sums of a run for a person.
struct SummaryText {
  let text: String

  /// - Parameter place: the options of `cordon audit trace` that lead to the run; nil for none.
  init(_ summary: RunSummary, place: String?, seconds: Double?) {
    var lines = ["run \(summary.run): \(summary.read) records in \(summary.shards) shards"]
    if summary.state != .complete {
      lines = [
        "run \(summary.run) is NOT COMPLETE: \(summary.shards) of \(summary.plannedShards) shards "
          + "are done; run the same curate command again to finish it",
        "so far \(summary.read) records",
      ]
    }
    func row(_ name: String, _ count: Int64) {
      let share = summary.read == 0 ? 0 : Double(count) / Double(summary.read) * 100
      let padded = name.padding(toLength: 13, withPad: " ", startingAt: 0)
      lines.append("  " + padded + String(format: "%12ld  %6.2f %%", count, share))
    }
    row("kept", summary.kept)
    row("dropped", summary.dropped)
    row("duplicate", summary.duplicate)
    row("quarantined", summary.quarantined)
    if !summary.reasons.isEmpty {
      lines.append("reasons")
      let width = summary.reasons.map(\.reason.count).max() ?? 0
      for (reason, documents) in summary.reasons {
        let padded = reason.padding(toLength: width + 2, withPad: " ", startingAt: 0)
        lines.append("  " + padded + String(format: "%8ld", documents))
      }
    }
    if !summary.measures.isEmpty {
      lines.append("measures")
      let width = summary.measures.map(\.name.count).max() ?? 0
      for measure in summary.measures {
        let padded = measure.name.padding(toLength: width + 2, withPad: " ", startingAt: 0)
        lines.append("  " + padded + String(format: "%8ld", measure.value))
      }
    }
    lines.append("bytes read \(summary.bytesRead), kept \(summary.bytesKept)")
    if let seconds { lines.append(String(format: "%.1f s", seconds)) }
    if let root = summary.root { lines.append("root \(root)") }
    if let place { lines.append("ask about a document: cordon audit trace \(place) --id ID") }
    text = lines.joined(separator: "\n")
  }
}
