public import Streams

/// A file that has a name where it is used.
public struct NamedArtefact: Equatable, Sendable {
  /// The name: of a checkpoint's file its name in the folder, of a task's input its path as the
  /// suite gives it.
  public var name: String
  /// What it holds.
  public var artefact: Artefact

  /// A file.
  public init(name: String, artefact: Artefact) {
    self.name = name
    self.artefact = artefact
  }
}

/// A checkpoint by what its files hold.
public struct CheckpointRow: Equatable, Sendable {
  /// Its files in byte order of their names, each name once.
  public var files: [NamedArtefact]

  /// A checkpoint of these files.
  ///
  /// - Precondition: there is one at least; the names ascend in byte order.
  public init(files: [NamedArtefact]) {
    precondition(!files.isEmpty, "a checkpoint has files")
    precondition(
      zip(files, files.dropFirst()).allSatisfy {
        $0.name.utf8.lexicographicallyPrecedes($1.name.utf8)
      }, "the files of a checkpoint are in byte order, each once")
    self.files = files
  }

  /// The SHA-256 of the list of its files, as JSON: the checkpoint's name in the ledger.
  public var digest: Digest256 { NamedArtefact.digest(of: files) }

  /// The SHA-256 of its one file of weights, a model's or an adapter's; nil for weights in shards.
  public var weights: Digest256? {
    let names = ["model.safetensors", "adapter_model.safetensors"]
    return files.first { names.contains($0.name) }?.artefact.sha256
  }
}

/// A suite by the exact bytes of its file.
public struct SuiteRow: Equatable, Sendable {
  /// Its name.
  public var name: String
  /// Its version.
  public var version: String
  /// The exact bytes of the file.
  public var body: [UInt8]

  /// A suite with these bytes.
  public init(name: String, version: String, body: [UInt8]) {
    self.name = name
    self.version = version
    self.body = body
  }

  /// The SHA-256 of ``body``.
  public var sha256: Digest256 { Digest256(hashing: body) }
}

/// One number that an evaluation gives.
public struct MetricRow: Equatable, Sendable {
  /// The task of the suite.
  public var task: String
  /// The metric.
  public var metric: String
  /// Its value.
  public var value: Double
  /// How many items or tokens it is over.
  public var count: Int64
  /// Where the truth lies; nil where no interval is known, as in ledgers of earlier versions.
  public var interval: MetricInterval?

  /// A number.
  ///
  /// - Precondition: the value is finite.
  public init(
    task: String, metric: String, value: Double, count: Int64, interval: MetricInterval? = nil
  ) {
    precondition(value.isFinite, "a metric is a number")
    self.task = task
    self.metric = metric
    self.value = value
    self.count = count
    self.interval = interval
  }
}

/// Where the truth of a number lies, with a stated confidence.
public struct MetricInterval: Equatable, Sendable {
  /// The lower end.
  public let lower: Double
  /// The upper end.
  public let upper: Double
  /// The share of such intervals that hold the truth.
  public let confidence: Double
  /// How it was made.
  public let method: String

  /// An interval.
  ///
  /// - Precondition: lower ≤ upper, both finite, 0 < confidence < 1.
  public init(lower: Double, upper: Double, confidence: Double, method: String) {
    precondition(lower <= upper && lower.isFinite && upper.isFinite, "an interval")
    precondition(confidence > 0 && confidence < 1 && !method.isEmpty, "a confidence, and a method")
    // SQLite keeps no negative zero.
    (self.lower, self.upper) = (lower + 0, upper + 0)
    (self.confidence, self.method) = (confidence, method)
  }
}

/// What a checkpoint scored on a suite.
public struct EvaluationRow: Equatable, Sendable {
  /// The checkpoint.
  public var checkpoint: CheckpointRow
  /// The suite.
  public var suite: SuiteRow
  /// The files that its tasks read, in the suite's order.
  public var inputs: [NamedArtefact]
  /// What else decides the numbers, as canonical JSON.
  public var settings: String
  /// The SHA-256 of the results of all items, as JSON.
  public var items: Digest256
  /// The numbers, in the suite's order.
  public var metrics: [MetricRow]
  /// The program.
  public var code: CodeVersion

  /// An evaluation with these parts.
  public init(
    checkpoint: CheckpointRow, suite: SuiteRow, inputs: [NamedArtefact], settings: String,
    items: Digest256, metrics: [MetricRow], code: CodeVersion
  ) {
    self.checkpoint = checkpoint
    self.suite = suite
    self.inputs = inputs
    self.settings = settings
    self.items = items
    self.metrics = metrics
    self.code = code
  }

  /// The log's entry: all of it, by hashes.
  var entry: [UInt8] {
    var numbers = JSONText()
    numbers.array { numbers in
      for metric in metrics {
        numbers.object { json in
          json.member("task", metric.task)
          json.member("metric", metric.metric)
          json.member("value", metric.value)
          json.member("count", metric.count)
          // What earlier versions recorded has none, and keeps its hash.
          guard let interval = metric.interval else { return }
          json.object("interval") { json in
            json.member("lower", interval.lower)
            json.member("upper", interval.upper)
            json.member("confidence", interval.confidence)
            json.member("method", interval.method)
          }
        }
      }
    }
    var json = JSONText()
    json.object { json in
      json.member("kind", "evaluation")
      json.member("checkpoint", checkpoint.digest.hex)
      json.object("suite") { json in
        json.member("name", suite.name)
        json.member("version", suite.version)
        json.member("sha256", suite.sha256.hex)
      }
      json.member("inputs", NamedArtefact.digest(of: inputs).hex)
      json.member("settings", Digest256(hashing: Array(settings.utf8)).hex)
      json.member("items", items.hex)
      json.member("metrics", Digest256(hashing: numbers.bytes).hex)
      code.write(to: &json)
    }
    return json.bytes
  }

  /// The SHA-256 of the log's entry: the evaluation's name in the ledger.
  public var digest: Digest256 { Digest256(hashing: entry) }
}

extension NamedArtefact {
  /// The SHA-256 of a list of files, as a JSON array.
  static func digest(of files: [NamedArtefact]) -> Digest256 {
    var json = JSONText()
    json.array { json in
      for file in files {
        json.object { json in
          json.member("name", file.name)
          json.member("sha256", file.artefact.sha256.hex)
          json.member("bytes", file.artefact.bytes)
        }
      }
    }
    return Digest256(hashing: json.bytes)
  }
}
