internal import GRDB

/// The tables of the ledger.
///
/// A migration that was released is never edited: a later change is a migration of its own.
enum LedgerSchema {
  /// `CORD`, in the file's header: what file(1) and other programs know a ledger by.
  static let applicationID = 0x434F_5244

  static let curationMigration = "1 curation"
  static let nearDuplicatesMigration = "2 near duplicates"
  static let modelsMigration = "3 models"
  static let trainingMigration = "4 training"
  static let unlearningMigration = "5 unlearning"
  static let intervalsMigration = "6 intervals"

  /// All migrations, oldest first.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration(curationMigration, foreignKeyChecks: .immediate) { db in
      try db.execute(sql: runs)
      try db.execute(sql: shards)
      try db.execute(sql: log)
      try makeAppendOnly(tablesOfCuration, db)
    }
    migrator.registerMigration(nearDuplicatesMigration, foreignKeyChecks: .immediate) { db in
      try db.execute(sql: nearDuplicates())
      try makeAppendOnly(tablesOfNearDuplicates, db)
    }
    migrator.registerMigration(modelsMigration, foreignKeyChecks: .immediate) { db in
      try db.execute(sql: models())
      try makeAppendOnly(tablesOfModels, db)
    }
    migrator.registerMigration(trainingMigration, foreignKeyChecks: .immediate) { db in
      try db.execute(sql: training())
      try makeAppendOnly(tablesOfTraining, db)
    }
    migrator.registerMigration(unlearningMigration, foreignKeyChecks: .immediate) { db in
      try db.execute(sql: unlearning())
      try makeAppendOnly(tablesOfUnlearning, db)
    }
    migrator.registerMigration(intervalsMigration, foreignKeyChecks: .immediate) { db in
      try db.execute(sql: intervals())
      try makeAppendOnly(tablesOfIntervals, db)
    }
    return migrator
  }

  private static func makeAppendOnly(_ tables: [String], _ db: Database) throws {
    for table in tables {
      for change in ["UPDATE", "DELETE"] {
        try db.execute(
          sql: """
            CREATE TRIGGER \(table)_no_\(change.lowercased()) BEFORE \(change) ON \(table)
            BEGIN SELECT RAISE(ABORT, '\(table) is append-only'); END
            """)
      }
    }
  }

  /// The tables whose rows never change. Triggers stop accidents; what stops an attacker are the
  /// hashes.
  static let appendOnly =
    tablesOfCuration + tablesOfNearDuplicates + tablesOfModels + tablesOfTraining
    + tablesOfUnlearning + tablesOfIntervals

  /// Those of the first migration.
  private static let tablesOfCuration = [
    "artefact", "ruleset", "code_version", "machine", "run_ruleset", "rule", "reason", "shard",
    "shard_run", "reason_count", "decision", "duplicate", "rule_match", "snapshot",
    "snapshot_part", "log_entry",
  ]

  /// What is run: bodies, plans and settings are exact bytes, so nothing depends on how another
  /// program would write them. `seed` is the bit pattern of an unsigned number.
  private static let runs = """
    CREATE TABLE artefact(
      id INTEGER PRIMARY KEY,
      sha256 BLOB NOT NULL UNIQUE CHECK(length(sha256) = 32),
      bytes INTEGER NOT NULL CHECK(bytes >= 0)
    ) STRICT;

    CREATE TABLE ruleset(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL,
      version TEXT NOT NULL,
      sha256 BLOB NOT NULL CHECK(length(sha256) = 32),
      body BLOB NOT NULL,
      UNIQUE(sha256, name, version)
    ) STRICT;

    CREATE TABLE code_version(
      id INTEGER PRIMARY KEY,
      version TEXT NOT NULL,
      binary_sha256 BLOB NOT NULL CHECK(length(binary_sha256) = 32),
      swift TEXT NOT NULL,
      libraries TEXT NOT NULL,
      UNIQUE(binary_sha256, version, swift, libraries)
    ) STRICT;

    CREATE TABLE machine(
      id INTEGER PRIMARY KEY,
      os TEXT NOT NULL,
      cpu TEXT NOT NULL,
      cores INTEGER NOT NULL,
      sqlite TEXT NOT NULL,
      UNIQUE(os, cpu, cores, sqlite)
    ) STRICT;

    CREATE TABLE run(
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE CHECK(name <> ''),
      kind TEXT NOT NULL,
      plan BLOB NOT NULL,
      settings TEXT NOT NULL,
      seed INTEGER NOT NULL,
      code_version INTEGER NOT NULL REFERENCES code_version,
      machine INTEGER NOT NULL REFERENCES machine,
      state TEXT NOT NULL CHECK(state IN ('START', 'COMPLETE')),
      root BLOB CHECK(length(root) = 32),
      started_us INTEGER NOT NULL,
      ended_us INTEGER,
      CHECK((state = 'COMPLETE') = (root IS NOT NULL)),
      CHECK((state = 'COMPLETE') = (ended_us IS NOT NULL))
    ) STRICT;
    CREATE TRIGGER run_only_completes BEFORE UPDATE ON run
    WHEN OLD.state = 'COMPLETE' OR NEW.state <> 'COMPLETE' OR NEW.name <> OLD.name
      OR NEW.kind <> OLD.kind OR NEW.plan <> OLD.plan OR NEW.settings <> OLD.settings
      OR NEW.seed <> OLD.seed OR NEW.code_version <> OLD.code_version
      OR NEW.machine <> OLD.machine OR NEW.started_us <> OLD.started_us
    BEGIN SELECT RAISE(ABORT, 'a run changes only when it completes'); END;
    CREATE TRIGGER run_no_delete BEFORE DELETE ON run
    BEGIN SELECT RAISE(ABORT, 'run is append-only'); END;

    CREATE TABLE run_ruleset(
      run INTEGER NOT NULL REFERENCES run,
      ord INTEGER NOT NULL,
      ruleset INTEGER NOT NULL REFERENCES ruleset,
      PRIMARY KEY(run, ord)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE rule(
      run INTEGER NOT NULL,
      ord INTEGER NOT NULL CHECK(ord >= 1),
      ruleset INTEGER NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY(run, ord),
      FOREIGN KEY(run, ruleset) REFERENCES run_ruleset(run, ord)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE reason(
      run INTEGER NOT NULL REFERENCES run,
      ord INTEGER NOT NULL CHECK(ord >= 1),
      name TEXT NOT NULL,
      PRIMARY KEY(run, ord),
      UNIQUE(run, name)
    ) STRICT, WITHOUT ROWID;
    """

  /// What becomes of the shards. A row of `shard_run` is the commit of a shard: it is there or it
  /// is not. `id_hash` is the bit pattern of an unsigned number.
  private static let shards = """
    CREATE TABLE shard(
      id INTEGER PRIMARY KEY,
      run INTEGER NOT NULL REFERENCES run,
      ord INTEGER NOT NULL CHECK(ord >= 0),
      path TEXT NOT NULL,
      UNIQUE(run, ord),
      UNIQUE(run, path)
    ) STRICT;

    CREATE TABLE shard_run(
      id INTEGER PRIMARY KEY REFERENCES shard,
      attempt INTEGER NOT NULL CHECK(attempt >= 1),
      input INTEGER NOT NULL REFERENCES artefact,
      output INTEGER REFERENCES artefact,
      format TEXT NOT NULL,
      compression TEXT NOT NULL,
      read INTEGER NOT NULL,
      kept INTEGER NOT NULL CHECK(kept >= 0),
      dropped INTEGER NOT NULL CHECK(dropped >= 0),
      duplicate INTEGER NOT NULL CHECK(duplicate >= 0),
      quarantined INTEGER NOT NULL CHECK(quarantined >= 0),
      edited INTEGER NOT NULL CHECK(edited BETWEEN 0 AND read),
      bytes_read INTEGER NOT NULL CHECK(bytes_read >= 0),
      bytes_kept INTEGER NOT NULL CHECK(bytes_kept >= 0),
      records INTEGER NOT NULL REFERENCES artefact,
      root BLOB NOT NULL CHECK(length(root) = 32),
      details BLOB NOT NULL CHECK(length(details) = 32),
      damage TEXT,
      repeated_ids INTEGER NOT NULL CHECK(repeated_ids BETWEEN 0 AND read),
      committed_us INTEGER NOT NULL,
      CONSTRAINT conservation CHECK(read = kept + dropped + duplicate + quarantined),
      CONSTRAINT kept_stand_in_a_part CHECK(kept = 0 OR output IS NOT NULL)
    ) STRICT;

    CREATE TABLE reason_count(
      shard_run INTEGER NOT NULL REFERENCES shard_run,
      reason INTEGER NOT NULL CHECK(reason >= 1),
      documents INTEGER NOT NULL CHECK(documents >= 1),
      PRIMARY KEY(shard_run, reason)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE decision(
      shard_run INTEGER NOT NULL REFERENCES shard_run,
      row INTEGER NOT NULL CHECK(row >= 0),
      verdict INTEGER NOT NULL CHECK(verdict BETWEEN 1 AND 3),
      flags INTEGER NOT NULL CHECK(flags BETWEEN 0 AND 255),
      reason INTEGER NOT NULL CHECK(reason BETWEEN 1 AND 65535),
      rule INTEGER NOT NULL CHECK(rule BETWEEN 0 AND 4294967295),
      digest BLOB NOT NULL CHECK(length(digest) = 32),
      id_hash INTEGER NOT NULL,
      text_length INTEGER NOT NULL CHECK(text_length BETWEEN 0 AND 4294967295),
      PRIMARY KEY(shard_run, row)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE duplicate(
      shard_run INTEGER NOT NULL REFERENCES shard_run,
      row INTEGER NOT NULL,
      survivor_shard INTEGER NOT NULL CHECK(survivor_shard >= 0),
      survivor_row INTEGER NOT NULL CHECK(survivor_row >= 0),
      PRIMARY KEY(shard_run, row)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE rule_match(
      shard_run INTEGER NOT NULL REFERENCES shard_run,
      row INTEGER NOT NULL CHECK(row >= 0),
      start INTEGER NOT NULL CHECK(start >= 0),
      length INTEGER NOT NULL CHECK(length BETWEEN 0 AND 4294967295),
      rule INTEGER NOT NULL CHECK(rule BETWEEN 1 AND 4294967295),
      PRIMARY KEY(shard_run, row, start, length, rule)
    ) STRICT, WITHOUT ROWID;
    """

  /// What can be shown to others: finished corpora, and the log whose entries are the leaves of
  /// one more RFC 6962 tree.
  private static let log = """
    CREATE TABLE snapshot(
      id INTEGER PRIMARY KEY,
      run INTEGER NOT NULL UNIQUE REFERENCES run,
      documents INTEGER NOT NULL CHECK(documents >= 0),
      bytes INTEGER NOT NULL CHECK(bytes >= 0),
      root BLOB NOT NULL CHECK(length(root) = 32)
    ) STRICT;

    CREATE TABLE snapshot_part(
      snapshot INTEGER NOT NULL REFERENCES snapshot,
      ord INTEGER NOT NULL,
      shard_run INTEGER NOT NULL REFERENCES shard_run,
      output INTEGER REFERENCES artefact,
      PRIMARY KEY(snapshot, ord)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE log_entry(
      idx INTEGER PRIMARY KEY CHECK(idx >= 0),
      kind TEXT NOT NULL,
      body BLOB NOT NULL CHECK(length(body) <= 65535),
      leaf BLOB NOT NULL CHECK(length(leaf) = 32),
      at_us INTEGER NOT NULL
    ) STRICT;
    CREATE TRIGGER log_entry_is_dense BEFORE INSERT ON log_entry
    WHEN NEW.idx <> (SELECT coalesce(max(idx), -1) + 1 FROM log_entry)
    BEGIN SELECT RAISE(ABORT, 'log_entry has a gap'); END;
    """
}
