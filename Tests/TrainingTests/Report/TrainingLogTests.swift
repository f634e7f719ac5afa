import Foundation
import Streams
import TestSupport
import Testing
import Training

@Suite struct TrainingLogTests {
  static func line(_ step: Int) -> TrainingLog.Line {
    var bits = SplitMix64(seed: UInt64(step))
    func number() -> Double { Double(bits.next() >> 11) / 7e14 }
    return TrainingLog.Line(
      step: step, loss: number(), gradientNorm: number(), rate: number() * 1e-9, tokens: 4096,
      validation: step % 5 == 0 ? number() : nil)
  }

  static func write(_ steps: ClosedRange<Int>, to log: TrainingLog) throws {
    for step in steps { try log.append(line(step)) }
  }

  @Test("lines are read as they were written, to the last bit") func roundTrip() throws {
    try withScratchFolder { folder in
      let path = folder.path + "/log.jsonl"
      let log = try TrainingLog(path: path)
      try Self.write(1...40, to: log)
      let extent = try log.seal()
      #expect(try TrainingLog.lines(of: path) == (1...40).map(Self.line))
      #expect(try TrainingLog.lines(of: path) == log.lines)
      let bytes = try [UInt8](Data(contentsOf: folder.appendingPathComponent("log.jsonl")))
      #expect(extent.bytes == Int64(bytes.count) && extent.sha256 == Digest256(hashing: bytes))
      let first = String(decoding: bytes.prefix { $0 != 10 }, as: UTF8.self)
      #expect(first.hasPrefix("{\"step\":1,\"loss\":") && !first.contains("validation"))
    }
  }

  @Test("a run that was killed anywhere has the bytes of one that was not") func cut() throws {
    try withScratchFolder { folder in
      let whole = folder.path + "/whole.jsonl"
      let log = try TrainingLog(path: whole)
      var extents = [TrainingLog.Extent.none]
      for step in 1...20 {
        try log.append(Self.line(step))
        extents.append(try log.seal())
      }
      let expected = try Data(contentsOf: URL(fileURLWithPath: whole))
      let path = folder.path + "/log.jsonl"
      for kept in [0, 1, 7, 19, 20] {
        for length in stride(from: Int(extents[kept].bytes), through: expected.count, by: 97) {
          try expected.prefix(length).write(to: URL(fileURLWithPath: path))
          let resumed = try TrainingLog(path: path, keeping: kept, extents[kept])
          #expect(resumed.lines.count == kept)
          if kept < 20 { try Self.write((kept + 1)...20, to: resumed) }
          #expect(try resumed.seal() == extents[20])
          #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == expected)
        }
      }
    }
  }

  @Test("a log that is not the checkpoint's is refused and stays as it is") func changed() throws {
    try withScratchFolder { folder in
      let path = folder.path + "/log.jsonl"
      let log = try TrainingLog(path: path)
      try Self.write(1...10, to: log)
      let extent = try log.seal()
      let file = URL(fileURLWithPath: path)
      let whole = try Data(contentsOf: file)
      var mutants = [whole.dropLast(1), whole.prefix(0)]
      for index in stride(from: 3, to: whole.count, by: 41) {
        var mutant = whole
        mutant[index] ^= 1
        mutants.append(mutant)
      }
      for mutant in mutants {
        try mutant.write(to: file)
        let error = #expect(throws: TrainingLogError.self) {
          try TrainingLog(path: path, keeping: 10, extent)
        }
        #expect(error?.consequence == .findings && error?.description.contains(path) == true)
        #expect(try Data(contentsOf: file) == mutant)
      }
      try whole.write(to: file)
      for step in [9, 11] {
        #expect(throws: TrainingLogError.self) {
          try TrainingLog(path: path, keeping: step, extent)
        }
      }
    }
  }

  @Test("a file that is no log is refused, with its line") func foreign() throws {
    let good = "{\"step\":1,\"loss\":1,\"gradientNorm\":1,\"rate\":1,\"tokens\":1}\n"
    for bad in [
      "{\"step\":3,\"loss\":1,\"gradientNorm\":1,\"rate\":1,\"tokens\":1}\n", "\n", "x\n",
      "{\"step\":2,\"loss\":1e999,\"gradientNorm\":1,\"rate\":1,\"tokens\":1}\n",
      "{\"step\":2,\"loss\":1,\"gradientNorm\":1,\"rate\":1,\"tokens\":-1}\n",
    ] {
      try withScratchFile(Array((good + bad).utf8)) { path in
        let error = #expect(throws: TrainingLogError.self) { try TrainingLog.lines(of: path) }
        #expect(error?.description.contains("line 2") == true)
      }
    }
    try withScratchFile(Array(good.utf8.dropLast())) { path in
      let error = #expect(throws: TrainingLogError.self) { try TrainingLog.lines(of: path) }
      #expect(error?.description.contains("within a line") == true)
    }
  }
}
