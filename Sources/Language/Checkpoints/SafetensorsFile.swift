internal import Foundation
internal import Streams

/// The header of a safetensors file, checked against the file that it heads.
///
/// Source: https://github.com/huggingface/safetensors (Format): eight bytes of length, a JSON
/// object of tensors, then their bytes without holes.
public struct SafetensorsFile: Sendable {
  /// One tensor.
  public struct Tensor: Sendable, Equatable {
    /// Its name.
    public let name: String
    /// How its elements are stored.
    public let type: StoredType
    /// Its dimensions; none for a scalar.
    public let shape: [Int]
    /// Its bytes, counted from the end of the header.
    public let range: Range<Int>
    /// How many elements it has.
    public var count: Int { range.count / type.width }
  }

  /// The longest header that is read: the limit of the format's own library.
  public static let headerLimit = 100_000_000

  /// The file.
  public let path: String
  /// The tensors in the order of their bytes.
  public let tensors: [Tensor]
  /// The header as it stands in the file, with its length in front.
  let header: [UInt8]

  /// Reads and checks the header of a file.
  ///
  /// - Throws: ``CheckpointError`` naming the tensor, `StreamsError` where the file cannot be read.
  public init(path: String) throws {
    let file = try FileSource(path: path)
    func broken(_ detail: String) -> CheckpointError {
      CheckpointError(.broken, path: path, detail: detail)
    }
    let prefix = try file.peek(at: 0, count: 8)
    guard prefix.count == 8 else { throw broken("too short for a safetensors file") }
    let length = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(SafetensorsFile.headerLimit) else {
      throw broken("its header would have \(length) bytes; it is not a safetensors file")
    }
    guard Int64(length) <= file.size - 8 else {
      throw broken("its header is longer than the file, which is truncated")
    }
    let text = try file.peek(at: 8, count: Int(length))
    guard text.count == Int(length) else { throw broken("changed while it was read") }
    self.path = path
    header = prefix + text
    let size = Int(file.size) - 8 - Int(length)
    tensors = try SafetensorsFile.tensors(text, size: size, path: path)
  }

  private static func tensors(_ text: [UInt8], size: Int, path: String) throws -> [Tensor] {
    var tensors: [Tensor] = []
    try readingJSON {
      let root = try JSONDocument(text, path: path).root
      guard root.kind == .object else { throw root.error("the header must be an object") }
      try root.forEachMember { nameIndex, valueIndex in
        let name = String(decoding: root.document.text(at: nameIndex), as: UTF8.self)
        let node = JSONNode(document: root.document, index: valueIndex, key: name)
        if name == "__metadata__" {
          guard node.kind == .object else { throw node.error("must be an object") }
        } else {
          tensors.append(try tensor(name, node, size: size))
        }
      }
    }
    tensors.sort {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try checkNames(tensors, path)
    var end = 0
    for tensor in tensors {
      guard tensor.range.lowerBound == end else {
        let what = tensor.range.lowerBound < end ? "overlaps another tensor" : "lies behind a hole"
        throw CheckpointError(.broken, path: path, key: tensor.name, detail: what)
      }
      end = tensor.range.upperBound
    }
    guard end == size else {
      throw CheckpointError(
        .broken, path: path, detail: "\(size - end) bytes belong to no tensor")
    }
    return tensors
  }

  /// One entry of the header: a known type, a shape, and as many bytes as they take, in the file.
  private static func tensor(_ name: String, _ node: JSONNode, size: Int) throws -> Tensor {
    let path = node.document.path
    func broken(_ detail: String) -> CheckpointError {
      CheckpointError(.broken, path: path, key: name, detail: detail)
    }
    let typeName = try node.required("dtype").string()
    guard let type = StoredType(rawValue: typeName) else {
      throw CheckpointError(
        .unsupported, path: path, key: name, detail: "its number format is not known")
    }
    var shape: [Int] = []
    var bytes = type.width
    for element in try node.required("shape").elements() {
      let dimension = try element.integer()
      let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { throw broken("its shape is impossible") }
      shape.append(dimension)
      bytes = product
    }
    guard shape.count <= 8 else { throw broken("it has \(shape.count) dimensions") }
    let offsets = try node.required("data_offsets").elements().map { try $0.integer() }
    guard offsets.count == 2, offsets[0] >= 0, offsets[0] <= offsets[1] else {
      throw broken("its offsets are impossible")
    }
    guard offsets[1] <= size else {
      throw broken("it ends at byte \(offsets[1]) of \(size): the file is truncated")
    }
    guard offsets[1] - offsets[0] == bytes else {
      throw broken("\(offsets[1] - offsets[0]) bytes for a shape of \(bytes)")
    }
    return Tensor(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
  }

  private static func checkNames(_ tensors: [Tensor], _ path: String) throws {
    var names: Set<String> = []
    for tensor in tensors where !names.insert(tensor.name).inserted {
      throw CheckpointError(.broken, path: path, key: tensor.name, detail: "stands twice")
    }
  }
}
