import Foundation
import GRDB
import Streams
import Testing

@testable import Ledger

/// Hashes that the first released layout gave: they stand in ledgers and on paper.
@Suite struct LedgerGoldenTests {
  static func filled(_ path: String) throws -> Ledger {
    let ledger = try Ledger(creating: path)
    for run in ["c0ffee", "beef"] {
      try ledger.begin(Example.run(run))
      for shard in 0..<3 { try ledger.commit(Example.commit(shard: shard, run: run)) }
      _ = try ledger.finish(run: run)
    }
    return ledger
  }

  @Test("roots and digests of a ledger without near duplicates are what they were")
  func roots() throws {
    let folder = try TemporaryFolder()
    let ledger = try Self.filled(folder.file("ledger.sqlite"))
    #expect(
      try ledger.summary(of: "c0ffee").root?.hex
        == "ce1ae7591ad072d8b69608d3c14e07c7bd060d024c790d26214fec8d9b808420")
    #expect(
      try ledger.summary(of: "beef").root?.hex
        == "fcd3028647a6662139369f81698a20b05cd767497d928c43fc59697afbc7e722")
    let details = try ledger.committedShards(of: "c0ffee").sorted { $0.key < $1.key }
      .map(\.value.details.hex)
    #expect(
      details == [
        "41f4c3d852855e1e8f20d86ee1103d6505f750619c1100413d2a9f8aee2cc934",
        "d59001b4f7971a3aa5ff5f5866d14b5653c91897d0342c0fd2057edd884454ab",
        "20592152f616551fa11195739aa8e33c77b997892b99ae0c3a0a63babdf53aaa",
      ])
    let log = try ledger.logRoot()
    #expect(log.size == 12)
    #expect(
      log.root.hex == "37eb1403a0c6c61087ab020924d272c5643307beeeb31d17d1d6623932020e78")
  }

  @Test("a ledger of the first version is read as it is, and taken along when it is written")
  func firstVersion() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("ledger.sqlite")
    let dump: String
    do {
      let ledger = try Self.filled(path)
      dump = try ledger.dump()
      try ledger.queue.write { db in
        let tables =
          LedgerSchema.tablesOfNearDuplicates + LedgerSchema.tablesOfModels
          + LedgerSchema.tablesOfTraining + LedgerSchema.tablesOfUnlearning
          + LedgerSchema.tablesOfIntervals
        for table in tables.reversed() { try db.execute(sql: "DROP TABLE \(table)") }
        try db.execute(
          sql: "DELETE FROM grdb_migrations WHERE identifier <> ?",
          arguments: [LedgerSchema.curationMigration])
      }
    }
    let before = try Data(contentsOf: URL(fileURLWithPath: path))
    for mode in [0o644, 0o444] {
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
      let reader = try Ledger(reading: path)
      try reader.verify()
      #expect(try reader.dump() == dump)
      #expect(try reader.summary(of: "c0ffee").measures.isEmpty)
      #expect(try reader.similarity(run: "c0ffee", shard: 0, row: 4) == nil)
      #expect(try reader.newestSnapshot(from: "c0ffee")?.run == "c0ffee")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    let writer = try Ledger(creating: path)
    try writer.verify()
    #expect(try writer.dump() == dump)
    try writer.begin(NearExample.run("near"))
    try writer.commit(NearExample.commit(shard: 0, run: "near"))
    #expect(try writer.similarity(run: "near", shard: 0, row: 4) != nil)
  }
}
