internal import Foundation
public import Ledger
public import Streams

/// Where a run stood when a checkpoint was written: all that it needs to go on, beside weights and
/// moments. Nothing in it depends on times, threads or the machine.
public struct CheckpointState: Sendable, Equatable {
  /// The run's id.
  public var run: String
  /// The steps that are done.
  public var step: Int
  /// The SHA-256 of the plan's exact bytes.
  public var plan: Digest256
  /// The SHA-256 of the packed tokens.
  public var data: Digest256
  /// The log of the steps so far, which a run that resumes is held against.
  public var log: TrainingLog.Extent
  /// The mean loss of the step, in nats per scored token.
  public var loss: Double
  /// The validation loss after the step, in nats per scored token; nil where it was not measured.
  public var validation: Double?
  /// The program.
  public var code: CodeVersion

  /// A state of these parts.
  ///
  /// - Precondition: a step is done, the losses are finite.
  public init(
    run: String, step: Int, plan: Digest256, data: Digest256, log: TrainingLog.Extent, loss: Double,
    validation: Double?, code: CodeVersion
  ) {
    precondition(step > 0 && loss.isFinite && validation?.isFinite ?? true, "a finished step")
    self.run = run
    self.step = step
    self.plan = plan
    self.data = data
    self.log = log
    self.loss = loss
    self.validation = validation
    self.code = code
  }
}

/// The best checkpoint of a run so far.
public struct BestCheckpoint: Sendable, Equatable {
  /// Its step.
  public var step: Int
  /// Its validation loss, in nats per scored token.
  public var loss: Double
}

/// `training/state.json`: the state, the best checkpoint so far, every file by its hash, and last
/// the SHA-256 of all that, so that no byte of it changes unseen.
struct StateFile: Equatable {
  static let name = "training/state.json"
  static let momentsName = "training/state.safetensors"

  var state: CheckpointState
  var best: BestCheckpoint?
  /// The model files of the run's checkpoint before this one, which may be gone by now; none for
  /// the first.
  var parent: [NamedArtefact]
  /// Every other file of the checkpoint, in byte order of the names.
  var files: [NamedArtefact]

  /// The file's bytes.
  var bytes: [UInt8] { text(seal: Digest256(hashing: text(seal: nil))) }

  private func text(seal: Digest256?) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.member("format", 1)
      json.member("run", state.run)
      json.member("step", state.step)
      json.member("plan", state.plan.hex)
      json.member("data", state.data.hex)
      json.object("log") { json in
        json.member("bytes", state.log.bytes)
        json.member("sha256", state.log.sha256.hex)
      }
      json.member("loss", state.loss)
      json.member("validation", state.validation)
      json.name("best")
      if let best {
        json.object { json in
          json.member("step", best.step)
          json.member("loss", best.loss)
        }
      } else {
        json.null()
      }
      json.object("code") { json in
        json.member("version", state.code.version)
        json.member("binary", state.code.binary.hex)
        json.member("swift", state.code.swift)
        json.member("libraries", state.code.libraries)
      }
      for (name, files) in [("parent", parent), ("files", files)] {
        json.array(name) { json in
          for file in files {
            json.object { json in
              json.member("name", file.name)
              json.member("sha256", file.artefact.sha256.hex)
              json.member("bytes", file.artefact.bytes)
            }
          }
        }
      }
      if let seal { json.member("sha256", seal.hex) }
    }
    return json.bytes
  }

  private struct Stored: Decodable {
    struct File: Decodable {
      var name: String
      var sha256: String
      var bytes: Int64

      var artefact: NamedArtefact? {
        Digest256(hex: sha256).map {
          NamedArtefact(name: name, artefact: Artefact(sha256: $0, bytes: bytes))
        }
      }
    }
    struct Log: Decodable {
      var bytes: Int64
      var sha256: String
    }
    struct Best: Decodable {
      var step: Int
      var loss: Double
    }
    struct Code: Decodable {
      var version: String
      var binary: String
      var swift: String
      var libraries: String
    }
    var run: String
    var step: Int
    var plan: String
    var data: String
    var log: Log
    var loss: Double
    var validation: Double?
    var best: Best?
    var code: Code
    var parent: [File]
    var files: [File]
  }

  init(
    state: CheckpointState, best: BestCheckpoint?, parent: [NamedArtefact], files: [NamedArtefact]
  ) {
    self.state = state
    self.best = best
    self.parent = parent
    self.files = files
  }

  /// Reads the bytes of such a file; nil where they are not exactly what was written.
  init?(_ bytes: [UInt8]) {
    guard let stored = try? JSONDecoder().decode(Stored.self, from: Data(bytes)),
      let plan = Digest256(hex: stored.plan), let data = Digest256(hex: stored.data),
      let log = Digest256(hex: stored.log.sha256), stored.log.bytes >= 0, stored.step > 0,
      stored.loss.isFinite, stored.validation?.isFinite ?? true,
      let binary = Digest256(hex: stored.code.binary)
    else { return nil }
    state = CheckpointState(
      run: stored.run, step: stored.step, plan: plan, data: data,
      log: TrainingLog.Extent(bytes: stored.log.bytes, sha256: log), loss: stored.loss,
      validation: stored.validation,
      code: CodeVersion(
        version: stored.code.version, binary: binary, swift: stored.code.swift,
        libraries: stored.code.libraries))
    best = stored.best.map { BestCheckpoint(step: $0.step, loss: $0.loss) }
    parent = stored.parent.compactMap(\.artefact)
    files = stored.files.compactMap(\.artefact)
    // What is read says the same when it is written: also the seal.
    guard self.bytes == bytes else { return nil }
  }
}
