import Foundation
import TestSupport
import Testing

@testable import Language
@testable import Tensors

@Suite("Checkpoints") struct CheckpointTests {
  @Test("written and read again", arguments: TinyCheckpoint.allCases)
  func roundTrip(kind: TinyCheckpoint) throws {
    try withScratchFolder { folder in
      try kind.write(to: folder)
      let model = try kind.model()
      #expect(try LanguageModel.load(folder: folder.path).bits == model.bits)
    }
  }

  @Test("numbers of 16 bits are those that the format has, rounded to even") func halves() throws {
    let values: [Float] = [1, -2.5, 0, 65_504, 1e-7, 0.1, 3.140_625, 1.003_906_25, -1.011_718_75]
    // By hand: bits of bfloat16 and of float16.
    let bfloat: [UInt16] = [
      0x3F80, 0xC020, 0, 0x4780, 0x33D7, 0x3DCD, 0x4049, 0x3F80, 0xBF82,
    ]
    let half: [UInt16] = [0x3C00, 0xC100, 0, 0x7BFF, 0x0002, 0x2E66, 0x4248, 0x3C04, 0xBC0C]
    for (type, bits) in [(StoredType.BF16, bfloat), (.F16, half)] {
      var stored = [UInt16](repeating: 0, count: values.count)
      stored.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        #expect(type.encode(values, into: base, count: values.count))
      }
      #expect(stored == bits, "\(type)")
      var back = [Float](repeating: 0, count: values.count)
      stored.withUnsafeBytes { bytes in
        back.withUnsafeMutableBufferPointer {
          if let base = $0.baseAddress { #expect(type.decode(bytes, into: base, count: $0.count)) }
        }
      }
      for (value, other) in zip(values, back) {
        #expect(abs(value - other) <= max(abs(value) * (type == .BF16 ? 0x1p-8 : 0x1p-11), 0x1p-25))
      }
    }
  }

  @Test("every number of 16 bits is read and written back", arguments: [StoredType.BF16, .F16])
  func everyHalf(type: StoredType) throws {
    let all = (0...UInt16.max).filter { bits in
      type == .F16 ? Float16(bitPattern: bits).isFinite : bits & 0x7F80 != 0x7F80
    }
    var floats = [Float](repeating: 0, count: all.count)
    var back = [UInt16](repeating: 1, count: all.count)
    floats.withUnsafeMutableBufferPointer { floats in
      guard let base = floats.baseAddress else { return }
      let finite = all.withUnsafeBytes { type.decode($0, into: base, count: all.count) }
      #expect(finite)
      back.withUnsafeMutableBytes { bytes in
        if let target = bytes.baseAddress {
          #expect(type.encode(base, into: target, count: all.count))
        }
      }
    }
    #expect(all == back)
  }

  @Test(
    "a model that did not change is written byte for byte",
    arguments: TinyCheckpoint.allCases, [StoredType.F32, .F16, .BF16])
  func sameBytes(kind: TinyCheckpoint, type: StoredType) throws {
    try withScratchFolder { folder in
      let (from, to) = (folder.appendingPathComponent("a"), folder.appendingPathComponent("b"))
      try FileManager.default.createDirectory(at: from, withIntermediateDirectories: true)
      try kind.write(to: from, as: type)
      try Data("{}".utf8).write(to: from.appendingPathComponent("tokenizer.json"))
      try LanguageModel.load(folder: from.path).save(folder: to.path)
      let names = try FileManager.default.contentsOfDirectory(atPath: from.path).sorted()
      #expect(try FileManager.default.contentsOfDirectory(atPath: to.path).sorted() == names)
      for name in names {
        #expect(
          try Data(contentsOf: from.appendingPathComponent(name))
            == Data(contentsOf: to.appendingPathComponent(name)), "\(name)")
      }
    }
  }

  @Test("shards are read, and written as they were") func shards() throws {
    try withScratchFolder { folder in
      let (from, to) = (folder.appendingPathComponent("a"), folder.appendingPathComponent("b"))
      try FileManager.default.createDirectory(at: from, withIntermediateDirectories: true)
      try TinyCheckpoint.llama.writeShards(to: from, count: 3)
      let model = try LanguageModel.load(folder: from.path)
      let made = try TinyCheckpoint.llama.model()
      #expect(model.bits == made.bits)
      model.weights.base[5] += 1
      try model.save(folder: to.path)
      #expect(try LanguageModel.load(folder: to.path).bits == model.bits)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: to.path).sorted()
          == FileManager.default.contentsOfDirectory(atPath: from.path).sorted())
    }
  }

  @Test("a weight that the stored form cannot hold is not written") func doesNotFit() throws {
    try withScratchFolder { folder in
      for (type, value) in [(StoredType.F16, Float(65_520)), (.BF16, 3.4e38), (.F32, .nan)] {
        try TinyCheckpoint.gpt2.write(to: folder, as: type)
        let model = try LanguageModel.load(folder: folder.path)
        model.weights.base[3] = value
        let target = folder.appendingPathComponent("out-\(type)")
        do {
          try model.save(folder: target.path)
          Issue.record("\(type) was written")
        } catch let error as CheckpointError {
          #expect(error.code == .doesNotFit && error.key == "transformer.wte.weight")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: target.path)
        #expect(!names.contains("model.safetensors"))
      }
    }
  }

  @Test("GPT-2's first files: names without a prefix, masks that nobody computes with")
  func bareNames() throws {
    try withScratchFolder { folder in
      let model = try TinyCheckpoint.gpt2.model()
      try TinyCheckpoint.gpt2.write(to: folder)
      let mask = [Float](repeating: 1, count: 16)
      try mask.withUnsafeBufferPointer { mask in
        guard let base = mask.baseAddress else { return }
        let weights = model.layout.parameters.map {
          (
            String($0.name.dropFirst("transformer.".count)), $0.shape,
            UnsafePointer(model.weights.base + $0.place.offset)
          )
        }
        try SafetensorsWriter.write(
          weights + [("h.0.attn.bias", [1, 1, 4, 4], base)],
          to: folder.appendingPathComponent("model.safetensors").path)
      }
      let read = try LanguageModel.load(folder: folder.path)
      #expect(read.bits == model.bits)
      let copy = folder.appendingPathComponent("copy")
      try read.save(folder: copy.path)
      #expect(
        try Data(contentsOf: copy.appendingPathComponent("model.safetensors"))
          == Data(contentsOf: folder.appendingPathComponent("model.safetensors")))
    }
  }
}
