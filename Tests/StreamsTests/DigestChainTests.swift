import Streams
import TestSupport
import Testing

/// Everything against swift-crypto's SHA-256.
@Suite struct DigestChainTests {
  /// The library's digest.
  private func reference(_ content: [UInt8]) -> Digest256 {
    var stream = DigestStream()
    content.withUnsafeBytes { stream.update($0) }
    return stream.digest()
  }

  private func bytes(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  @Test("one chain, every length around the block and padding bounds") func lengths() {
    var random = SeededGenerator(seed: 1)
    for length in Array(0...200) + [4095, 4096, 4097] {
      let content = bytes(length, &random)
      let chain = DigestChain()
      content.withUnsafeBytes { chain.update($0) }
      #expect(chain.digest() == reference(content), "length \(length)")
      #expect(chain.digest() == reference(content), "asking changes nothing")
    }
  }

  @Test("short messages, on the stack, as the library's stream gives them") func short() {
    var random = SeededGenerator(seed: 4)
    for length in 0...300 {
      let content = bytes(length, &random)
      #expect(Digest256(hashing: content) == reference(content), "length \(length)")
    }
  }

  @Test("two chains together, in random pieces, as each alone") func together() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<200 {
      let first = DigestChain()
      let second = DigestChain()
      var contents: ([UInt8], [UInt8]) = ([], [])
      for _ in 0..<Int.random(in: 1...5, using: &random) {
        let pieces = (0..<2).map { _ in
          (0..<Int.random(in: 0...4, using: &random)).map { _ in
            bytes(Int.random(in: 0...300, using: &random), &random)
          }
        }
        contents.0 += pieces[0].flatMap { $0 }
        contents.1 += pieces[1].flatMap { $0 }
        let blocks = pieces.map {
          $0.map { piece -> ByteBlock in
            let block = ByteBlock(capacity: 8)
            piece.withUnsafeBytes { block.append($0) }
            return block
          }
        }
        DigestChain.update(first, blocks[0].map(\.bytes), second, blocks[1].map(\.bytes))
      }
      #expect(first.digest() == reference(contents.0))
      #expect(second.digest() == reference(contents.1))
    }
  }

  @Test("ranges of a block, two at a time, as each alone") func ranges() {
    var random = SeededGenerator(seed: 3)
    for count in [0, 1, 2, 3, 50, 301] {
      let block = ByteBlock(capacity: 16)
      var ranges: [Range<Int>] = []
      for _ in 0..<count {
        let content = bytes(Int.random(in: 0...400, using: &random), &random)
        ranges.append(block.count..<block.count + content.count)
        content.withUnsafeBytes { block.append($0) }
      }
      var seen = Array(repeating: 0, count: count)
      Digest256.forEach(of: ranges, in: block) { index, digest in
        seen[index] += 1
        #expect(digest == reference(Array(block.bytes(ranges[index]))))
      }
      #expect(seen.allSatisfy { $0 == 1 })
    }
  }
}
