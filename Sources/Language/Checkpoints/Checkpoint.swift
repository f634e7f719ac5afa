internal import Streams

/// The weights in a Hugging Face folder: one safetensors file, or shards with an index.
public struct Checkpoint: Sendable {
  /// The folder.
  public let folder: String
  /// The headers of its files, in byte order of their names.
  public let files: [SafetensorsFile]
  /// The bytes of the index, where there is one.
  let index: [UInt8]?

  static let single = "model.safetensors"
  static let indexName = "model.safetensors.index.json"

  /// Reads the headers in `folder`; a single file counts before an index.
  ///
  /// - Throws: ``CheckpointError`` naming file and tensor, `StreamsError` where a file is missing.
  public init(folder: String) throws {
    self.folder = folder
    let path = "\(folder)/\(Checkpoint.indexName)"
    let hasSingle = Folder.exists("\(folder)/\(Checkpoint.single)")
    guard !hasSingle, Folder.exists(path) else {
      if !hasSingle { try Checkpoint.refuseOlderForm(folder) }
      files = [try SafetensorsFile(path: "\(folder)/\(Checkpoint.single)")]
      index = nil
      return
    }
    let bytes = try FileSource.contents(of: path)
    let names = try Checkpoint.names(bytes, path: path)
    files = try Set(names.map(\.file)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .map { try SafetensorsFile(path: "\(folder)/\($0)") }
    index = bytes
    try check(names, against: path)
  }

  /// Folders from before safetensors hold weights as pickled Python objects, which run code.
  private static func refuseOlderForm(_ folder: String) throws(CheckpointError) {
    let names = (try? Folder.names(in: folder)) ?? []
    guard let name = names.first(where: { $0.hasSuffix(".bin") || $0.hasSuffix(".pt") }) else {
      return
    }
    throw CheckpointError(
      .unsupported, path: "\(folder)/\(name)",
      detail: "weights are read from safetensors only; convert the folder with transformers: "
        + "`from_pretrained(FOLDER).save_pretrained(NEW_FOLDER)`")
  }

  /// The pairs of tensor and file of an index.
  private static func names(
    _ bytes: [UInt8], path: String
  ) throws -> [(tensor: String, file: String)] {
    try readingJSON {
      let map = try JSONDocument(bytes, path: path).root.required("weight_map")
      var names: [(String, String)] = []
      try map.forEachMember { nameIndex, valueIndex in
        let name = String(decoding: map.document.text(at: nameIndex), as: UTF8.self)
        let node = JSONNode(document: map.document, index: valueIndex, key: "weight_map.\(name)")
        let file = try node.string()
        guard isPlain(file) else {
          throw node.error("must be the name of a .safetensors file in the same folder")
        }
        names.append((name, file))
      }
      guard !names.isEmpty else { throw map.error("names no tensor") }
      return names
    }
  }

  /// Whether a name leads to a file of this very folder.
  private static func isPlain(_ name: String) -> Bool {
    name.utf8.count <= 255 && name.hasSuffix(".safetensors") && !name.hasPrefix(".")
      && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") || $0 < 0x20 }
  }

  /// Index and headers must say the same.
  private func check(_ names: [(tensor: String, file: String)], against path: String) throws {
    var unseen: [String: String] = [:]
    for (tensor, file) in names {
      guard unseen.updateValue(file, forKey: tensor) == nil else {
        throw CheckpointError(.broken, path: path, key: tensor, detail: "stands twice")
      }
    }
    for file in files {
      for tensor in file.tensors {
        guard let named = unseen.removeValue(forKey: tensor.name),
          file.path == "\(folder)/\(named)"
        else {
          throw CheckpointError(
            .unexpectedTensor, path: file.path, key: tensor.name,
            detail: "the index does not have it there")
        }
      }
    }
    for (tensor, file) in names where unseen[tensor] != nil {
      throw CheckpointError(
        .missingTensor, path: "\(folder)/\(file)", key: tensor, detail: "is missing")
    }
  }
}
