extension LedgerSchema {
  /// The tables of the second migration whose rows never change.
  static let tablesOfNearDuplicates = [
    "similarity", "against_shard", "measure", "snapshot_parent",
  ]

  /// Why documents are near duplicates, what a run was compared with and what it measured, and
  /// which snapshot came out of which.
  ///
  /// - Parameter temporary: make the tables in memory, empty: so is read what an earlier Cordon
  ///   wrote, who had none of them.
  static func nearDuplicates(temporary: Bool = false) -> String {
    let create = temporary ? "CREATE TEMP TABLE" : "CREATE TABLE"
    return """
      \(create) similarity(
        shard_run INTEGER NOT NULL REFERENCES shard_run,
        row INTEGER NOT NULL CHECK(row >= 0),
        cluster_shard INTEGER NOT NULL CHECK(cluster_shard >= 0),
        cluster_row INTEGER NOT NULL CHECK(cluster_row >= 0),
        neighbour_shard INTEGER NOT NULL CHECK(neighbour_shard >= 0),
        neighbour_row INTEGER NOT NULL CHECK(neighbour_row >= 0),
        shared INTEGER NOT NULL CHECK(shared >= 1),
        united INTEGER NOT NULL CHECK(united BETWEEN shared AND 4294967295),
        PRIMARY KEY(shard_run, row)
      ) STRICT, WITHOUT ROWID;

      \(create) against_shard(
        run INTEGER NOT NULL REFERENCES run,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        snapshot_run TEXT NOT NULL CHECK(snapshot_run <> ''),
        snapshot_root BLOB NOT NULL CHECK(length(snapshot_root) = 32),
        path TEXT NOT NULL,
        sha256 BLOB NOT NULL CHECK(length(sha256) = 32),
        documents INTEGER NOT NULL CHECK(documents >= 0),
        PRIMARY KEY(run, ord)
      ) STRICT, WITHOUT ROWID;

      \(create) measure(
        run INTEGER NOT NULL REFERENCES run,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        name TEXT NOT NULL CHECK(name <> ''),
        value INTEGER NOT NULL,
        PRIMARY KEY(run, ord),
        UNIQUE(run, name)
      ) STRICT, WITHOUT ROWID;

      \(create) snapshot_parent(
        snapshot INTEGER PRIMARY KEY REFERENCES snapshot,
        parent INTEGER NOT NULL UNIQUE REFERENCES snapshot,
        CHECK(parent < snapshot)
      ) STRICT;
      """
  }
}
