internal import Foundation
internal import Ledger
internal import Streams

/// The ids that are to be taken down: one a line, a document's own id or `<shard>:<row>`.
///
/// An id that is a document's own and also looks like a place means both. Space around an id is
/// part of it; a carriage return at the end of a line, an empty line and a repeated one are not.
struct TakedownList {
  /// The ids in the order of their bytes, each once.
  let ids: [[UInt8]]
  /// The first line that has each, from 1.
  let lines: [Int]
  /// The SHA-256 over the ids, each behind its length: the same ids, the same digest.
  let digest: Digest256
  private let byHash: [UInt64: [Int]]

  /// Reads the file at `path`.
  init(path: String) throws {
    try self.init(FileSource.contents(of: path, limit: 1 << 30), path: path)
  }

  init(_ bytes: [UInt8], path: String) throws {
    var first: [[UInt8]: Int] = [:]
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      let id = Array(line.last == 0x0D ? line.dropLast() : line)
      guard !id.isEmpty, first[id] == nil else { continue }
      guard String(validating: id, as: UTF8.self) != nil else {
        throw TakedownError(.badList, path, "line \(index + 1) is not UTF-8; no id is like that")
      }
      first[id] = index + 1
    }
    ids = first.keys.sorted { $0.lexicographicallyPrecedes($1) }
    lines = ids.map { first[$0] ?? 0 }
    var stream = DigestStream()
    var byHash: [UInt64: [Int]] = [:]
    for (index, id) in ids.enumerated() {
      withUnsafeBytes(of: UInt64(id.count).littleEndian) { stream.update($0) }
      id.withUnsafeBytes {
        stream.update($0)
        byHash[DecisionRecord.hash(ofID: $0), default: []].append(index)
      }
    }
    self.byHash = byHash
    digest = stream.digest()
  }

  /// Whether a document with this record may have one of the ids as its own.
  func mayHold(_ record: DecisionRecord) -> Bool {
    record.flags.contains(.hasID) && byHash[record.idHash] != nil
  }

  /// The index of an id, whose hash is known.
  func index(of id: UnsafeRawBufferPointer, hash: UInt64) -> Int? {
    byHash[hash]?.first { ids[$0].elementsEqual(id) }
  }

  /// The rows that are named by their place, for each of these shards: row to the id's index.
  func places(in shards: [String]) -> [[UInt64: Int]] {
    var places: [[UInt64: Int]] = Array(repeating: [:], count: shards.count)
    var numbers: [[UInt8]: Int] = [:]
    for (number, shard) in shards.enumerated() { numbers[Array(shard.utf8)] = number }
    for (index, id) in ids.enumerated() {
      guard let colon = id.lastIndex(of: UInt8(ascii: ":")),
        let shard = numbers[Array(id[..<colon])]
      else { continue }
      let digits = id[(colon + 1)...]
      guard let row = UInt64(String(decoding: digits, as: UTF8.self)),
        String(row).utf8.elementsEqual(digits)
      else { continue }
      places[shard][row] = index
    }
    return places
  }
}
