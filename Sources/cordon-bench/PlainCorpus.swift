import Streams

/// A corpus of any size without a defect: JSON lines in equal shards, or one text file a document.
enum PlainCorpus {
  static func shards(
    seed: UInt64, documents: Int, shards count: Int, compression: Compression
  ) -> [Shard] {
    var writer = Writer(seed: seed, prefix: "plain")
    return (0..<count).map { index in
      var shard = Shard(
        "shard-\(padded(index, 5)).jsonl\(compression.suffix)", compression)
      let first = documents * index / count
      writer.append(documents * (index + 1) / count - first, to: &shard)
      return shard
    }
  }

  static func texts(seed: UInt64, documents: Int, compression: Compression) -> [Shard] {
    var writer = Writer(seed: seed, prefix: "plain")
    return (0..<documents).map { index in
      let path = "\(padded(index / 1000, 4))/\(padded(index % 1000, 3)).txt"
      var shard = Shard(path + compression.suffix, compression)
      shard.append(Array(writer.letter().utf8), id: "", .clean)
      return shard
    }
  }

  private static func padded(_ number: Int, _ digits: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
  }
}
