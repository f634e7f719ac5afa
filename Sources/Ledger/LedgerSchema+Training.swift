extension LedgerSchema {
  /// The tables of the fourth migration; their rows never change.
  static let tablesOfTraining = ["training", "training_seed", "trained_checkpoint"]

  /// What was trained on which data, and which checkpoints came out of it. `order_seed` and `value`
  /// are bit patterns of unsigned numbers, `loss` and `validation` those of binary64.
  ///
  /// - Parameter temporary: make the tables in memory, empty: so is read what an earlier Cordon
  ///   wrote, who had none of them.
  static func training(temporary: Bool = false) -> String {
    let create = temporary ? "CREATE TEMP TABLE" : "CREATE TABLE"
    return """
      \(create) training(
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE CHECK(name <> ''),
        plan BLOB NOT NULL,
        settings TEXT NOT NULL,
        snapshot_root BLOB CHECK(length(snapshot_root) = 32),
        base INTEGER REFERENCES checkpoint,
        data BLOB NOT NULL CHECK(length(data) = 32),
        document_index BLOB NOT NULL CHECK(length(document_index) = 32),
        sequences INTEGER NOT NULL CHECK(sequences >= 1),
        rows INTEGER NOT NULL CHECK(rows >= 1),
        batch INTEGER NOT NULL CHECK(batch >= 1),
        order_seed INTEGER NOT NULL,
        code_version INTEGER NOT NULL REFERENCES code_version,
        machine INTEGER NOT NULL REFERENCES machine,
        digest BLOB NOT NULL UNIQUE CHECK(length(digest) = 32),
        at_us INTEGER NOT NULL
      ) STRICT;

      \(create) training_seed(
        training INTEGER NOT NULL REFERENCES training,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        name TEXT NOT NULL CHECK(name <> ''),
        value INTEGER NOT NULL,
        PRIMARY KEY(training, ord),
        UNIQUE(training, name)
      ) STRICT, WITHOUT ROWID;

      \(create) trained_checkpoint(
        training INTEGER NOT NULL REFERENCES training,
        step INTEGER NOT NULL CHECK(step >= 1),
        checkpoint INTEGER NOT NULL REFERENCES checkpoint,
        parent INTEGER REFERENCES checkpoint,
        loss INTEGER NOT NULL,
        validation INTEGER,
        digest BLOB NOT NULL UNIQUE CHECK(length(digest) = 32),
        at_us INTEGER NOT NULL,
        PRIMARY KEY(training, step)
      ) STRICT, WITHOUT ROWID;
      """
  }
}
