import Streams
import Testing

@Suite struct Digest256Tests {
  @Test("FIPS 180-4 vectors") func vectors() {
    #expect(
      Digest256(hashing: []).hex
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      Digest256(hashing: Array("abc".utf8)).hex
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }

  @Test("in pieces as at once; hex and bytes lead back") func pieces() {
    let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    var stream = DigestStream()
    bytes.withUnsafeBytes { all in
      stream.update(UnsafeRawBufferPointer(rebasing: all[..<77]))
      stream.update(UnsafeRawBufferPointer(rebasing: all[77...]))
    }
    let digest = Digest256(hashing: bytes)
    #expect(stream.digest() == digest)
    #expect(Digest256(hex: digest.hex) == digest)
    #expect(digest.bytes.withUnsafeBytes { Digest256(bytes: $0) } == digest)
    #expect(Digest256(hex: "abc") == nil)
    #expect(Digest256(hex: String(repeating: "g", count: 64)) == nil)
  }
}
