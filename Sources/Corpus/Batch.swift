public import Streams

/// Consecutive decoded bytes of a shard, cut behind a record: the unit of work.
///
/// Where a batch ends depends on the shard's bytes alone, never on reads or threads: behind the
/// first line end at or after ``Batch/targetSize`` bytes. So a batch is a unit of output too: its
/// kept records are one frame of a compressed part.
public final class Batch {
  /// A batch ends behind the first record that reaches this many bytes.
  public static let targetSize = 1 << 20
  /// The longest record that is judged, its line end not counted.
  public static let recordLimit = 64 << 20

  /// Its number in the shard, from 0.
  public let index: Int
  /// Decoded bytes before it in the shard.
  public let offset: Int64
  /// Its bytes.
  public let block: ByteBlock
  /// How many of its first bytes belong to a record that is too long and began in a batch before.
  public let continuation: Int
  /// Whether its last record is too long and goes on in the next batch.
  public let isCutShort: Bool
  /// How the stream is damaged behind its last line end; only in the last batch.
  public let damage: StreamDamage?

  /// Bytes of the file that were read for it: for progress only.
  public let fileBytes: Int64

  /// How many bytes it has; their block may be in use elsewhere when the batch is done.
  public let byteCount: Int

  init(
    index: Int, offset: Int64, block: ByteBlock, continuation: Int, isCutShort: Bool,
    damage: StreamDamage?, fileBytes: Int64
  ) {
    self.fileBytes = fileBytes
    byteCount = block.count
    self.index = index
    self.offset = offset
    self.block = block
    self.continuation = continuation
    self.isCutShort = isCutShort
    self.damage = damage
  }
}
