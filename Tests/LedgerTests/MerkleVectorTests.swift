import Foundation
import Ledger
import Streams
import TestSupport
import Testing

/// The 196 vectors of transparency-dev/merkle (Apache-2.0): proofs right and wrong.
@Suite(.enabled(if: Repository.shared != nil, "needs ../shared"))
struct MerkleVectorTests {
  struct Inclusion: Decodable {
    let leafIdx: UInt64
    let treeSize: UInt64
    let root: String
    let leafHash: String
    let proof: [String]?
    let wantErr: Bool
    let name: String
  }

  struct Consistency: Decodable {
    let size1: UInt64
    let size2: UInt64
    let root1: String
    let root2: String
    let proof: [String]?
    let wantErr: Bool
    let name: String
  }

  @Test func inclusion() throws {
    let vectors: [Inclusion] = try Self.vectors("inclusion")
    #expect(vectors.count == 98)
    #expect(vectors.contains { $0.wantErr } && vectors.contains { !$0.wantErr })
    for vector in vectors {
      #expect(Self.accepts(vector) == !vector.wantErr, "\(vector.name)")
    }
  }

  @Test func consistency() throws {
    let vectors: [Consistency] = try Self.vectors("consistency")
    #expect(vectors.count == 98)
    #expect(vectors.contains { $0.wantErr } && vectors.contains { !$0.wantErr })
    for vector in vectors {
      #expect(Self.accepts(vector) == !vector.wantErr, "\(vector.name)")
    }
  }

  static func accepts(_ vector: Inclusion) -> Bool {
    guard let leaf = digest(vector.leafHash), let path = digests(vector.proof) else { return false }
    return MerkleTree.verifyInclusion(
      of: leaf, at: vector.leafIdx, size: vector.treeSize, path: path, root: root(vector.root))
  }

  static func accepts(_ vector: Consistency) -> Bool {
    guard let proof = digests(vector.proof) else { return false }
    return MerkleTree.verifyConsistency(
      oldSize: vector.size1, oldRoot: root(vector.root1), newSize: vector.size2,
      newRoot: root(vector.root2),
      proof: proof)
  }

  /// Some roots are words ("dont care 1"), there to be equal or not: any digest made of them does.
  static func root(_ base64: String) -> Digest256 {
    digest(base64) ?? Digest256(hashing: Array(base64.utf8))
  }

  /// What is not 32 bytes is no hash: our types refuse it before any verifier sees it.
  static func digests(_ texts: [String]?) -> [Digest256]? {
    let digests = (texts ?? []).compactMap(digest)
    return digests.count == texts?.count ?? 0 ? digests : nil
  }

  static func digest(_ base64: String) -> Digest256? {
    guard let data = Data(base64Encoded: base64), data.count == 32 else { return nil }
    return data.withUnsafeBytes { Digest256(bytes: $0) }
  }

  static func vectors<Vector: Decodable>(_ name: String) throws -> [Vector] {
    let text = try String(
      contentsOf: Repository.shared("golden/merkle/\(name).jsonl"), encoding: .utf8)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(Vector.self, from: Data($0.utf8))
    }
  }
}
