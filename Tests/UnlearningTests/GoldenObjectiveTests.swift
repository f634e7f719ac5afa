import Foundation
import Language
import Tensors
import TestSupport
import Testing
import Unlearning

@Suite("Objectives beside PyTorch", .enabled(if: Repository.shared != nil, "needs ../shared"))
struct GoldenObjectiveTests {
  private let workers = Workers(count: 2)

  /// Those that the reference has; the loss of the others is that of `retain_nll`.
  private static let names = Objectives.all.map { $0.name }.filter {
    ![Refusal.name, TaskVector.name].contains($0)
  }

  private func model() throws -> LanguageModel {
    try LanguageModel.load(folder: Repository.shared("golden/models/llama").path)
  }

  private func golden() throws -> [UInt8] {
    Array(try Data(contentsOf: Repository.shared("golden/objectives.safetensors")))
  }

  /// The reference with other bytes, in a file of its own.
  private func verify(_ bytes: [UInt8]) throws -> ObjectiveVerification {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("cordon-objectives-\(UUID().uuidString).safetensors")
    try Data(bytes).write(to: path)
    defer { try? FileManager.default.removeItem(at: path) }
    return try ObjectiveVerification(model(), against: path.path, on: workers)
  }

  @Test("every loss and gradient agrees") func agreement() throws {
    let path = Repository.shared("golden/objectives.safetensors").path
    let verification = try ObjectiveVerification(model(), against: path, on: workers)
    // A loss, a norm and three gradients each.
    #expect(verification.findings.count == 5 * GoldenObjectiveTests.names.count)
    for finding in verification.findings {
      #expect(finding.isMet, "\(finding.name): \(finding.error) of \(finding.tolerance)")
    }
    #expect(verification.isMet)
  }

  @Test("a changed number is over its tolerance", arguments: GoldenObjectiveTests.names)
  func changed(name: String) throws {
    var bytes = try golden()
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try JSONSerialization.jsonObject(with: Data(bytes[8..<(8 + length)]))
    let entry = (header as? [String: Any])?["\(name).loss"] as? [String: Any]
    let offsets = try #require(entry?["data_offsets"] as? [Int])
    // A bit of 2^-16 of the number.
    bytes[8 + length + offsets[0]] ^= 0x80
    let verification = try verify(bytes)
    #expect(verification.findings.filter { !$0.isMet }.map(\.name) == ["\(name).loss"])
    #expect(!verification.isMet)
  }

  @Test("a tensor that no objective answers to is refused") func unknown() throws {
    var bytes = try golden()
    let name = Array("\"ceu.loss\"".utf8)
    let place = try #require(
      bytes.indices.first { bytes[$0] == name[0] && bytes[$0...].starts(with: name) })
    bytes[place + 1] = UInt8(ascii: "d")
    #expect(throws: CheckpointError.self) { _ = try verify(bytes) }
  }
}
