import Deduplication

extension SignatureSource {
  /// Files sealed under their places in a list.
  static func numbered(_ paths: [String]) -> [SignatureSource] {
    paths.enumerated().map { SignatureSource(path: $0.element, shard: $0.offset) }
  }
}
