import Streams

/// One small shard for every format and for every defect, named after it.
enum DefectCorpus {
  static func shards(seed: UInt64) -> [Shard] {
    var writer = Writer(seed: seed, prefix: "defect")
    return sound(&writer) + records(&writer) + lines(&writer) + streams(&writer)
  }

  /// Nothing is wrong: each format, plain and in each compression.
  private static func sound(_ writer: inout Writer) -> [Shard] {
    var shards: [Shard] = []
    for compression in Compression.allCases {
      var lines = Shard("sound.jsonl\(compression.suffix)", compression)
      surround(&writer, &lines) { _, _ in }
      var text = Shard("sound.txt\(compression.suffix)", compression)
      text.append(Array(writer.letter().utf8), id: "", .clean)
      shards += [lines, text]
    }
    for name in ["sound.json", "sound.ndjson"] {
      var shard = Shard(name)
      surround(&writer, &shard) { _, _ in }
      shards.append(shard)
    }
    // The compression is known by its magic bytes, whatever the name says.
    var misnamed = Shard("gzip-without-its-suffix.jsonl", .gzip)
    surround(&writer, &misnamed) { _, _ in }
    return shards + [misnamed]
  }

  /// One bad record between sound ones.
  private static func records(_ writer: inout Writer) -> [Shard] {
    var shards: [Shard] = []
    for defect in RecordDefect.allCases {
      var shard = Shard("\(defect.rawValue).jsonl")
      surround(&writer, &shard) { $0.append(defect, to: &$1) }
      shards.append(shard)
    }
    var repeated = Shard("repeated-id.jsonl")
    surround(&writer, &repeated) { $0.appendRepeatedID(to: &$1) }
    var text = Shard("invalid-utf8.txt")
    text.append(
      Array("The name of the ferry was caf".utf8) + [0xC3], id: "", .quarantined,
      RecordDefect.invalidUTF8.rawValue)
    return shards + [repeated, text]
  }

  /// Oddities of lines that lose no record.
  private static func lines(_ writer: inout Writer) -> [Shard] {
    var windows = Shard("crlf.jsonl")
    windows.lineEnd = [0x0D, 0x0A]
    surround(&writer, &windows) { _, _ in }
    var marked = Shard("byte-order-mark.jsonl")
    marked.append(unread: [0xEF, 0xBB, 0xBF])
    surround(&writer, &marked) { _, _ in }
    var blank = Shard("blank-lines.jsonl")
    blank.append(unread: [0x0A])
    surround(&writer, &blank) { $1.append(unread: [0x0A, 0x0A]) }
    blank.append(unread: [0x0A])
    var unended = Shard("no-final-newline.jsonl")
    surround(&writer, &unended) { _, _ in }
    unended.dropFinalLineEnd()
    return [windows, marked, blank, unended, Shard("empty.jsonl")]
  }

  /// Streams of many members or frames, and streams that break.
  private static func streams(_ writer: inout Writer) -> [Shard] {
    var shards: [Shard] = []
    for compression in [Compression.gzip, .zstd, .lz4] {
      let suffix = ".jsonl\(compression.suffix)"
      let name = compression == .gzip ? "many-members" : "many-frames"
      var many = Shard(name + suffix, compression)
      for _ in 0..<4 {
        writer.appendOrdinary(to: &many)
        many.endFrame()
      }
      var truncated = Shard("truncated" + suffix, compression)
      surround(&writer, &truncated) { _, _ in }
      truncated.appendBrokenFrame([writer.ordinary().line, writer.ordinary().line], .truncated)
      shards += [many, truncated]
      guard compression != .gzip else { continue }
      var skippable = Shard("skippable-frames" + suffix, compression)
      skippable.appendSkippableFrame()
      surround(&writer, &skippable) { $1.appendSkippableFrame() }
      skippable.appendSkippableFrame()
      shards.append(skippable)
    }
    var corrupt = Shard("corrupt.jsonl.zst", .zstd)
    surround(&writer, &corrupt) { _, _ in }
    corrupt.appendBrokenFrame([writer.ordinary().line, writer.ordinary().line], .reservedBit)
    return shards + [corrupt]
  }

  /// Two ordinary records, what is to be shown, and two more.
  private static func surround(
    _ writer: inout Writer, _ shard: inout Shard, with middle: (inout Writer, inout Shard) -> Void
  ) {
    for _ in 0..<2 { writer.appendOrdinary(to: &shard) }
    middle(&writer, &shard)
    for _ in 0..<2 { writer.appendOrdinary(to: &shard) }
  }
}
