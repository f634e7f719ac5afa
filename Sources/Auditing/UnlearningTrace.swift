internal import Foundation
public import Ledger
public import Streams

/// Where an unlearned checkpoint comes from: its unlearning, and through the base the training and
/// the corpora.
public struct UnlearningTrace: Sendable, Equatable {
  /// The unlearning that it came out of.
  public var unlearning: UnlearningRow
  /// Where the base comes from by training; empty where this ledger does not know.
  public var trainings: [CheckpointTrace]
  /// Where the base comes from by earlier unlearnings.
  public var unlearnings: [UnlearningTrace]

  /// The SHA-256 of the weights that came out; of the list of the files where they are in shards.
  public var sha256: String? { unlearning.result.map(CheckpointTrace.sha256) }

  /// The runs whose snapshots the base or an ancestor was trained on, the nearest first.
  public var snapshotRuns: [String] {
    trainings.flatMap(\.snapshotRuns) + unlearnings.flatMap(\.snapshotRuns)
  }

  /// The terms that forget, in order, and how many documents each has.
  private var terms: [(name: String, documents: Int)] {
    var terms: [(name: String, documents: Int)] = []
    for document in unlearning.documents {
      if let index = terms.firstIndex(where: { $0.name == document.term }) {
        terms[index].documents += 1
      } else {
        terms.append((document.term, 1))
      }
    }
    return terms
  }

  /// Writes it as one JSON object.
  ///
  /// - Parameter more: writes further members.
  public func write(to json: inout JSONText, more: (inout JSONText) -> Void = { _ in }) {
    json.object { json in
      json.member("sha256", sha256)
      json.member("unlearning", unlearning.id)
      json.member("steps", unlearning.steps)
      json.member("plan", Digest256(hashing: unlearning.plan).hex)
      json.member("settings", unlearning.settings)
      json.object("seeds") { json in
        for seed in unlearning.seeds { json.member(seed.name, seed.value) }
      }
      json.object("forget") { json in
        json.member("documents", unlearning.documents.count)
        json.member("root", unlearning.forgetRoot.hex)
        json.object("terms") { json in
          for term in terms { json.member(term.name, term.documents) }
        }
      }
      json.array("files") { json in
        for file in unlearning.files {
          json.object { json in
            json.member("use", file.use.rawValue)
            json.member("term", file.term)
            json.member("path", file.file.name)
            json.member("sha256", file.file.artefact.sha256.hex)
          }
        }
      }
      json.member("verdict", unlearning.verdict?.rawValue)
      json.member("neededItems", unlearning.neededItems)
      json.member("confidence", unlearning.confidence)
      json.array("constraints") { json in
        for constraint in unlearning.constraints { write(constraint, to: &json) }
      }
      json.object("code") { json in
        json.member("version", unlearning.code.version)
        json.member("binary", unlearning.code.binary.hex)
        json.member("swift", unlearning.code.swift)
        json.member("libraries", unlearning.code.libraries)
      }
      json.object("base") { json in
        json.member("sha256", CheckpointTrace.sha256(unlearning.base))
        json.array("trainings") { json in
          for trace in trainings { trace.write(to: &json) }
        }
        json.array("unlearnings") { json in
          for trace in unlearnings { trace.write(to: &json) }
        }
      }
      more(&json)
    }
  }

  private func write(_ constraint: UnlearningRow.Constraint, to json: inout JSONText) {
    json.object { json in
      json.member("name", constraint.name)
      json.member("term", constraint.term)
      json.member("role", constraint.role)
      json.member("metric", constraint.metric)
      json.member("area", constraint.area)
      json.member("level", constraint.level)
      json.member("before", constraint.before)
      json.member("after", constraint.after)
      json.member("value", constraint.value)
      json.member("lower", constraint.lower)
      json.member("upper", constraint.upper)
      json.member("limit", constraint.limit)
      json.member("items", constraint.items)
      json.member("verdict", constraint.verdict.rawValue)
      json.member("neededItems", constraint.neededItems)
      // How its dual variable moved, measurement by measurement.
      json.array("duals") { json in
        for dual in unlearning.duals where dual.name == constraint.name {
          json.object { json in
            json.member("step", dual.step)
            json.member("value", dual.value)
            json.member("surrogate", dual.surrogate)
            json.member("aim", dual.aim)
            json.member("dual", dual.dual)
            json.member("decision", dual.decision)
          }
        }
      }
    }
  }

