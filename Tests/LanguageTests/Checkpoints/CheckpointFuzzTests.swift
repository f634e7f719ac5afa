import Foundation
import Streams
import TestSupport
import Testing

@testable import Language
@testable import Tensors

/// Damaged checkpoints: each loads, or fails with an error of ours; nothing else happens.
@Suite("Fuzzed checkpoints") struct CheckpointFuzzTests {
  /// `CORDON_FUZZ_ROUNDS` for a longer run.
  private static let rounds =
    ProcessInfo.processInfo.environment["CORDON_FUZZ_ROUNDS"].flatMap(Int.init) ?? 60

  private static let pieces = [
    "-1", "0", "4294967296", "18446744073709551615", "1e308", "null", "[]", "{}", "\"\"", "[[",
    "\u{0}", "../", "9223372036854775807", "true", "\"F16\"", "\"BF16\"", "\"I64\"",
  ].map { Array($0.utf8) }

  /// One to four changes: a bit, a piece of JSON over or between what was there, a cut, a swap.
  private static func mutate(
    _ bytes: inout [UInt8], upTo end: Int, with generator: inout SeededGenerator
  ) {
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let limit = max(1, min(end, bytes.count))
      let place = Int.random(in: 0..<limit, using: &generator)
      let piece = pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes.insert(contentsOf: piece, at: place)
      case 2:
        bytes.replaceSubrange(place..<min(place + piece.count, bytes.count), with: piece)
      case 3: bytes.removeSubrange(place..<min(place + 9, bytes.count))
      case 4: bytes.swapAt(place, Int.random(in: 0..<limit, using: &generator))
      default: bytes.removeLast(min(bytes.count, Int.random(in: 0..<200, using: &generator)))
      }
    }
  }

  private func attempt(_ folder: URL, _ round: Int) {
    do {
      let model = try LanguageModel.load(folder: folder.path)
      let isFinite = model.weights.floats.allSatisfy { $0.isFinite }
      #expect(isFinite, "round \(round)")
    } catch {
      #expect(error is any CordonError, "round \(round): \(error)")
    }
  }

  @Test("weights and settings", arguments: TinyCheckpoint.allCases)
  func oneFile(kind: TinyCheckpoint) throws {
    var generator = SeededGenerator(seed: UInt64(kind.rawValue.utf8.reduce(7) { $0 + Int($1) }))
    try withScratchFolder { folder in
      try kind.write(to: folder)
      for name in ["model.safetensors", "config.json"] {
        let file = folder.appendingPathComponent(name)
        let sound = Array(try Data(contentsOf: file))
        let header = name == "config.json" ? sound.count : Int(HeaderBytes.length(of: sound))
        for round in 0..<CheckpointFuzzTests.rounds {
          var bytes = sound
          CheckpointFuzzTests.mutate(&bytes, upTo: header + 8, with: &generator)
          if name != "config.json" && round % 2 == 0 && bytes.count > 8 {
            // With the right length the JSON itself is reached.
            let length = max(0, header + bytes.count - sound.count)
            bytes.replaceSubrange(0..<8, with: HeaderBytes.prefix(UInt64(length)))
          }
          try Data(bytes).write(to: file)
          attempt(folder, round)
        }
        try Data(sound).write(to: file)
      }
      _ = try LanguageModel.load(folder: folder.path)
    }
  }

  @Test("an index") func index() throws {
    var generator = SeededGenerator(seed: 11)
    try withScratchFolder { folder in
      try TinyCheckpoint.llama.writeShards(to: folder, count: 2)
      let file = folder.appendingPathComponent("model.safetensors.index.json")
      let sound = Array(try Data(contentsOf: file))
      for round in 0..<CheckpointFuzzTests.rounds {
        var bytes = sound
        CheckpointFuzzTests.mutate(&bytes, upTo: sound.count, with: &generator)
        try Data(bytes).write(to: file)
        attempt(folder, round)
      }
    }
  }
}
