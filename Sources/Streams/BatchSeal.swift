internal import Crypto
internal import Foundation

/// Proves that a batch read again is the batch that was judged: a GMAC tag over its bytes under a
/// key that only this run knows (NIST SP 800-38D, AES-256-GCM without plaintext).
///
/// Two reads of a shard must agree to the byte, or a record that nobody judged would be written.
/// A second SHA-256 would prove it as well and cost four times as much: 0.5 s a gigabyte.
public struct BatchSeal: Sendable {
  /// The bytes of a tag.
  public static let tagByteCount = 16

  private let key: SymmetricKey

  /// A new random key.
  public init() {
    key = SymmetricKey(size: .bits256)
  }

  /// The key that an earlier process of the run stored.
  ///
  /// - Precondition: 32 bytes.
  public init(keyBytes: [UInt8]) {
    precondition(keyBytes.count == 32, "the key of a seal has 32 bytes")
    key = SymmetricKey(data: keyBytes)
  }

  /// The key, to be stored beside the intermediate rows and nowhere else.
  public var keyBytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

  /// The tag of batch `index` of shard `shard`, whose bytes these are.
  ///
  /// The nonce is the batch's place, so no two batches share one under a key; the second read of
  /// the same batch repeats it with, if all is well, the same bytes.
  ///
  /// - Precondition: both numbers are not negative.
  public func tag(of bytes: UnsafeRawBufferPointer, shard: Int, batch: Int) -> [UInt8] {
    precondition(shard >= 0 && batch >= 0, "a batch's place is not negative")
    var nonce = [UInt8](repeating: 0, count: 12)
    nonce.withUnsafeMutableBytes {
      $0.storeBytes(of: UInt32(shard).bigEndian, as: UInt32.self)
      $0.storeBytes(of: UInt64(batch).bigEndian, toByteOffset: 4, as: UInt64.self)
    }
    do {
      let box = try AES.GCM.seal(
        [UInt8](), using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: bytes)
      return Array(box.tag)
    } catch {
      preconditionFailure("AES-GCM refuses only a wrong key or nonce size")
    }
  }
}
