import Foundation
import Ledger
import Streams
import TestSupport
import Testing

/// What `cordon unlearn` leaves beside the model, and what audits say of it later.
@Suite struct UnlearningRecordTests {
  static let plan = """
    plan: record
    version: 1
    forget:
      - {name: things, data: forget.jsonl, objective: npo, batch: 6}
    retain:
      - {name: items, data: retain.jsonl, objective: retain_nll, batch: 5}
    sequence: 24
    steps: 4
    parameters: [layers.1]

    """

  @Test("a checkpoint leads to its forget set and base, a document to what forgot it")
  func trace() throws {
    try UnlearningRunTests.prepared { folder in
      _ = try writePlan(Self.plan, in: folder)
      let result = try UnlearningRunTests.unlearn(folder)
      #expect(result.status == 0, "\(result.stderr)")
      let output = folder.path + "/out"
      let row = try #require(try Ledger(reading: output + "/ledger.sqlite").unlearnings().first)
      #expect(row.documents.count == 11 && row.verdict == nil)
      #expect(row.files.map(\.use) == [.forget, .retain])
      let trace = try BuiltCommand.run([
        "audit", "trace", "--output", output, "--checkpoint", output + "/model",
      ])
      #expect(trace.status == 0, "\(trace.stderr)")
      let text = String(decoding: trace.stdout, as: UTF8.self)
      for part in [
        row.id, "\(row.forgetRoot)", "11 documents (things 11)", "forget.jsonl",
        "The plan stated no boundary", "This ledger does not know where its base comes from.",
      ] { #expect(text.contains(part), "\(part)") }
      // The same again, in the ledger too.
      let dump = try Ledger(reading: output + "/ledger.sqlite").dump()
      #expect(try UnlearningRunTests.unlearn(folder).status == 0)
      #expect(try Ledger(reading: output + "/ledger.sqlite").dump() == dump)
    }
  }

  @Test("layers left untouched are warned of") func layers() throws {
    try UnlearningRunTests.prepared { folder in
      _ = try writePlan(Self.plan, in: folder)
      let result = try UnlearningRunTests.unlearn(folder)
      let findings = try #require(try result.json()["findings"] as? [String])
      #expect(findings.contains { $0.hasPrefix("layer 0 of 2 (from 0) was left untouched") })
      let data = try Data(contentsOf: folder.appendingPathComponent("out/layers.json"))
      let audit = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let layers = try #require(audit["layers"] as? [[String: Any]])
      #expect(layers.map { $0["untouched"] as? Bool } == [true, false])
    }
  }
}
