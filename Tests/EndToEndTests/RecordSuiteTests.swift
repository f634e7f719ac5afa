import Foundation
import TestSupport
import Testing

/// Published suites of difficult records, each as one-line records of a shard.
@Suite(.enabled(if: Repository.shared != nil, "needs ../shared")) struct RecordSuiteTests {
  private struct Curated {
    var summary: Summary
    var part: [Data]
    var reasons: [Int: String]
  }

  /// Curates lines and gives the kept ones and the reason of each quarantined row.
  private func curate(_ lines: [Data]) throws -> Curated {
    try withScratchFolder { folder in
      let plan = try writePlan(passPlan, in: folder)
      let shard = folder.appendingPathComponent("suite.jsonl")
      try Data(lines.map { $0 + [0x0A] }.joined()).write(to: shard)
      let output = folder.appendingPathComponent("out")
      let summary = try BuiltCommand.curate(plan, [shard.path], to: output.path, expecting: 0)
      let part = try Data(contentsOf: output.appendingPathComponent("corpus/suite.jsonl"))
      let entries = output.appendingPathComponent("quarantine/suite.jsonl.jsonl")
      var reasons: [Int: String] = [:]
      for line in (try? Data(contentsOf: entries))?.split(separator: 0x0A) ?? [] {
        let entry = try JSONSerialization.jsonObject(with: line) as? [String: Any] ?? [:]
        let row = try #require(entry["row"] as? Int)
        reasons[row] = entry["reason"] as? String
        let raw = try #require((entry["raw"] as? String).flatMap { Data(base64Encoded: $0) })
        #expect(raw == lines[row])
        #expect(entry["offset"] as? Int == lines[..<row].reduce(0) { $0 + $1.count + 1 })
      }
      return Curated(
        summary: summary, part: part.split(separator: 0x0A).map { Data($0) }, reasons: reasons)
    }
  }

  private func jsonTestSuite(_ prefix: String) throws -> [(name: String, bytes: Data)] {
    let folder = Repository.shared("data/json_test_suite/test_parsing")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasPrefix(prefix) }
      .map { ($0, try Data(contentsOf: folder.appendingPathComponent($0))) }
      // One-line records: a value that spans lines is not one.
      .map { ($0.0, $0.1.last == 0x0A ? $0.1.dropLast() : $0.1) }
      .filter { !$0.1.contains(0x0A) && !$0.1.isEmpty }
      .map { ($0.0, Data($0.1)) }
  }

  @Test("JSONTestSuite: every n_ is quarantined, as it is and inside a record with a text")
  func refused() throws {
    let cases = try jsonTestSuite("n_")
    #expect(cases.count == 123)
    let bare = try curate(cases.map(\.bytes))
    #expect(bare.summary.read == cases.count)
    #expect(bare.summary.quarantined == cases.count)
    let wrapped = cases.map { Data(#"{"text":"t","value":"#.utf8) + $0.bytes + Data("}".utf8) }
    let inside = try curate(wrapped)
    let kept = cases.indices.filter { inside.reasons[$0] == nil }.map { cases[$0].name }
    #expect(kept.isEmpty)
    #expect(inside.summary.quarantined == cases.count)
  }

  @Test("JSONTestSuite: every y_ beside a text is kept, byte for byte, in order")
  func accepted() throws {
    let cases = try jsonTestSuite("y_")
    #expect(cases.count == 60)
    let wrapped = cases.map { Data(#"{"text":"t","value":"#.utf8) + $0.bytes + Data("}".utf8) }
    let curated = try curate(wrapped)
    let refused = curated.reasons.keys.sorted().map { cases[$0].name }
    #expect(refused.isEmpty)
    #expect(curated.part == wrapped)
    // As they are, they are valid but hold no text: quarantined with that reason, not lost.
    let bare = try curate(cases.map(\.bytes))
    #expect(Set(bare.reasons.values) == ["missing-text"])
    #expect(bare.summary.quarantined == cases.count)
  }

  @Test("every naughty string is kept as it is")
  func naughtyStrings() throws {
    let text = try Data(contentsOf: Repository.shared("data/blns/blns.txt"))
    let lines = text.split(separator: 0x0A).map { Data($0) }
    let records = try lines.map { line in
      try JSONSerialization.data(withJSONObject: ["text": String(decoding: line, as: UTF8.self)])
    }
    let curated = try curate(records)
    #expect(curated.summary.read == lines.count)
    #expect(curated.summary.kept == lines.count)
    #expect(curated.part == records)
  }

  @Test("utf8tests: valid sequences are kept, invalid ones quarantined as such")
  func unicodeSequences() throws {
    let bytes = try Data(contentsOf: Repository.shared("data/utf8tests/utf8tests.bin"))
    var records: [Data] = []
    var isValid: [Bool] = []
    for line in bytes.split(separator: 0x0A) {
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2)
      guard parts.count == 3, let kind = String(data: Data(parts[1]), encoding: .utf8),
        kind.hasPrefix("valid") || kind.hasPrefix("invalid")
      else { continue }
      var record = Data(#"{"text":""#.utf8)
      for byte in parts[2] {
        // A control character or a quote must be escaped in JSON; the rest stands as it is.
        if byte < 0x20 || byte == 0x22 || byte == 0x5C {
          record += Data(String(format: "\\u%04x", Int(byte)).utf8)
        } else {
          record.append(byte)
        }
      }
      records.append(record + Data(#""}"#.utf8))
      isValid.append(kind.hasPrefix("valid"))
    }
    #expect(records.count > 60)
    #expect(isValid.contains(true) && isValid.contains(false))
    let curated = try curate(records)
    for (row, valid) in isValid.enumerated() {
      #expect(curated.reasons[row] == (valid ? nil : "invalid-utf8"), "record \(row)")
    }
    #expect(curated.part == zip(records, isValid).filter(\.1).map(\.0))
  }
}
