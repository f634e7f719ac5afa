internal import Foundation

/// Unicode normalisation form C (UAX 15) of bytes that are UTF-8 but for some, with the characters
/// of Unicode 9.0: one that was assigned later stays where it is and parts what stands beside it.
///
/// Most characters are known to stay as they are whatever stands beside them; only the others, each
/// stretch with the character before it, are given to Foundation.
enum CanonicalComposition {
  /// The composed text; nil where it is the text itself.
  static func composed(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard let base = text.baseAddress else { return nil }
    return inert.withUnsafeBufferPointer { inert in
      var result: [UInt8] = []
      var done = 0
      var before = 0
      var place = 0
      while place < text.count {
        if base[place] < 0x80 {
          before = place
          place += 1
          continue
        }
        let (value, length) = UTF8Scalar.decode(base, place, text.count)
        let manner = length == 1 ? apart : value < inert.count ? inert[Int(value)] : joins
        if manner != joins {
          before = manner == apart ? place + length : place
          place += length
          continue
        }
        var end = place + length
        while end < text.count {
          let (value, length) = UTF8Scalar.decode(base, end, text.count)
          if length == 1 || value < inert.count && inert[Int(value)] != joins { break }
          end += length
        }
        let source = UnsafeBufferPointer(rebasing: text[before..<end])
        let target = foundation(source)
        if !target.elementsEqual(source) {
          if result.isEmpty { result.reserveCapacity(text.count) }
          result += UnsafeBufferPointer(rebasing: text[done..<before])
          result += target
          done = end
        }
        before = end
        place = end
      }
      if done == 0 { return nil }
      result += UnsafeBufferPointer(rebasing: text[done...])
      return result
    }
  }

  private static func foundation(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var text = String(decoding: bytes, as: UTF8.self)
    if bytes.count > 256 { text = ordered(text) }
    return Array(text.precomposedStringWithCanonicalMapping.utf8)
  }

  /// The text decomposed, its marks in canonical order (UAX 15, D109): Foundation takes quadratic
  /// time to put a long run of marks in order, and none where it is.
  private static func ordered(_ text: String) -> String {
    var marks: [(order: UInt64, scalar: Unicode.Scalar)] = []
    var result = String.UnicodeScalarView()
    func flush() {
      for mark in marks.sorted(by: { $0.order < $1.order }) { result.append(mark.scalar) }
      marks.removeAll(keepingCapacity: true)
    }
    for whole in text.unicodeScalars {
      for scalar in String(Character(whole)).decomposedStringWithCanonicalMapping.unicodeScalars {
        let order = scalar.properties.canonicalCombiningClass.rawValue
        if order == 0 {
          flush()
          result.append(scalar)
        } else {
          // The place keeps equals in their order.
          marks.append((UInt64(order) << 32 | UInt64(marks.count), scalar))
        }
      }
    }
    flush()
    return String(result)
  }

  /// Blocks without a character that composition changes or joins to the one before it, but for
  /// marks and ``exceptions``.
  private static let blocks: [ClosedRange<UInt32>] = [
    0...0x2FF, 0x370...0xDFF, 0xE00...0xEFF, 0x10A0...0x10FF, 0x1E00...0x1EFF, 0x2002...0x2BFF,
    0x3000...0xA4CF, 0xAC00...0xD7A3, 0xE000...0xF8FF, 0xFE00...0xFE0F, 0xFF00...0xFFEF,
    0x1F000...0x1FAFF, 0x20000...0x2F7FF, 0x30000...0x3FFFF,
  ]

  /// Characters in those blocks that composition replaces (NFC_Quick_Check = No).
  private static let exceptions: [ClosedRange<UInt32>] = [
    0x374...0x374, 0x37E...0x37E, 0x387...0x387, 0x958...0x95F, 0x9DC...0x9DF, 0xA33...0xA36,
    0xA59...0xA5E, 0xB5C...0xB5D, 0x2126...0x2126, 0x212A...0x212B, 0x2329...0x232A,
    0x2ADC...0x2ADC,
  ]

  /// The newest Unicode version whose characters compose and are put in order: that of Hugging
  /// Face's crate (`unicode-normalization-alignments`), as its answers show.
  static let version = 9

  /// Changes, or joins what stands before it: a matter for Foundation.
  static let joins: UInt8 = 0
  /// Stays as it is and joins nothing before it.
  static let stays: UInt8 = 1
  /// Stays as it is, and nothing joins it: younger than ``version``, or not UTF-8.
  static let apart: UInt8 = 2

  /// How each scalar behaves, made at the first use.
  static let inert: [UInt8] = {
    var inert = [UInt8](repeating: joins, count: ScalarClass.tableCount)
    for value in blocks.joined() {
      guard let scalar = Unicode.Scalar(value) else { continue }
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: continue
      default:
        inert[Int(value)] =
          scalar.properties.canonicalCombiningClass == .notReordered ? stays : joins
      }
    }
    for value in exceptions.joined() { inert[Int(value)] = joins }
    for value in UInt32(0x300)..<UInt32(inert.count) {
      guard let age = Unicode.Scalar(value)?.properties.age else { continue }
      if age.major > version { inert[Int(value)] = apart }
    }
    return inert
  }()
}
