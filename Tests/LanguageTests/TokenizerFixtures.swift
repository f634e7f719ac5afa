import Foundation
import Streams
import TestSupport

@testable import Language

/// The vectors that `Scripts/make-tokenizer-vectors` writes, and the corpora in ../shared.
enum TokenizerFixtures {
  static let kinds = ["gpt2", "llama3", "qwen2", "llama2", "metaspace"]

  struct Vector: Decodable {
    var text: String
    var ids: [Int32]
    var decoded: String?
  }

  struct CorpusDigest: Decodable {
    var kind: String
    var corpus: String
    var records: Int
    var tokens: Int
    var sha256: String
  }

  static func path(_ name: String) -> URL {
    Repository.root.appendingPathComponent("Tests/LanguageTests/Fixtures/\(name)")
  }

  static func json(_ kind: String) throws -> String {
    try String(contentsOf: path("\(kind).json"), encoding: .utf8)
  }

  static func tokenizer(_ kind: String) throws -> Tokenizer {
    try Tokenizer(path: path("\(kind).json").path)
  }

  static func lines<Line: Decodable>(_ name: String, as type: Line.Type) throws -> [Line] {
    let text = try Data(contentsOf: path(name))
    return try text.split(separator: 10).map { try JSONDecoder().decode(type, from: $0) }
  }

  static func vectors(_ kind: String) throws -> [Vector] {
    try lines("\(kind).jsonl", as: Vector.self)
  }

  /// The texts whose tokens are not those of the vectors.
  static func mismatches(_ tokenizer: Tokenizer, _ vectors: [Vector]) -> [String] {
    vectors.filter { tokenizer.encode($0.text) != $0.ids }.map(\.text)
  }

  /// The texts of a corpus below `../shared/data`.
  static func corpus(_ name: String) throws -> [[UInt8]] {
    let data = Repository.shared("data")
    if name == "blns" {
      let bytes = try FileSource.contents(of: data.appendingPathComponent("blns/blns.json").path)
      return try JSONDocument(bytes, path: name).root.elements().map { try $0.utf8() }
    }
    let source = try DecodedSource(
      FileSource(path: data.appendingPathComponent(name).path), hashing: false)
    let block = ByteBlock(capacity: 1 << 20)
    while try source.read(into: block) {}
    return try Array(block.bytes).split(separator: 10).map { line in
      try JSONDocument(Array(line), path: name).root.required("text").utf8()
    }
  }
}
