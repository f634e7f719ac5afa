internal import CSimdjson
internal import Foundation
internal import Ledger
internal import Screening
internal import Streams
internal import Tensors

/// What this binary and this machine are, for the ledger.
enum Machine {
  /// The same of a command that computes with models: BLAS decides bits too.
  static func codeOfModels() throws -> CodeVersion {
    var code = try code()
    code.libraries += " openblas:\(BLAS.description)"
    return code
  }

  /// The binary, by its bytes, and the libraries that decide what it writes.
  static func code() throws -> CodeVersion {
    let binary = try FileSource.digest(of: "/proc/self/exe")
    let encoders = Compression.allCases.filter { $0 != .none }.map(\.encoderIdentity)
    let libraries =
      encoders + [
        "simdjson:\(String(cString: cordon_json_version()))",
        "hyperscan:\(ScreenSet.engineVersion)",
      ]
    return CodeVersion(
      version: Version.text, binary: binary, swift: swiftVersion,
      libraries: libraries.joined(separator: " "))
  }

  /// Where it runs; left out of the canonical dump.
  static func description() -> MachineDescription {
    MachineDescription(
      os: ProcessInfo.processInfo.operatingSystemVersionString, cpu: processorName,
      cores: ProcessInfo.processInfo.processorCount, sqlite: Ledger.engineVersion)
  }

  private static var swiftVersion: String {
    #if swift(>=6.3)
      "6.3"
    #else
      "6.2"
    #endif
  }

  private static var processorName: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
  }
}
