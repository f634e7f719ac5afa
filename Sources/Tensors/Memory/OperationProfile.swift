internal import Dispatch

/// How long the workers were at each operation.
public struct OperationProfile: Sendable {
  /// Seconds of the calling thread by operation, which has the name of its file.
  public private(set) var seconds: [String: Double] = [:]

  /// A profile of nothing yet.
  public init() {}

  /// Adds the time since an operation began.
  mutating func add(_ start: DispatchTime, _ file: StaticString) {
    let nanoseconds = DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds
    seconds[OperationProfile.name(of: file), default: 0] += Double(nanoseconds) / 1e9
  }

  /// `CausalAttention` of `Tensors/CausalAttention+Backward.swift`.
  static func name(of file: StaticString) -> String {
    let name = "\(file)".split(separator: "/").last ?? ""
    return String(name.prefix { $0 != "." && $0 != "+" })
  }
}
