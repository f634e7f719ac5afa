import Corpus
import Testing

@Suite("Formats by name") struct ShardFormatTests {
  @Test(
    "the name tells the format",
    arguments: [
      ("a.jsonl", ShardFormat.jsonLines), ("a.ndjson", .jsonLines), ("a.json", .jsonLines),
      ("a.txt", .text), ("A.JSONL", .jsonLines), ("a.Txt", .text), ("a.jsonl.gz", .jsonLines),
      ("a.json.ZST", .jsonLines), ("a.txt.lz4", .text), ("a.txt.zstd", .text),
      ("part-0001.gz", .jsonLines), ("shard.zst", .jsonLines), ("a.b.c.jsonl", .jsonLines),
      ("a.txt.jsonl", .jsonLines), ("a.jsonl.txt", .text), ("résumé.txt", .text),
      ("a.parquet", nil), ("a.csv", nil), ("a.tar.gz", nil), ("a.jsonl.bz2", nil),
      ("a.jsonl.gz.gz", nil), ("jsonl", nil), ("txt", nil), ("gz", nil), ("a", nil), ("", nil),
      ("a.", nil), (".", nil), ("a.jsonl~", nil), ("a.jsonlx", nil), ("a.gz.part", nil),
    ] as [(String, ShardFormat?)]) func names(name: String, format: ShardFormat?)
  {
    #expect(ShardFormat.of(name: name) == format)
  }

  @Test("no ending belongs to two formats") func endings() {
    let endings = ShardFormat.allCases.flatMap(\.nameEndings)
    #expect(Set(endings).count == endings.count)
    for format in ShardFormat.allCases {
      #expect(format.nameEndings.allSatisfy { ShardFormat.of(name: "a.\($0)") == format })
    }
  }
}
