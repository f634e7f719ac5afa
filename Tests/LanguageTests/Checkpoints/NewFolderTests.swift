import Foundation
import Streams
import TestSupport
import Testing

@testable import Language
@testable import Tensors

@Suite("Models that were made here, as new folders") struct NewFolderTests {
  @Test(
    "give the same bits when they are loaded, and the same bytes when they are saved again",
    arguments: TinyCheckpoint.allCases, [StoredType.F32, .F16, .BF16])
  func roundTrip(kind: TinyCheckpoint, type: StoredType) throws {
    try withScratchFolder { folder in
      let model = try kind.model()
      #expect(model.source == nil)
      let form = CheckpointForm(type, beginToken: 1, endTokens: [2, 5])
      let (first, second) = (folder.path + "/a", folder.path + "/b/c/")
      try model.save(to: first, as: form)
      let read = try LanguageModel.load(folder: first)
      #expect(read.shape == model.shape)
      #expect(read.source?.configuration.beginToken == 1)
      #expect(read.source?.configuration.endTokens == [2, 5])
      for (old, new) in zip(model.weights.floats, read.weights.floats) {
        switch type {
        case .F16: #expect(Float(Float16(old)) == new)
        case .BF16: #expect(abs(old - new) <= abs(old) * 0x1p-8)
        default: #expect(old.bitPattern == new.bitPattern)
        }
      }
      // The tokens are those of the folder it came from.
      try read.save(to: second, as: CheckpointForm(type))
      #expect(try NewFolderTests.files(first) == NewFolderTests.files(second))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["a", "b"])
    }
  }

  /// Shapes away from what the tiny checkpoints have.
  static let changes: [(TinyCheckpoint, @Sendable (inout DecoderShape) -> Void)] = [
    (.llama, { $0.norm = .rms(epsilon: 1.1e-6.floatNextUp) }),
    (.llama, { $0.positions = .rotary(width: 6, base: 1e6 / 3, scaling: .none) }),
    (
      .llama,
      {
        $0.headWidth = 10; $0.positions = .rotary(width: 10, base: 1e4, scaling: .none)
      }
    ),
    (.llamaTied, { $0.tied = false }),
    (
      .qwen2,
      {
        $0.tied = false; $0.keyHeads = 4
      }
    ),
    (
      .qwen3,
      {
        $0.names = .llama(projectionBias: true, outputBias: true); $0.headNames()
      }
    ),
    (
      .gpt2,
      {
        $0.feedForward = .gelu(.erf); $0.inner = 33; $0.tied = false
      }
    ),
    (.neox, { $0.positions = .rotary(width: 6, base: 25_000, scaling: .none) }),
    (
      .neox,
      {
        $0.names = .gptNeoX(bias: false); $0.tied = true
      }
    ),
    (
      .neoxSequential,
      {
        $0.feedForward = .gelu(.erf); $0.norm = .layer(epsilon: 1e-6)
      }
    ),
  ]

