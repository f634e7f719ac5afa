import Foundation
import Ledger
import Streams
import Training

/// Training runs that are entered beside an invented curation.
struct TrainingFixture {
  static let (sequences, batch, seed) = (50, 4, UInt64(9))
  /// Where the documents of the takedown fixture stand: text, part, first sequence, how many.
  static let places: [(text: String, part: DocumentPlace.Part, first: Int, count: Int)] = [
    ("first text of all", .training, 7, 1), ("second text of all", .training, 20, 3),
    ("third text of all", .validation, 0, 1), ("fourth text of all", .none, 0, 0),
    ("third", .training, 49, 1),
  ]

  let output: OutputFixture
  var ledgerPath: String { output.folder + "/ledger.sqlite" }
  var root: Digest256 {
    get throws { try Ledger(reading: ledgerPath).summary(of: "c0ffee").root ?? .zero }
  }

  static func digest(_ text: String) -> Digest256 { Digest256(hashing: Array(text.utf8)) }

  /// The steps up to `last` that read one of these sequences, step by step.
  static func steps(_ sequences: Range<Int>, through last: Int) -> [Int] {
    let order = DataOrder(count: Self.sequences, seed: seed)
    return last < 1
      ? []
      : (1...last).filter { step in
        order.sequences(ofStep: step, batch: batch).contains { sequences.contains($0) }
      }
  }

  static func model(_ run: String, _ step: Int) -> CheckpointRow {
    func file(_ name: String, _ text: String) -> NamedArtefact {
      NamedArtefact(name: name, artefact: Artefact(sha256: digest(text), bytes: 1))
    }
    return CheckpointRow(files: [
      file("config.json", "{}"), file("model.safetensors", "\(run) \(step)"),
    ])
  }

  /// Enters a training run with checkpoints of these steps.
  ///
  /// - Parameters:
  ///   - places: the documents that it read.
  ///   - base: the model that it goes on from.
  ///   - isOfFiles: its plan names files, not a snapshot.
  func train(
    _ id: String, places: [(text: String, part: DocumentPlace.Part, first: Int, count: Int)],
    base: CheckpointRow? = nil, isOfFiles: Bool = false, steps: [Int]
  ) throws {
    let index = "\(output.folder)/\(id).index"
    let writer = try DocumentIndexWriter(path: index, work: index + ".work")
    for place in places {
      try writer.append(
        DocumentPlace(
          digest: Self.digest(place.text), part: place.part, first: place.first,
          count: place.count))
    }
    let artefact = try writer.finish(
      trainingSequences: Self.sequences, validationSequences: 1)
    let run = TrainingRow(
      id: id, plan: Array("plan: tiny\n".utf8), settings: "{\"sequence\":8}",
      seeds: [NamedSeed("initialisation", 1), NamedSeed("order", Self.seed)],
      snapshotRoot: isOfFiles ? nil : try root, base: base, data: .zero,
      documentIndex: artefact.sha256,
      sequences: Int64(Self.sequences), rows: 8, batch: Int64(Self.batch), orderSeed: Self.seed,
      code: CodeVersion(version: "0", binary: .zero, swift: "6.3", libraries: ""))
    _ = try RunRecord(
      run, ledger: ledgerPath, index: index,
      machine: MachineDescription(os: "", cpu: "", cores: 1, sqlite: ""))
    let ledger = try Ledger(creating: ledgerPath)
    var parent = base
    for step in steps {
      try ledger.record(
        TrainedCheckpointRow(
          training: id, step: Int64(step), checkpoint: Self.model(id, step), parent: parent,
          loss: 2.5, validation: nil))
      parent = Self.model(id, step)
    }
  }
}
