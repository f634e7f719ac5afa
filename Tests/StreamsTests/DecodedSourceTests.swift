import Foundation
import Streams
import TestSupport
import Testing

@Suite struct DecodedSourceTests {
  private struct Expected: Decodable {
    struct Case: Decodable {
      var file: String
      var expect: String
      var decoded_sha256: String?
    }
    var cases: [Case]
  }

  private func decode(_ path: String) throws -> (
    digest: Digest256, damage: StreamDamage?, count: Int
  ) {
    let source = try DecodedSource(try FileSource(path: path))
    let block = ByteBlock(capacity: 1 << 16)
    var stream = DigestStream()
    var count = 0
    while try source.read(into: block) {
      stream.update(block.bytes)
      count += block.count
      block.truncate(to: 0)
    }
    return (stream.digest(), source.damage, count)
  }

  @Test(
    "every case of compression_edge decodes, or is damaged, as it says",
    .enabled(if: Repository.shared != nil, "needs ../shared"))
  func compressionEdge() throws {
    let folder = Repository.shared("data/compression_edge")
    let data = try Data(contentsOf: folder.appendingPathComponent("expected_A.json"))
    let expected = try JSONDecoder().decode(Expected.self, from: data)
    #expect(expected.cases.count == 20)
    for expectation in expected.cases {
      let result = try decode(folder.appendingPathComponent(expectation.file).path)
      if expectation.expect == "ok" {
        #expect(result.damage == nil, "\(expectation.file)")
        #expect(result.digest.hex == expectation.decoded_sha256, "\(expectation.file)")
      } else {
        #expect(result.damage != nil, "\(expectation.file)")
      }
    }
  }

  @Test(
    "zstd's golden frames", .enabled(if: Repository.shared != nil, "needs ../shared"),
    arguments: [
      ("block-128k.zst", 131068), ("empty-block.zst", 0), ("rle-first-block.zst", 1_048_576),
    ])
  func zstdGolden(name: String, size: Int) throws {
    let path = Repository.shared("data/zstd_golden/golden-decompression/\(name)").path
    let result = try decode(path)
    #expect(result.damage == nil)
    #expect(result.count == size)
  }

  private func frames(_ compression: Compression, _ contents: [[UInt8]]) throws -> [UInt8] {
    let block = ByteBlock(capacity: 16)
    let encoder = FrameEncoder(compression)
    for content in contents {
      try content.withUnsafeBytes { try encoder.encode($0, into: block) }
    }
    return Array(block.bytes)
  }

  @Test(
    "what the encoders write, the decoders read, in every format", arguments: Compression.allCases)
  func roundTrip(compression: Compression) throws {
    let contents = (0..<4).map { part in
      (0..<(part * 70_001)).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7 &+ part) }
    }
    try withScratchFile(try frames(compression, contents)) { path in
      let result = try decode(path)
      #expect(result.damage == nil)
      #expect(result.digest == Digest256(hashing: contents.flatMap { $0 }))
    }
  }

  @Test("a stream cut anywhere inside is damaged, never whole", arguments: Compression.allCases)
  func everyCut(compression: Compression) throws {
    guard compression != .none else { return }
    let first = try frames(compression, [Array("first frame, first frame".utf8)])
    let whole = try first + frames(compression, [Array("second frame".utf8)])
    // From the fourth byte on the compression is known; a cut between frames leaves a whole stream.
    for length in 4..<whole.count where length != first.count {
      try withScratchFile(Array(whole[..<length])) { path in
        let result = try decode(path)
        #expect(result.damage != nil, "cut at \(length) of \(whole.count)")
      }
    }
  }

  @Test("a flipped bit is damage wherever a checksum covers it")
  func flippedBits() throws {
    for compression in [Compression.gzip, .zstd, .lz4] {
      let content = Array("the quick brown fox jumps over the lazy dog, twice over".utf8)
      let whole = try frames(compression, [content])
      for index in 4..<whole.count {
        var flipped = whole
        flipped[index] ^= 0x10
        try withScratchFile(flipped) { path in
          let result = try decode(path)
          let isSame = result.digest == Digest256(hashing: content)
          // gzip's header holds bytes (time, system) that no checksum covers and nobody decodes.
          #expect(result.damage != nil || isSame, "\(compression) byte \(index)")
        }
      }
    }
  }

  @Test("an empty file, and one that is shorter than a magic number, are plain")
  func tiny() throws {
    for content in [[], [0x28], [0x28, 0xB5], Array("{}".utf8)] as [[UInt8]] {
      try withScratchFile(content) { path in
        let source = try DecodedSource(try FileSource(path: path))
        #expect(source.compression == .none)
      }
    }
  }

  @Test("a compression that is not read is named")
  func foreign() throws {
    try withScratchFile([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00, 1, 2]) { path in
      let error = #expect(throws: StreamsError.self) {
        try DecodedSource(try FileSource(path: path))
      }
      #expect(error?.consequence == .input)
      #expect(error?.description.contains("xz") == true)
    }
  }
}
