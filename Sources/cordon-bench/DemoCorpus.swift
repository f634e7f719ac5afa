import Streams

/// The corpus of `Scripts/demo`: every format and compression, and one damaged stream.
///
/// Shards are written in the byte order of their paths, so that of two equal texts the earlier one
/// is the survivor.
enum DemoCorpus {
  static func shards(seed: UInt64, documents: Int) -> [Shard] {
    var writer = Writer(seed: seed, prefix: "demo")
    let share = max(8, documents / 6)  // six shards of many documents
    return [
      lineEnds(&writer, share), Shard("archive/shard-01.jsonl"), truncated(&writer, share),
    ] + letters(&writer) + [
      defects(&writer, share),
      frames("notes/shard-04.jsonl.gz", .gzip, &writer, share),
      frames("notes/shard-05.jsonl.lz4", .lz4, &writer, share),
      frames("notes/shard-06.jsonl.zst", .zstd, &writer, share),
      reprints(&writer),
    ]
  }

  /// Near copies: of documents that are kept, and of hazards without what gave them away.
  private static func reprints(_ writer: inout Writer) -> Shard {
    var shard = Shard("reprints/shard-07.jsonl")
    for _ in 0..<4 {
      writer.appendOrdinary(to: &shard)
      writer.appendReprint(to: &shard)
      writer.appendReprint(to: &shard)
      writer.appendCleanedHazard(to: &shard)
    }
    return shard
  }

  /// A byte-order mark, CRLF, blank lines, and no line end at the end.
  private static func lineEnds(_ writer: inout Writer, _ count: Int) -> Shard {
    var shard = Shard("archive/shard-00.jsonl")
    shard.append(unread: [0xEF, 0xBB, 0xBF])
    shard.lineEnd = [0x0D, 0x0A]
    writer.append(count / 2, to: &shard)
    shard.append(unread: [0x0D, 0x0A, 0x0D, 0x0A])
    writer.append(count - count / 2, to: &shard)
    shard.dropFinalLineEnd()
    return shard
  }

  /// A transfer that failed: one whole member, and the head of a second.
  private static func truncated(_ writer: inout Writer, _ count: Int) -> Shard {
    var shard = Shard("archive/shard-02.jsonl.gz", .gzip)
    writer.append(count / 2, to: &shard)
    shard.appendBrokenFrame((0..<4).map { _ in writer.ordinary().line }, .truncated)
    return shard
  }

  private static func letters(_ writer: inout Writer) -> [Shard] {
    (0..<6).map { index in
      var shard = Shard("letters/letter-0\(index).txt")
      let disguise: Hazard.Disguise? = index == 4 ? .lineBreak : nil
      shard.append(
        Array(writer.letter(disguise).utf8), id: "", disguise == nil ? .clean : .hazard,
        disguise?.rawValue ?? "")
      return shard
    }
  }

  private static func defects(_ writer: inout Writer, _ count: Int) -> Shard {
    var shard = Shard("notes/shard-03.jsonl")
    for defect in RecordDefect.allCases {
      writer.append(max(1, count / 8), to: &shard)
      writer.append(defect, to: &shard)
    }
    writer.appendRepeatedID(to: &shard)
    return shard
  }

  /// Two members or frames; with a skippable one between them where the format has them.
  private static func frames(
    _ path: String, _ compression: Compression, _ writer: inout Writer, _ count: Int
  ) -> Shard {
    var shard = Shard(path, compression)
    writer.append(count / 2, to: &shard)
    if compression == .gzip { shard.endFrame() } else { shard.appendSkippableFrame() }
    writer.append(count - count / 2, to: &shard)
    return shard
  }
}
