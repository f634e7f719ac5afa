import Ledger
import Streams
import Testing

@Suite struct DecisionRecordTests {
  static let example = DecisionRecord(
    verdict: .quarantined, flags: [.hasID, .unreadable], reason: 0x0102,
    row: 0x1112_1314_1516_1718, digest: Digest256(hashing: Array("abc".utf8)),
    idHash: 0x2122_2324_2526_2728, textLength: 0x3132_3334, rule: 0x4142_4344)

  static func bytes(_ record: DecisionRecord) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xEE, count: DecisionRecord.byteCount)
    bytes.withUnsafeMutableBytes { record.write(to: $0) }
    return bytes
  }

  @Test("the layout, byte for byte") func layout() {
    let abc: [UInt8] = [
      0xBA, 0x78, 0x16, 0xBF, 0x8F, 0x01, 0xCF, 0xEA, 0x41, 0x41, 0x40, 0xDE, 0x5D, 0xAE, 0x22,
      0x23, 0xB0, 0x03, 0x61, 0xA3, 0x96, 0x17, 0x7A, 0x9C, 0xB4, 0x10, 0xFF, 0x61, 0xF2, 0x00,
      0x15, 0xAD,
    ]
    let expected =
      Array("CDR1".utf8) + [3, 12, 1, 2] + Array(0x11...0x18) + abc + Array(0x21...0x28)
      + Array(0x31...0x34) + Array(0x41...0x44)
    #expect(Self.bytes(Self.example) == expected)
    #expect(expected.count == DecisionRecord.byteCount)
  }

  @Test("random records lead back to themselves") func roundTrip() throws {
    var state: UInt64 = 7
    func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 11 ^ state << 21
    }
    for _ in 0..<2000 {
      let record = DecisionRecord(
        verdict: Verdict.allCases[Int(next() % 4)],
        flags: DecisionRecord.Flags(rawValue: UInt8(next() % 16)),
        reason: UInt16(truncatingIfNeeded: next()), row: next(),
        digest: Digest256(hashing: [UInt8(truncatingIfNeeded: next())]), idHash: next(),
        textLength: UInt32(truncatingIfNeeded: next()), rule: UInt32(truncatingIfNeeded: next()))
      let read = try Self.bytes(record).withUnsafeBytes { try DecisionRecord(reading: $0) }
      #expect(read == record)
    }
  }

  @Test("what is no record is refused", arguments: [0, 3, 4, 5]) func refusal(at offset: Int) {
    var bytes = Self.bytes(Self.example)
    bytes[offset] = 0xF0
    let error = #expect(throws: LedgerError.self) {
      try bytes.withUnsafeBytes { try DecisionRecord(reading: $0) }
    }
    #expect(error?.code == .malformedRecord)
    #expect(error?.consequence == .findings)
  }

  @Test("a cut record is refused") func cut() {
    let bytes = Self.bytes(Self.example).dropLast()
    let error = #expect(throws: LedgerError.self) {
      try Array(bytes).withUnsafeBytes { try DecisionRecord(reading: $0) }
    }
    #expect(error?.description.contains("63 of 64 bytes") == true)
  }

  @Test("the hash of an id is the start of its SHA-256") func idHash() {
    let id = Array("abc".utf8)
    #expect(id.withUnsafeBytes { DecisionRecord.hash(ofID: $0) } == 0xBA78_16BF_8F01_CFEA)
  }
}
