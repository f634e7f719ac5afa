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
      // Its own documents were given to it; of others nobody knows what the base saw.
      for (text, status, said) in [
        ("What is thing 3?\nIt is red.", 0, "this checkpoint was given it to forget."),
        ("Item 5 stays.", 0, "this checkpoint was given it to retain."),
        ("Item 5 is green.", 1, "what the base saw is not known to this ledger."),
      ] as [(String, Int32, String)] {
        let digest = Digest256(hashing: Array(text.utf8)).hex
        let asked = try BuiltCommand.run([
          "audit", "trace", "--checkpoint", output + "/model", "--sha256", digest,
        ])
        #expect(asked.status == status, "\(asked.stderr)")
        let answer = String(decoding: asked.stdout, as: UTF8.self)
        #expect(answer.contains("Document \(digest): ") && answer.contains(said), "\(answer)")
        #expect(!answer.contains("has not seen it"))
        // No curation is in this ledger.
        let document = try BuiltCommand.run([
          "audit", "trace", "--output", output, "--sha256", digest,
        ])
        #expect(document.status == status, "\(document.stderr)")
        #expect(
          String(decoding: document.stdout, as: UTF8.self).contains(
            "Unlearning \(row.id) was given")
            == (status == 0))
      }
      let byID = try BuiltCommand.run(["audit", "trace", "--output", output, "--id", "x"])
      #expect(byID.status == 2 && byID.stderr.contains("--sha256"), "\(byID.stderr)")
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
