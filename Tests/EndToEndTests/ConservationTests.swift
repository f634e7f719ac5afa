import Foundation
import Streams
import TestSupport
import Testing

/// Real corpora, with the counts that other tools give (`zstdcat FILE | grep -c .` and the like).
@Suite(.enabled(if: Repository.shared != nil, "needs ../shared")) struct ConservationTests {
  struct Expectation: Sendable {
    var inputs: [String]
    var read: Int
    var kept: Int
    var duplicate: Int
    var quarantined = 0
    var status: Int32 = 0
  }

  @Test(
    "every document of the real corpora is accounted for",
    arguments: [
      Expectation(
        inputs: ["uscode/uscode_titles_01-25.jsonl.zst"], read: 72_259, kept: 72_226,
        duplicate: 33),
      Expectation(
        inputs: ["tldr_pages/tldr_en.jsonl.zst"], read: 7_425, kept: 7_421, duplicate: 4),
      Expectation(
        inputs: ["tldr_pages/tldr_langs_A.jsonl.gz"], read: 15_202, kept: 15_126, duplicate: 76),
      Expectation(
        inputs: ["chinese_poetry/poet_song_40000.jsonl.gz"], read: 40_000, kept: 39_946,
        duplicate: 54),
      // Three one-line records of `formats` have no text; copies in gzip stand beside the plain.
      Expectation(
        inputs: [
          "dolma_testdata/multiple_files", "dolma_testdata/formats",
          "dolma_testdata/provided/documents", "dolma_testdata/provided/deduper",
        ], read: 73, kept: 31, duplicate: 39, quarantined: 3, status: 1),
    ])
  func realCorpora(expected: Expectation) throws {
    try withScratchFolder { folder in
      let plan = try writePlan(
        "plan: exact\nversion: 1\nduplicates: {exact: true}\n", in: folder)
      let summary = try BuiltCommand.curate(
        plan, expected.inputs.map { Repository.shared("data/\($0)").path },
        to: folder.appendingPathComponent("out").path, expecting: expected.status)
      #expect(summary.isBalanced)
      #expect(summary.read == expected.read)
      #expect(summary.kept == expected.kept)
      #expect(summary.duplicate == expected.duplicate)
      #expect(summary.quarantined == expected.quarantined)
    }
  }

  @Test(
    "damaged streams: an entry for the rest, records of an unverified frame set apart, exit 1",
    arguments: [
      // Of 800 lines: how many can be decoded (as zlib and zstd(1) do), how many stand in a frame
      // that is whole or merely cut off, and whether the stream is damaged.
      ("g_bad_crc.gz", 800, 0, true), ("g_bad_isize.gz", 800, 0, true),
      ("g_missing_trailer.gz", 800, 800, true), ("g_second_member_truncated.gz", 399, 399, true),
      ("g_trailing_garbage.gz", 800, 800, true), ("z_bad_checksum.zst", 702, 0, true),
      ("z_bitflip_middle.zst", 702, 0, true), ("z_needs_dict.zst", 0, 0, true),
      ("z_truncated_skippable.zst", 800, 800, true), ("l_bad_header_checksum.lz4", 0, 0, true),
      ("g_multi_member.gz", 800, 800, false), ("g_zero_padding.gz", 800, 800, false),
      ("z_empty_frame_then_data.zst", 800, 800, false), ("z_multi_frame.zst", 800, 800, false),
      ("z_multi_frame_split_midline.zst", 800, 800, false),
      ("z_no_content_size.zst", 800, 800, false), ("z_single_checksum.zst", 800, 800, false),
      ("z_window_27.zst", 800, 800, false), ("l_empty.lz4", 0, 0, false),
      ("l_independent_64k.lz4", 800, 800, false),
    ])
  func compressionEdge(name: String, decoded lines: Int, kept: Int, isDamaged: Bool) throws {
    try withScratchFolder { folder in
      let plan = try writePlan(passPlan, in: folder)
      let output = folder.appendingPathComponent("out")
      let summary = try BuiltCommand.curate(
        plan, [Repository.shared("data/compression_edge/\(name)").path], to: output.path,
        expecting: isDamaged ? 1 : 0)
      #expect(summary.read == lines + (isDamaged ? 1 : 0))
      #expect(summary.kept == kept)
      #expect(summary.quarantined == summary.read - kept)
      #expect(summary.isBalanced)
      // What is kept is the payload's first lines, byte for byte, in the same compression.
      let payload = try Data(contentsOf: Repository.shared("data/compression_edge/payload.jsonl"))
      let first = payload.split(separator: 0x0A, omittingEmptySubsequences: true).prefix(kept)
      let expected = Data(first.map { Data($0) + [0x0A] }.joined())
      let part = output.appendingPathComponent("corpus/\(name)")
      #expect(try decoded(part.path) == expected)
    }
  }

  @Test("the control list tags the two chunks of the US code that name an agent, and keeps all")
  func controlList() throws {
    try withScratchFolder { folder in
      let plan = Repository.root.appendingPathComponent("Filters/plans/control-list-review.yaml")
      let output = folder.appendingPathComponent("out").path
      let summary = try BuiltCommand.curate(
        plan.path, [Repository.shared("data/uscode/uscode_titles_01-25.jsonl.zst").path],
        to: output, expecting: 0)
      #expect(summary.read == 72_259)
      #expect(summary.kept == 72_259)
      // The same two that a plain search for the names, whole words, finds.
      for id in ["title-18/chunck-123", "title-22/chunck-5792"] {
        let trace = try BuiltCommand.run([
          "audit", "trace", "--output", output, "--id", id, "--json",
        ])
        let answers = try JSONSerialization.jsonObject(with: trace.stdout) as? [[String: Any]] ?? []
        let answer = try #require(answers.first)
        #expect(answer["verdict"] as? String == "kept")
        #expect((answer["matches"] as? [Any])?.isEmpty == false)
      }
      let other = try BuiltCommand.run([
        "audit", "trace", "--output", output, "--id", "title-18/chunck-124", "--json",
      ])
      let answers = try JSONSerialization.jsonObject(with: other.stdout) as? [[String: Any]] ?? []
      #expect((answers.first?["matches"] as? [Any])?.isEmpty == true)
    }
  }

  @Test("zstd's golden frames are read to their end and are no JSON")
  func zstdGolden() throws {
    try withScratchFolder { folder in
      let plan = try writePlan(passPlan, in: folder)
      let input = Repository.shared("data/zstd_golden/golden-decompression")
      let names = ["block-128k.zst", "empty-block.zst", "rle-first-block.zst"]
      let summary = try BuiltCommand.curate(
        plan, names.map { input.appendingPathComponent($0).path },
        to: folder.appendingPathComponent("out").path, expecting: 0)
      #expect(summary.read == 2)
      #expect(summary.reasons == ["invalid-json": 2])
    }
  }
}

/// The decoded bytes of a file.
func decoded(_ path: String) throws -> Data {
  let source = try DecodedSource(try FileSource(path: path))
  let block = ByteBlock(capacity: 1 << 16)
  while try source.read(into: block) {}
  return Data(block.bytes)
}
