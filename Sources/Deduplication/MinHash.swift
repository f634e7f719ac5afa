internal import Streams

/// The minima of many hash functions over the shingles of a document, and the keys of its bands.
///
/// Function i of a 32-bit sketch x is a(i) * x + b(i) mod 2^32 with odd a(i): a bijection, so that
/// the minimum of a set belongs to one shingle of it. Two documents share the minimum of a function
/// with the probability of their Jaccard similarity (Broder 1997).
package final class MinHash {
  /// Bands of a signature.
  package let bands: Int
  /// Minima per band.
  package let rows: Int

  /// Functions are worked through in vectors of eight, two or four of them at a time.
  private static let group = 16

  private let padded: Int
  private let factors: UnsafeMutableRawPointer
  private let addends: UnsafeMutableRawPointer
  private let minimaBytes: UnsafeMutableRawPointer
  private let keyStorage: UnsafeMutablePointer<UInt64>

  /// A signature of this many bands of this many minima.
  package init(bands: Int, rows: Int) {
    precondition(bands > 0 && rows > 0, "a signature has functions")
    self.bands = bands
    self.rows = rows
    let group = MinHash.group
    padded = (bands * rows + group - 1) / group * group
    factors = .allocate(byteCount: 4 * padded, alignment: 32)
    addends = .allocate(byteCount: 4 * padded, alignment: 32)
    minimaBytes = .allocate(byteCount: 4 * padded, alignment: 32)
    keyStorage = .allocate(capacity: bands)
    keyStorage.initialize(repeating: 0, count: bands)
    var stream = SplitMix64(name: "cordon/minhash/1")
    for function in 0..<padded {
      factors.storeBytes(of: stream.next32() | 1, toByteOffset: 4 * function, as: UInt32.self)
      addends.storeBytes(of: stream.next32(), toByteOffset: 4 * function, as: UInt32.self)
    }
    begin()
  }

  deinit {
    factors.deallocate()
    addends.deallocate()
    minimaBytes.deallocate()
    keyStorage.deallocate()
  }

  /// The minima, band by band.
  package var minima: UnsafeBufferPointer<UInt32> {
    UnsafeBufferPointer(
      start: minimaBytes.assumingMemoryBound(to: UInt32.self), count: bands * rows)
  }

  /// The keys that `makeKeys` made.
  package var keys: UnsafeBufferPointer<UInt64> {
    UnsafeBufferPointer(start: keyStorage, count: bands)
  }

  /// Forgets the shingles.
  package func begin() {
    minimaBytes.initializeMemory(as: UInt32.self, repeating: .max, count: padded)
  }

  /// Takes shingles in.
  package func add(_ sketches: UnsafeBufferPointer<UInt32>) {
    guard let start = sketches.baseAddress else { return }
    let bytes = 4 * padded
    var offset = 0
    while offset + 128 <= bytes {
      addToFour(start, sketches.count, offset)
      offset += 128
    }
    if offset < bytes { addToTwo(start, sketches.count, offset) }
  }

  /// Makes the key of each band: 64 bits that depend on all minima of the band and on its number.
  package func makeKeys() {
    let minima = minima
    for band in 0..<bands {
      var key = SplitMix64.mix(UInt64(band) &+ 1)
      for row in 0..<rows {
        key = SplitMix64.mix(key &+ 0x9E37_79B9_7F4A_7C15 ^ UInt64(minima[band &* rows &+ row]))
      }
      keyStorage[band] = key
    }
  }

  @inline(__always)
  private static func vector(_ bytes: UnsafeMutableRawPointer, _ offset: Int) -> SIMD8<UInt32> {
    bytes.load(fromByteOffset: offset, as: SIMD8<UInt32>.self)
  }

  /// Thirty-two functions: constants and minima stay in registers, a sketch is loaded once.
  private func addToFour(_ sketches: UnsafePointer<UInt32>, _ count: Int, _ offset: Int) {
    let a0 = MinHash.vector(factors, offset)
    let a1 = MinHash.vector(factors, offset + 32)
    let a2 = MinHash.vector(factors, offset + 64)
    let a3 = MinHash.vector(factors, offset + 96)
    let b0 = MinHash.vector(addends, offset)
    let b1 = MinHash.vector(addends, offset + 32)
    let b2 = MinHash.vector(addends, offset + 64)
    let b3 = MinHash.vector(addends, offset + 96)
    var m0 = MinHash.vector(minimaBytes, offset)
    var m1 = MinHash.vector(minimaBytes, offset + 32)
    var m2 = MinHash.vector(minimaBytes, offset + 64)
    var m3 = MinHash.vector(minimaBytes, offset + 96)
    for index in 0..<count {
      let sketch = SIMD8(repeating: sketches[index])
      m0 = pointwiseMin(m0, a0 &* sketch &+ b0)
      m1 = pointwiseMin(m1, a1 &* sketch &+ b1)
      m2 = pointwiseMin(m2, a2 &* sketch &+ b2)
      m3 = pointwiseMin(m3, a3 &* sketch &+ b3)
    }
    minimaBytes.storeBytes(of: m0, toByteOffset: offset, as: SIMD8<UInt32>.self)
    minimaBytes.storeBytes(of: m1, toByteOffset: offset + 32, as: SIMD8<UInt32>.self)
    minimaBytes.storeBytes(of: m2, toByteOffset: offset + 64, as: SIMD8<UInt32>.self)
    minimaBytes.storeBytes(of: m3, toByteOffset: offset + 96, as: SIMD8<UInt32>.self)
  }

  /// Sixteen functions.
  private func addToTwo(_ sketches: UnsafePointer<UInt32>, _ count: Int, _ offset: Int) {
    let a0 = MinHash.vector(factors, offset)
    let a1 = MinHash.vector(factors, offset + 32)
    let b0 = MinHash.vector(addends, offset)
    let b1 = MinHash.vector(addends, offset + 32)
    var m0 = MinHash.vector(minimaBytes, offset)
    var m1 = MinHash.vector(minimaBytes, offset + 32)
    for index in 0..<count {
      let sketch = SIMD8(repeating: sketches[index])
      m0 = pointwiseMin(m0, a0 &* sketch &+ b0)
      m1 = pointwiseMin(m1, a1 &* sketch &+ b1)
    }
    minimaBytes.storeBytes(of: m0, toByteOffset: offset, as: SIMD8<UInt32>.self)
    minimaBytes.storeBytes(of: m1, toByteOffset: offset + 32, as: SIMD8<UInt32>.self)
  }
}