  /// The trace for a person: a sentence a line, the base behind it.
  public var lines: [String] {
    let name = sha256.map { "Checkpoint \($0)" } ?? "No checkpoint"
    let list = terms.map { "\($0.name) \($0.documents)" }.joined(separator: ", ")
    var lines = [
      "\(name): what unlearning \(unlearning.id) left after \(unlearning.steps) steps.",
      "It was to forget \(unlearning.documents.count) documents (\(list)), whose Merkle root is "
        + "\(unlearning.forgetRoot).",
    ]
    lines += unlearning.files.map { file in
      "File: \(file.file.name), \(file.use.rawValue) of \(file.term) (SHA-256 "
        + "\(file.file.artefact.sha256))."
    }
    if let verdict = unlearning.verdict {
      let level = unlearning.confidence.map { ", each bound one-sided at \(percent($0))" } ?? ""
      lines.append("Verdict: \(verdict.rawValue)\(level).")
      lines += unlearning.constraints.flatMap { [line($0), dualLine($0)] }
    } else {
      lines.append("The plan stated no boundary: nobody measured what it kept.")
    }
    lines += [
      "Plan: SHA-256 \(Digest256(hashing: unlearning.plan)).", "Settings: \(unlearning.settings)",
      "Seeds: " + unlearning.seeds.map { "\($0.name) \($0.value)" }.joined(separator: ", ") + ".",
      "Code: Cordon \(unlearning.code.version), SHA-256 \(unlearning.code.binary), Swift "
        + "\(unlearning.code.swift); \(unlearning.code.libraries).",
      "Its base is \(CheckpointTrace.sha256(unlearning.base)).",
    ]
    if trainings.isEmpty && unlearnings.isEmpty {
      lines.append("This ledger does not know where its base comes from.")
    }
    lines += trainings.flatMap(\.lines) + unlearnings.flatMap(\.lines)
    return lines
  }

  private func line(_ constraint: UnlearningRow.Constraint) -> String {
    let ends = [
      constraint.lower.map { "at least \(percent($0))" },
      constraint.upper.map { "at most \(percent($0))" },
    ].compactMap(\.self)
    let bound = ends.isEmpty ? "not bounded" : ends.joined(separator: ", ")
    return "  \(constraint.name): \(constraint.verdict.rawValue); \(constraint.role) "
      + "\(constraint.metric), value \(percent(constraint.value)), \(bound), limit "
      + "\(percent(constraint.limit)), \(constraint.items) items."
  }

  /// How the dual variable of a constraint moved, as a share of all.
  private func dualLine(_ constraint: UnlearningRow.Constraint) -> String {
    let duals = unlearning.duals.filter { $0.name == constraint.name }
    guard let first = duals.first, let last = duals.last else {
      return "    Its dual variable was never updated."
    }
    // The earliest of the largest.
    let largest = duals.dropFirst().reduce(first) { $1.dual > $0.dual ? $1 : $0 }
    func place(_ dual: UnlearningRow.Dual) -> String {
      String(format: "%.4f", dual.dual) + " at step \(dual.step)"
    }
    let updates = duals.count == 1 ? "1 update" : "\(duals.count) updates"
    return "    Its dual variable, a share of all: \(updates), first \(place(first)), largest "
      + "\(place(largest)), last \(place(last)); --json has all."
  }

  private func percent(_ share: Double) -> String { String(format: "%.2f %%", 100 * share) }
}
