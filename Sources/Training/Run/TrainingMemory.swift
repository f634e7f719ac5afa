internal import Foundation
public import Language

/// The memory that a run needs, in bytes: what `--dry-run` prints and a plan's `memory` limits.
public struct TrainingMemory: Sendable, Equatable {
  /// The weights, with those of an adapter.
  public let weights: Int
  /// Gradients of the slices that are held at one time, and their sum.
  public let gradients: Int
  /// The two moments of each parameter that is trained.
  public let moments: Int
  /// What a slice's forward and backward pass hold.
  public let activations: Int
  /// A chunk of logits, and what workers keep for themselves.
  public let scratch: Int
  /// The program, its libraries and small things.
  public let program: Int

  /// What the machine has: a run that needs more would end in the middle, and not with a word of
  /// ours.
  public static var ofMachine: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }

  /// All of it.
  public var total: Int { weights + gradients + moments + activations + scratch + program }

  /// What a run needs.
  ///
  /// - Parameters:
  ///   - trained: parameters that are trained.
  ///   - adapter: parameters of the adapter; 0 without one.
  ///   - sequences: sequences of a slice.
  ///   - length: T, rows of a sequence.
  ///   - slices: slices of a step; those of this process where several share them.
  ///   - isShared: whether processes share the slices: then each slice's gradient is held.
  public init(
    _ shape: DecoderShape, trained: Int, adapter: Int = 0, sequences: Int, length: Int,
    slices: Int, isShared: Bool = false, recompute: Bool, threads: Int
  ) {
    let float = MemoryLayout<Float>.stride
    let rows = sequences * length
    weights = (ParameterLayout(shape).count + adapter) * float
    let held = isShared ? slices + 1 : slices > 1 ? 2 : 1
    gradients = held * trained * float
    moments = 2 * trained * float
    activations =
      TrainingPass.floats(shape, rows: rows, recomputing: recompute) * float
    scratch =
      TrainingPass.scratchFloats(shape, rows: rows, length: length, workers: threads) * float
    program = 48 << 20
  }
}
