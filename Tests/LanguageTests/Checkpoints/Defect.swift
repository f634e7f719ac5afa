import Foundation
import Testing

@testable import Language

/// The length in front of a safetensors header.
enum HeaderBytes {
  static func length(of bytes: [UInt8]) -> UInt64 {
    bytes[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  static func prefix(_ length: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * UInt64($0))) }
  }
}

/// What is wrong with a file of weights, what it is called, and the tensor that is named.
struct Defect: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let code: CheckpointError.Code
  let key: String
  let apply: @Sendable (inout [UInt8]) -> Void

  init(
    _ name: String, _ code: CheckpointError.Code, _ key: String = "",
    _ apply: @escaping @Sendable (inout [UInt8]) -> Void
  ) {
    (testDescription, self.code, self.key, self.apply) = (name, code, key, apply)
  }

  /// A text in the header, replaced by another; the length in front follows.
  init(
    _ name: String, _ code: CheckpointError.Code, _ key: String, _ text: String, _ other: String
  ) {
    self.init(name, code, key) { bytes in
      let length = Int(HeaderBytes.length(of: bytes))
      let header = String(decoding: bytes[8..<(8 + length)], as: UTF8.self)
      let changed = Array(header.replacingOccurrences(of: text, with: other).utf8)
      bytes = HeaderBytes.prefix(UInt64(changed.count)) + changed + bytes[(8 + length)...]
    }
  }
}

extension Defect {
  /// Of the tiny Llama: its first tensor is the embedding [37, 24], its last the output matrix.
  static let all: [Defect] = [
    Defect("empty", .broken) { $0 = [] },
    Defect("truncated header", .broken) { $0.removeLast($0.count - 100) },
    Defect("truncated data", .broken, "lm_head.weight") { $0.removeLast(1) },
    Defect("bytes behind the data", .broken) { $0.append(0) },
    Defect("header longer than the file", .broken) {
      $0.replaceSubrange(0..<8, with: HeaderBytes.prefix(99_000_000))
    },
    Defect("header of 2^63 bytes", .broken) {
      $0.replaceSubrange(0..<8, with: HeaderBytes.prefix(1 << 63))
    },
    Defect("header is not JSON", .broken, "byte 0") { $0[8] = 0x58 },
    Defect("header is an array", .setting) {
      $0 = HeaderBytes.prefix(2) + Array("[]".utf8) + $0[(8 + Int(HeaderBytes.length(of: $0)))...]
    },
    Defect("a depth bomb", .broken, "byte 68") {
      let bomb = Array(("{\"a\":" + String(repeating: "[", count: 500_000)).utf8)
      $0 = HeaderBytes.prefix(UInt64(bomb.count)) + bomb
    },
    Defect("an unknown number format", .unsupported, "model.embed_tokens.weight") {
      Defect(
        "", .broken, "", "{\"dtype\":\"F32\",\"shape\":[37,24],\"data_offsets\":[0,",
        "{\"dtype\":\"F4\",\"shape\":[37,24],\"data_offsets\":[0,"
      ).apply(&$0)
    },
    Defect(
      "integers for weights", .unsupported, "model.norm.weight",
      "\"model.norm.weight\":{\"dtype\":\"F32\"", "\"model.norm.weight\":{\"dtype\":\"I32\""),
    Defect(
      "another shape", .shape, "model.embed_tokens.weight",
      "\"shape\":[37,24],\"data_offsets\":[0,",
      "\"shape\":[24,37],\"data_offsets\":[0,"),
    Defect(
      "a shape that overflows", .broken, "model.embed_tokens.weight",
      "\"shape\":[37,24],\"data_offsets\":[0,",
      "\"shape\":[4294967296,4294967296,37],\"data_offsets\":[0,"),
    Defect(
      "a negative shape", .broken, "model.embed_tokens.weight",
      "\"shape\":[37,24],\"data_offsets\":[0,", "\"shape\":[-37,-24],\"data_offsets\":[0,"),
    Defect(
      "offsets behind the end", .broken, "model.embed_tokens.weight", "\"data_offsets\":[0,3552]",
      "\"data_offsets\":[99999996448,100000000000]"),
    Defect(
      "offsets backwards", .broken, "model.embed_tokens.weight", "\"data_offsets\":[0,3552]",
      "\"data_offsets\":[3552,0]"),
    Defect(
      "overlapping offsets", .broken, "model.layers.0.input_layernorm.weight",
      "\"data_offsets\":[3552,3648]", "\"data_offsets\":[3548,3644]"),
    Defect(
      "a hole", .broken, "model.layers.0.self_attn.q_proj.weight",
      "\"model.layers.0.input_layernorm.weight\":{\"dtype\":\"F32\",\"shape\":[24],"
        + "\"data_offsets\":[3552,3648]},", ""),
    Defect(
      "a tensor twice", .broken, "model.embed_tokens.weight", "\"model.norm.weight\"",
      "\"model.embed_tokens.weight\""),
    Defect(
      "a missing tensor", .unexpectedTensor, "model.nrom.weight", "\"model.norm.weight\"",
      "\"model.nrom.weight\""),
    Defect("not a number", .notFinite, "lm_head.weight") { bytes in
      bytes.replaceSubrange((bytes.count - 4)..., with: [0, 0, 0xC0, 0x7F])
    },
    Defect("infinite", .notFinite, "model.embed_tokens.weight") { bytes in
      let first = 8 + Int(HeaderBytes.length(of: bytes))
      bytes.replaceSubrange((first + 8)..<(first + 12), with: [0, 0, 0x80, 0xFF])
    },
  ]
}
