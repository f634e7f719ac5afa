import Foundation
import Ledger
import Streams
import Testing

@Suite struct MerkleTreeTests {
  /// The leaves that Certificate Transparency's own tests use.
  static let leaves: [[UInt8]] = [
    [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
    Array(0x50...0x57), Array(0x60...0x6F),
  ]
  /// Their published roots, for 0 to 8 leaves.
  static let roots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ]

  @Test("the eight leaves of Certificate Transparency") func publishedRoots() {
    var tree = MerkleTree()
    #expect(tree.root.hex == Self.roots[0])
    for (index, leaf) in Self.leaves.enumerated() {
      leaf.withUnsafeBytes { tree.append(leaf: $0) }
      #expect(tree.count == index + 1)
      #expect(tree.root.hex == Self.roots[index + 1])
    }
  }

  @Test("published leaf hashes; a long leaf as a short one") func leafHashes() {
    #expect(
      Array("L123456".utf8).withUnsafeBytes { MerkleTree.hash(leaf: $0) }.hex
        == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56")
    for length in [0, 1, 63, 64, 255, 256, 257, 5000] {
      let leaf = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      let hash = leaf.withUnsafeBytes { MerkleTree.hash(leaf: $0) }
      #expect(hash == Digest256(hashing: [0] + leaf))
    }
  }

  @Test("every tree, path and proof up to 130 leaves, against the definition") func bruteForce() {
    let hashes = (0..<130).map { Digest256(hashing: Array("leaf \($0)".utf8)) }
    var tree = MerkleTree()
    var roots = [Self.definition([])]
    for hash in hashes {
      tree.append(leafHash: hash)
      roots.append(tree.root)
    }
    for size in 1...hashes.count {
      let leaves = Array(hashes[..<size])
      #expect(roots[size] == Self.definition(leaves[...]))
      for index in 0..<size {
        let path = MerkleTree.inclusionPath(of: index, in: leaves)
        guard
          MerkleTree.verifyInclusion(
            of: leaves[index], at: UInt64(index), size: UInt64(size), path: path, root: roots[size])
        else {
          Issue.record("leaf \(index) of \(size) is not shown")
          return
        }
        let old = index + 1
        let proof = MerkleTree.consistencyProof(from: old, in: leaves)
        guard
          MerkleTree.verifyConsistency(
            oldSize: UInt64(old), oldRoot: roots[old], newSize: UInt64(size), newRoot: roots[size],
            proof: proof)
        else {
          Issue.record("\(old) of \(size) is not shown")
          return
        }
      }
    }
  }

  @Test("whatever is changed in a proof, it fails") func changes() {
    let hashes = (0..<13).map { Digest256(hashing: Array("leaf \($0)".utf8)) }
    let other = Digest256(hashing: [9])
    for size in 1...hashes.count {
      let leaves = Array(hashes[..<size])
      let root = Self.definition(leaves[...])
      for index in 0..<size {
        let path = MerkleTree.inclusionPath(of: index, in: leaves)
        func fails(
          _ leaf: Digest256, _ index: Int, _ size: Int, _ path: [Digest256], _ root: Digest256
        ) -> Bool {
          !MerkleTree.verifyInclusion(
            of: leaf, at: UInt64(index), size: UInt64(size), path: path, root: root)
        }
        #expect(fails(other, index, size, path, root))
        #expect(fails(leaves[index], index, size, path, other))
        #expect(fails(leaves[index], index, size, path + [other], root))
        #expect(fails(leaves[index], index, size, [other] + path, root))
        #expect(fails(leaves[index], size, size, path, root))
        for position in path.indices {
          var changed = path
          changed[position] = other
          #expect(fails(leaves[index], index, size, changed, root))
          changed.remove(at: position)
          #expect(fails(leaves[index], index, size, changed, root))
        }
        for wrong in 0..<size where wrong != index {
          #expect(fails(leaves[index], wrong, size, path, root))
        }
      }
    }
  }

  @Test("whatever is changed in a consistency proof, it fails") func consistencyChanges() {
    let hashes = (0..<13).map { Digest256(hashing: Array("leaf \($0)".utf8)) }
    let other = Digest256(hashing: [9])
    func holds(
      _ old: Int, _ oldRoot: Digest256, _ size: Int, _ root: Digest256, _ proof: [Digest256]
    ) -> Bool {
      MerkleTree.verifyConsistency(
        oldSize: UInt64(old), oldRoot: oldRoot, newSize: UInt64(size), newRoot: root, proof: proof)
    }
    for size in 1...hashes.count {
      let leaves = Array(hashes[..<size])
      let root = Self.definition(leaves[...])
      #expect(!holds(0, Digest256(hashing: []), size, root, []))
      #expect(!holds(size + 1, root, size, root, []))
      for old in 1...size {
        let oldRoot = Self.definition(leaves[..<old])
        let proof = MerkleTree.consistencyProof(from: old, in: leaves)
        #expect(holds(old, oldRoot, size, root, proof))
        #expect(!holds(old, other, size, root, proof))
        #expect(!holds(old, oldRoot, size, other, proof))
        // A tree of more levels needs a longer proof.
        #expect(!holds(old, oldRoot, size + 16, root, proof))
        #expect(!holds(old, oldRoot, size, root, proof + [other]))
        #expect(!holds(old, oldRoot, size, root, [other] + proof))
        for position in proof.indices {
          var changed = proof
          changed[position] = other
          #expect(!holds(old, oldRoot, size, root, changed))
          changed.remove(at: position)
          #expect(!holds(old, oldRoot, size, root, changed))
        }
      }
    }
  }

  /// Trees that are nearly right. The published roots must tell them apart, or the tests above
  /// prove little.
  @Test("mutants are caught", arguments: ["no leaf prefix", "no node prefix", "doubled last"])
  func mutants(_ mutant: String) {
    func root(_ leaves: ArraySlice<[UInt8]>) -> Digest256 {
      let leafPrefix: [UInt8] = mutant == "no leaf prefix" ? [] : [0]
      let nodePrefix: [UInt8] = mutant == "no node prefix" ? [] : [1]
      var level = leaves.map { Digest256(hashing: leafPrefix + $0) }
      while level.count > 1 {
        var next: [Digest256] = []
        for left in stride(from: 0, to: level.count, by: 2) {
          if left + 1 < level.count {
            next.append(Digest256(hashing: nodePrefix + level[left].bytes + level[left + 1].bytes))
          } else if mutant == "doubled last" {
            next.append(Digest256(hashing: nodePrefix + level[left].bytes + level[left].bytes))
          } else {
            next.append(level[left])
          }
        }
        level = next
      }
      return level.first ?? Digest256(hashing: [])
    }
    let agreeing = (2...8).filter { root(Self.leaves[..<$0]).hex == Self.roots[$0] }
    #expect(agreeing.count < 7)
  }

  /// RFC 6962 section 2.1, word for word, over leaf hashes.
  static func definition(_ leaves: ArraySlice<Digest256>) -> Digest256 {
    guard let first = leaves.first else { return Digest256(hashing: []) }
    if leaves.count == 1 { return first }
    var middle = 1
    while middle * 2 < leaves.count { middle *= 2 }
    let left = definition(leaves.prefix(middle))
    let right = definition(leaves.dropFirst(middle))
    return Digest256(hashing: [1] + left.bytes + right.bytes)
  }
}
