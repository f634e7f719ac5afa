extension LedgerSchema {
  /// The tables of the third migration; their rows never change.
  static let tablesOfModels = [
    "checkpoint", "checkpoint_file", "suite", "evaluation", "evaluation_input",
    "evaluation_metric",
  ]

  /// Which files a checkpoint is, by which suite it was evaluated, and what came out.
  ///
  /// - Parameter temporary: make the tables in memory, empty: so is read what an earlier Cordon
  ///   wrote, who had none of them.
  static func models(temporary: Bool = false) -> String {
    let create = temporary ? "CREATE TEMP TABLE" : "CREATE TABLE"
    return """
      \(create) checkpoint(
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE CHECK(length(digest) = 32)
      ) STRICT;

      \(create) checkpoint_file(
        checkpoint INTEGER NOT NULL REFERENCES checkpoint,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        name TEXT NOT NULL CHECK(name <> ''),
        artefact INTEGER NOT NULL REFERENCES artefact,
        PRIMARY KEY(checkpoint, ord),
        UNIQUE(checkpoint, name)
      ) STRICT, WITHOUT ROWID;

      \(create) suite(
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL CHECK(name <> ''),
        version TEXT NOT NULL,
        sha256 BLOB NOT NULL CHECK(length(sha256) = 32),
        body BLOB NOT NULL,
        UNIQUE(sha256, name, version)
      ) STRICT;

      \(create) evaluation(
        id INTEGER PRIMARY KEY,
        checkpoint INTEGER NOT NULL REFERENCES checkpoint,
        suite INTEGER NOT NULL REFERENCES suite,
        settings TEXT NOT NULL,
        items BLOB NOT NULL CHECK(length(items) = 32),
        code_version INTEGER NOT NULL REFERENCES code_version,
        machine INTEGER NOT NULL REFERENCES machine,
        digest BLOB NOT NULL UNIQUE CHECK(length(digest) = 32),
        at_us INTEGER NOT NULL
      ) STRICT;

      \(create) evaluation_input(
        evaluation INTEGER NOT NULL REFERENCES evaluation,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        path TEXT NOT NULL CHECK(path <> ''),
        artefact INTEGER NOT NULL REFERENCES artefact,
        PRIMARY KEY(evaluation, ord)
      ) STRICT, WITHOUT ROWID;

      \(create) evaluation_metric(
        evaluation INTEGER NOT NULL REFERENCES evaluation,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        task TEXT NOT NULL CHECK(task <> ''),
        metric TEXT NOT NULL CHECK(metric <> ''),
        value REAL NOT NULL,
        count INTEGER NOT NULL CHECK(count >= 0),
        PRIMARY KEY(evaluation, ord),
        UNIQUE(evaluation, task, metric)
      ) STRICT, WITHOUT ROWID;
      """
  }
}
