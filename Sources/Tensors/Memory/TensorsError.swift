public import Streams

/// What the world can do to a block of floats; wrong shapes are our mistake and stop the process.
public enum TensorsError: CordonError, Equatable {
  /// The system gave no memory for so many floats.
  case outOfMemory(floats: Int)

  /// Out of a resource.
  public var consequence: Consequence { .resource }

  /// What is missing and what to do.
  public var description: String {
    switch self {
    case .outOfMemory(let floats):
      """
      no memory for a block of \(floats) numbers (\(floats / 262_144) MiB); use a smaller model or \
      batch, or a machine with more memory
      """
    }
  }
}
