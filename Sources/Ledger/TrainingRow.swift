public import Streams

/// A seed that has a name.
public struct NamedSeed: Equatable, Sendable {
  /// What it is for: `initialisation`, `order`, `validation`.
  public var name: String
  /// Its value.
  public var value: UInt64

  /// A seed.
  public init(_ name: String, _ value: UInt64) {
    self.name = name
    self.value = value
  }
}

/// A training run: all that decides its checkpoints.
public struct TrainingRow: Equatable, Sendable {
  /// The run's id, hexadecimal: made of what decides the output, so the same for the same.
  public var id: String
  /// The exact bytes of the plan.
  public var plan: [UInt8]
  /// What else decides the output, as canonical JSON.
  public var settings: String
  /// The seeds by their names, each once.
  public var seeds: [NamedSeed]
  /// The root of the snapshot that it was trained on; nil where the plan names files. The snapshot
  /// may stand in another ledger.
  public var snapshotRoot: Digest256?
  /// The model that it goes on from; nil for a new one.
  public var base: CheckpointRow?
  /// The SHA-256 of the packed tokens.
  public var data: Digest256
  /// The SHA-256 of the index that says which sequences hold a document.
  public var documentIndex: Digest256
  /// The sequences of the packed tokens.
  public var sequences: Int64
  /// The rows of a sequence: places that predict the next token.
  public var rows: Int64
  /// The sequences of a step.
  public var batch: Int64
  /// The seed of the order in which the sequences are read.
  public var orderSeed: UInt64
  /// The program.
  public var code: CodeVersion

  /// A training run with these parts.
  ///
  /// - Precondition: it has an id, sequences, rows and a batch; the seeds' names differ.
  public init(
    id: String, plan: [UInt8], settings: String, seeds: [NamedSeed], snapshotRoot: Digest256?,
    base: CheckpointRow?, data: Digest256, documentIndex: Digest256, sequences: Int64, rows: Int64,
    batch: Int64, orderSeed: UInt64, code: CodeVersion
  ) {
    precondition(!id.isEmpty && sequences > 0 && rows > 0 && batch > 0, "something is trained on")
    precondition(
      Set(seeds.map(\.name)).count == seeds.count && !seeds.contains { $0.name.isEmpty },
      "a seed has a name of its own")
    self.id = id
    self.plan = plan
    self.settings = settings
    self.seeds = seeds
    self.snapshotRoot = snapshotRoot
    self.base = base
    self.data = data
    self.documentIndex = documentIndex
    self.sequences = sequences
    self.rows = rows
    self.batch = batch
    self.orderSeed = orderSeed
    self.code = code
  }

  /// The log's entry: all of it, long parts by hashes.
  var entry: [UInt8] {
    var list = JSONText()
    list.array { list in
      for seed in seeds {
        list.object { json in
          json.member("name", seed.name)
          json.member("value", seed.value)
        }
      }
    }
    var json = JSONText()
    json.object { json in
      json.member("kind", "training")
      json.member("run", id)
      json.member("plan", Digest256(hashing: plan).hex)
      json.member("settings", Digest256(hashing: Array(settings.utf8)).hex)
      json.member("seeds", Digest256(hashing: list.bytes).hex)
      json.member("snapshot", snapshotRoot?.hex)
      json.member("base", base?.digest.hex)
      json.member("data", data.hex)
      json.member("documentIndex", documentIndex.hex)
      json.member("sequences", sequences)
      json.member("rows", rows)
      json.member("batch", batch)
      json.member("orderSeed", orderSeed)
      code.write(to: &json)
    }
    return json.bytes
  }

  /// The SHA-256 of the log's entry.
  public var digest: Digest256 { Digest256(hashing: entry) }

  /// Where the index of the run's documents stands beside the ledger, so that who has the ledger
  /// can be told which steps saw a document: `trainings/<id>.documents` in the ledger's folder.
  public static func indexPath(ofRun id: String, ledger path: String) -> String {
    "\(Folder.parent(of: path))/trainings/\(id).documents"
  }
}

/// A checkpoint that a training run wrote.
public struct TrainedCheckpointRow: Equatable, Sendable {
  /// The training run's id.
  public var training: String
  /// The steps that were done.
  public var step: Int64
  /// Its model, by its files.
  public var checkpoint: CheckpointRow
  /// The checkpoint that it came out of: the run's one before it, or the base; nil for none.
  public var parent: CheckpointRow?
  /// The mean loss of the step, in nats per scored token.
  public var loss: Double
  /// The validation loss, in nats per scored token; nil where it was not measured.
  public var validation: Double?

  /// A checkpoint of a training run.
  ///
  /// - Precondition: a step was done, the losses are finite.
  public init(
    training: String, step: Int64, checkpoint: CheckpointRow, parent: CheckpointRow?, loss: Double,
    validation: Double?
  ) {
    precondition(step > 0 && loss.isFinite && validation?.isFinite ?? true, "a finished step")
    self.training = training
    self.step = step
    self.checkpoint = checkpoint
    self.parent = parent
    self.loss = loss
    self.validation = validation
  }

  /// The SHA-256 of the weights, a model's or an adapter's; nil for weights in shards.
  public var weights: Digest256? { checkpoint.weights }

  /// Whether two are the same to the last bit of their losses.
  public static func == (left: TrainedCheckpointRow, right: TrainedCheckpointRow) -> Bool {
    left.entry == right.entry
  }

  /// The log's entry.
  var entry: [UInt8] {
    var json = JSONText()
    json.object { json in
      json.member("kind", "trained-checkpoint")
      json.member("run", training)
      json.member("step", step)
      json.member("checkpoint", checkpoint.digest.hex)
      json.member("parent", parent?.digest.hex)
      json.member("loss", loss.bitPattern)
      json.member("validation", validation?.bitPattern)
    }
    return json.bytes
  }

  /// The SHA-256 of the log's entry.
  public var digest: Digest256 { Digest256(hashing: entry) }
}
