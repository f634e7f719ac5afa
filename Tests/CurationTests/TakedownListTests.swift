@testable import Curation
import Foundation
import Ledger
import Streams
import Testing

@Suite struct TakedownListTests {
  static func list(_ text: String) throws -> TakedownList {
    try TakedownList(Array(text.utf8), path: "ids.txt")
  }

  @Test("one id a line, each once; the order of lines does not count") func lines() throws {
    let list = try Self.list("b\r\n\na:1\nb\n c \na")
    #expect(list.ids == [" c ", "a", "a:1", "b"].map { Array($0.utf8) })
    #expect(list.lines == [5, 6, 3, 1])
    #expect(try Self.list("a\nb\na:1\n c \n").digest == list.digest)
    #expect(try Self.list("a\nb\na:1\nc\n").digest != list.digest)
    // Where one id ends and the next begins is part of it.
    #expect(try Self.list("ab\nc").digest != Self.list("a\nbc").digest)
    #expect(try Self.list("\n\r\n").ids.isEmpty)
    // Bytes count, not what Swift calls equal.
    #expect(try Self.list("\u{E9}\ne\u{301}").ids.count == 2)
  }

  @Test("what is not UTF-8 is refused with its line, not its content") func notText() throws {
    let error = #expect(throws: TakedownError.self) {
      try TakedownList([0x61, 0x0A, 0x62, 0xFF], path: "ids.txt")
    }
    #expect(error?.code == .badList && error?.consequence == .usage)
    #expect(error?.description.hasPrefix("ids.txt: line 2 ") == true)
  }

  @Test("a place is a shard of the run and a plain number") func places() throws {
    let list = try Self.list("a.jsonl:3\na.jsonl:03\na.jsonl:+3\na.jsonl:\nb:c.txt:0\nx:1\n:1\n3")
    let places = list.places(in: ["a.jsonl", "b:c.txt"])
    #expect(
      places.map { $0.mapValues { String(decoding: list.ids[$0], as: UTF8.self) } } == [
        [3: "a.jsonl:3"], [0: "b:c.txt:0"],
      ])
  }

  @Test("an id is found by its hash and proved by its bytes") func index() throws {
    let list = try Self.list("one\ntwo")
    let one = Array("one".utf8)
    let hash = one.withUnsafeBytes { DecisionRecord.hash(ofID: $0) }
    one.withUnsafeBytes { #expect(list.index(of: $0, hash: hash) == 0) }
    Array("two".utf8).withUnsafeBytes { #expect(list.index(of: $0, hash: hash) == nil) }
    var record = DecisionRecord(
      verdict: .kept, flags: .hasID, row: 0, digest: .zero, idHash: hash, textLength: 0)
    #expect(list.mayHold(record))
    record.flags = []
    #expect(!list.mayHold(record))
  }
}