  @Test("have settings that say what they are", arguments: 0..<changes.count)
  func settings(number: Int) throws {
    let (kind, change) = NewFolderTests.changes[number]
    var shape = try kind.model().shape
    change(&shape)
    let configuration = try ModelConfiguration(shape)
    #expect(configuration.shape == shape)
    #expect(
      kind.rawValue.hasPrefix(configuration.modelType.replacingOccurrences(of: "gpt_", with: "")))
  }

  @Test("every share of a head that is turned is read back") func shares() throws {
    var adjusted = 0
    for headWidth in 2...1_024 {
      for width in stride(from: 2, through: headWidth, by: 2) {
        let share = RotarySettings.share(of: width, in: headWidth)
        // As our reader and transformers' cut it off.
        #expect(share <= 1 && Int(Double(headWidth) * share) == width, "\(width) of \(headWidth)")
        if share != Double(width) / Double(headWidth) { adjusted += 1 }
      }
    }
    // The quotient alone would lose a feature of some.
    #expect(adjusted > 0)
  }

  @Test("a decoder of no architecture is refused") func noArchitecture() throws {
    try withScratchFolder { folder in
      for change: (inout DecoderShape) -> Void in [
        { $0.parallel = true }, { $0.feedForward = .gelu(.erf) }, { $0.layout = .inOut },
        { $0.names.prefix = "mine." }, { $0.positions = .learned },
        { $0.norm = .rms(epsilon: 0) },
      ] {
        var shape = try TinyCheckpoint.llama.model().shape
        change(&shape)
        let error = try #require(throws: CheckpointError.self) { try ModelConfiguration(shape) }
        #expect(error.code == .unsupported)
      }
      let model = try TinyCheckpoint.llama.model()
      var shape = model.shape
      shape.parallel = true
      let wrong = LanguageModel(shape, model.layout, model.weights, source: nil)
      #expect(throws: CheckpointError.self) { try wrong.save(to: folder.path + "/a") }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
  }

  @Test("shards end at tensors and stay below the limit") func shards() throws {
    try withScratchFolder { folder in
      let model = try TinyCheckpoint.qwen3.model()
      let (first, second) = (folder.path + "/a", folder.path + "/b")
      try model.save(to: first, as: CheckpointForm(shardLimit: 6_000))
      let names = try FileManager.default.contentsOfDirectory(atPath: first).sorted()
      let shards = names.filter { $0.hasSuffix(".safetensors") }
      #expect(shards.count > 2 && names.contains("model.safetensors.index.json"))
      let last = String(format: "model-%05d-of-%05d.safetensors", shards.count, shards.count)
      #expect(shards.last == last)
      for name in shards {
        let file = try SafetensorsFile(path: "\(first)/\(name)")
        #expect((file.tensors.last?.range.upperBound ?? 0) <= 6_000)
      }
      let read = try LanguageModel.load(folder: first)
      #expect(read.bits == model.bits)
      // In the form that it was read in, and in one file.
      try read.save(folder: second)
      #expect(try NewFolderTests.files(first) == NewFolderTests.files(second))
      try read.save(to: folder.path + "/c")
      #expect(try LanguageModel.load(folder: folder.path + "/c").bits == model.bits)
      // One tensor in each.
      try model.save(to: folder.path + "/d", as: CheckpointForm(shardLimit: 1))
      let checkpoint = try Checkpoint(folder: folder.path + "/d")
      #expect(checkpoint.files.count == model.layout.parameters.count)
    }
  }

  @Test("the folder is whole or not there") func whole() throws {
    try withScratchFolder { folder in
      let model = try TinyCheckpoint.gpt2.model()
      let path = folder.path + "/a"
      // What an earlier attempt left.
      try Folder.make(path + ".cordon-partial/rest")
      model.weights.base[3] = 65_520
      let error = try #require(throws: CheckpointError.self) {
        try model.save(to: path, as: CheckpointForm(.F16))
      }
      #expect(error.code == .doesNotFit && error.key == "transformer.wte.weight")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
      // An empty folder is taken, another is not.
      try Folder.make(path)
      try model.save(to: path)
      let files = try NewFolderTests.files(path)
      let refused = try #require(throws: StreamsError.self) { try model.save(to: path) }
      #expect(refused.code == .unwritable && refused.path == path)
      #expect(try NewFolderTests.files(path) == files)
      try Data("x".utf8).write(to: folder.appendingPathComponent("file"))
      #expect(throws: StreamsError.self) { try model.save(to: folder.path + "/file") }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["a", "file"])
    }
  }

  @Test("tokenizers are written, and must be the model's") func tokenizer() throws {
    try withScratchFolder { folder in
      let tokenizer = try BPETrainer().train(vocabularySize: 256)
      var shape = try TinyCheckpoint.llama.model().shape
      func save(_ name: String, _ form: CheckpointForm) throws {
        try LanguageModel(shape).save(to: "\(folder.path)/\(name)", as: form)
      }
      #expect(throws: ModelInputError.token(255, vocabulary: 37)) {
        try save("small", CheckpointForm(tokenizer: tokenizer))
      }
      #expect(throws: ModelInputError.token(37, vocabulary: 37)) {
        try save("small", CheckpointForm(endTokens: [2, 37]))
      }
      #expect(throws: TokenizerError.self) {
        try save("small", CheckpointForm(tokenizer: Array("{}".utf8)))
      }
      shape.vocabulary = 256
      try save("a", CheckpointForm(tokenizer: tokenizer))
      let file = folder.appendingPathComponent("a/tokenizer.json")
      #expect(try Data(contentsOf: file) == Data(tokenizer))
      // It goes along with a model that is loaded and saved anew.
      try LanguageModel.load(folder: folder.path + "/a").save(to: folder.path + "/b")
      #expect(
        try NewFolderTests.files(folder.path + "/a") == NewFolderTests.files(folder.path + "/b"))
    }
  }

  @Test(
    "the golden models verify when they are saved as if they were made here",
    .enabled(if: Repository.shared != nil, "needs ../shared"), arguments: GoldenModelTests.names)
  func golden(name: String) throws {
    let from = Repository.shared("golden/models/\(name)").path
    let loaded = try LanguageModel.load(folder: from)
    let made = LanguageModel(loaded.shape, loaded.layout, loaded.weights, source: nil)
    try withScratchFolder { folder in
      // CORDON_KEEP names a folder where they stay, for a look with transformers.
      let kept = ProcessInfo.processInfo.environment["CORDON_KEEP"]
      let path = "\(kept ?? folder.path)/\(name)"
      try made.save(to: path)
      let read = try LanguageModel.load(folder: path)
      #expect(read.shape == loaded.shape && read.bits == loaded.bits)
      let verification = try ModelVerification(
        read, against: from + "/expected.safetensors", on: Workers(count: 2))
      #expect(verification.isMet)
    }
  }

  private static func files(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    return files
  }
}

extension Double {
  /// A Float whose decimals are many.
  fileprivate var floatNextUp: Float { Float(self).nextUp }
}

extension DecoderShape {
  /// Gives queries and keys their norms' names.
  fileprivate mutating func headNames() {
    names.headNorms = ["self_attn.q_norm", "self_attn.k_norm"]
  }
}
