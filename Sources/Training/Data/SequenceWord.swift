/// A token in its place in a sequence: one word of a ``SequenceFile``.
///
/// | bits | |
/// |---|---|
/// | 0–23 | the token |
/// | 24 | a document begins here |
/// | 25 | it is scored when it is predicted |
/// | 26 | it is padding, which belongs to no document |
public struct SequenceWord: Sendable, Equatable {
  /// The bits.
  public var bits: UInt32

  /// One more than the largest token that fits.
  public static let tokenLimit = 1 << 24

  private static let tokenMask: UInt32 = 0xFF_FFFF
  private static let begins: UInt32 = 1 << 24
  private static let scored: UInt32 = 1 << 25
  private static let pads: UInt32 = 1 << 26

  /// A word of these bits.
  public init(bits: UInt32) { self.bits = bits }

  /// A token.
  ///
  /// - Precondition: it is from 0 to 2^24 - 1.
  public init(token: Int32, beginsDocument: Bool = false, isScored: Bool) {
    precondition(token >= 0 && token < Int32(SequenceWord.tokenLimit), "a token of 24 bits")
    bits =
      UInt32(token) | (beginsDocument ? SequenceWord.begins : 0)
      | (isScored ? SequenceWord.scored : 0)
  }

  /// What fills a sequence behind its last document: token 0, which is not scored.
  public static let padding = SequenceWord(bits: pads)

  /// The token.
  public var token: Int32 { Int32(bits & SequenceWord.tokenMask) }
  /// Whether a document begins here; what goes on from the sequence before does not.
  public var beginsDocument: Bool { bits & SequenceWord.begins != 0 }
  /// Whether it is scored when it is predicted. Nothing predicts the first word of a document.
  public var isScored: Bool { bits & SequenceWord.scored != 0 }
  /// Whether it is padding.
  public var isPadding: Bool { bits & SequenceWord.pads != 0 }

  /// Whether the row of the word before predicts this one and is scored for it.
  public var isTarget: Bool {
    bits & (SequenceWord.begins | SequenceWord.scored | SequenceWord.pads) == SequenceWord.scored
  }

  /// Whether the bits mean something: no unknown ones, and padding says nothing else.
  public var isValid: Bool {
    bits >> 27 == 0 && (!isPadding || bits == SequenceWord.pads)
  }
}
