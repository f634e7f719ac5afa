internal import Foundation

/// How safetensors stores the elements of a tensor.
public enum StoredType: String, Sendable, CaseIterable {
  /// Floats of 64 and 32 bits, of IEEE 754's 16 bits, and 32 bits without their lower half.
  case F64, F32, F16, BF16
  /// Integers with and without a sign, and truth values of a byte.
  case I64, I32, I16, I8, U64, U32, U16, U8, BOOL
  /// Eight-bit floats, which are not computed with.
  case F8_E5M2, F8_E4M3

  /// Bytes of one element.
  public var width: Int {
    switch self {
    case .F64, .I64, .U64: 8
    case .F32, .I32, .U32: 4
    case .F16, .BF16, .I16, .U16: 2
    case .I8, .U8, .BOOL, .F8_E5M2, .F8_E4M3: 1
    }
  }

  /// Whether weights may be stored so.
  public var holdsWeights: Bool { self == .F32 || self == .F16 || self == .BF16 }

  /// Reads `count` weights; every one has an exact Float.
  ///
  /// - Returns: whether all are finite.
  /// - Precondition: ``holdsWeights``, and as many bytes as `count` elements have.
  func decode(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutablePointer<Float>, count: Int
  ) -> Bool {
    precondition(bytes.count == count * width, "bytes of \(count) elements")
    guard let source = bytes.baseAddress, count > 0 else { return true }
    switch self {
    case .F32: memcpy(target, source, bytes.count)
    case .BF16:
      for index in 0..<count {
        let half = source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        target[index] = Float(bitPattern: UInt32(half) << 16)
      }
    case .F16:
      for index in 0..<count {
        let half = source.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
        target[index] = Float(Float16(bitPattern: half))
      }
    default: preconditionFailure("\(self) holds no weights")
    }
    return StoredType.areFinite(target, count)
  }

  /// Writes `count` weights, rounded to nearest even.
  ///
  /// - Returns: whether all are finite in this form.
  func encode(
    _ weights: UnsafePointer<Float>, into target: UnsafeMutableRawPointer, count: Int
  ) -> Bool {
    var finite = StoredType.areFinite(weights, count)
    switch self {
    case .F32: memcpy(target, weights, 4 * count)
    case .BF16:
      for index in 0..<count {
        let bits = weights[index].bitPattern
        let half = UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
        finite = finite && half & 0x7FFF < 0x7F80
        target.storeBytes(of: half, toByteOffset: 2 * index, as: UInt16.self)
      }
    case .F16:
      for index in 0..<count {
        let half = Float16(weights[index])
        finite = finite && half.isFinite
        target.storeBytes(of: half.bitPattern, toByteOffset: 2 * index, as: UInt16.self)
      }
    default: preconditionFailure("\(self) holds no weights")
    }
    return finite
  }

  /// Whether no exponent is all ones: the largest magnitude as bits is below infinity's.
  private static func areFinite(_ weights: UnsafePointer<Float>, _ count: Int) -> Bool {
    var largest = SIMD8<UInt32>.zero
    let bits = UnsafeRawPointer(weights)
    var index = 0
    while index &+ 8 <= count {
      let eight = bits.loadUnaligned(fromByteOffset: 4 &* index, as: SIMD8<UInt32>.self)
      let magnitude = eight & 0x7FFF_FFFF
      largest.replace(with: magnitude, where: magnitude .> largest)
      index &+= 8
    }
    while index < count {
      largest[0] = max(largest[0], weights[index].bitPattern & 0x7FFF_FFFF)
      index += 1
    }
    return largest.max() < 0x7F80_0000
  }
}
