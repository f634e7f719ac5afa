extension LedgerSchema {
  /// The tables of the fifth migration; their rows never change.
  static let tablesOfUnlearning = [
    "unlearning", "unlearning_seed", "unlearning_file", "unlearning_document",
    "unlearning_constraint", "unlearning_dual",
  ]

  /// What was unlearned from which checkpoint, inside which boundary, and what came out. `value` of
  /// a seed is the bit pattern of an unsigned number; measures, bounds and duals are those of
  /// binary64.
  ///
  /// - Parameter temporary: make the tables in memory, empty: so is read what an earlier Cordon
  ///   wrote, who had none of them.
  static func unlearning(temporary: Bool = false) -> String {
    let create = temporary ? "CREATE TEMP TABLE" : "CREATE TABLE"
    return """
      \(create) unlearning(
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE CHECK(name <> ''),
        plan BLOB NOT NULL,
        settings TEXT NOT NULL,
        base INTEGER NOT NULL REFERENCES checkpoint,
        result INTEGER REFERENCES checkpoint,
        steps INTEGER NOT NULL CHECK(steps >= 0),
        forget_documents INTEGER NOT NULL CHECK(forget_documents >= 1),
        forget_root BLOB NOT NULL CHECK(length(forget_root) = 32),
        verdict TEXT CHECK(verdict IN ('met', 'not met', 'not enough items')),
        needed_items INTEGER CHECK(needed_items >= 1),
        confidence INTEGER,
        code_version INTEGER NOT NULL REFERENCES code_version,
        machine INTEGER NOT NULL REFERENCES machine,
        digest BLOB NOT NULL UNIQUE CHECK(length(digest) = 32),
        at_us INTEGER NOT NULL,
        CONSTRAINT only_what_met_its_boundary_is_kept
          CHECK(result IS NULL OR verdict IS NULL OR verdict = 'met')
      ) STRICT;

      \(create) unlearning_seed(
        unlearning INTEGER NOT NULL REFERENCES unlearning,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        name TEXT NOT NULL CHECK(name <> ''),
        value INTEGER NOT NULL,
        PRIMARY KEY(unlearning, ord),
        UNIQUE(unlearning, name)
      ) STRICT, WITHOUT ROWID;

      \(create) unlearning_file(
        unlearning INTEGER NOT NULL REFERENCES unlearning,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        use TEXT NOT NULL CHECK(use IN ('forget', 'retain', 'dual', 'verdict')),
        term TEXT NOT NULL CHECK(term <> ''),
        path TEXT NOT NULL CHECK(path <> ''),
        artefact INTEGER NOT NULL REFERENCES artefact,
        PRIMARY KEY(unlearning, ord)
      ) STRICT, WITHOUT ROWID;

      \(create) unlearning_document(
        unlearning INTEGER NOT NULL REFERENCES unlearning,
        ord INTEGER NOT NULL CHECK(ord >= 0),
        term TEXT NOT NULL CHECK(term <> ''),
        digest BLOB NOT NULL CHECK(length(digest) = 32),
        PRIMARY KEY(unlearning, ord)
      ) STRICT, WITHOUT ROWID;
      \(temporary ? "" : "CREATE INDEX unlearning_document_digest ON unlearning_document(digest);")
      """
        + unlearningBoundary(create)
  }

  private static func unlearningBoundary(_ create: String) -> String {
    """

    \(create) unlearning_constraint(
      unlearning INTEGER NOT NULL REFERENCES unlearning,
      ord INTEGER NOT NULL CHECK(ord >= 0),
      name TEXT NOT NULL CHECK(name <> ''),
      term TEXT NOT NULL CHECK(term <> ''),
      role TEXT NOT NULL CHECK(role IN ('hazard', 'capability')),
      metric TEXT NOT NULL CHECK(metric <> ''),
      area TEXT,
      level TEXT,
      before INTEGER NOT NULL,
      after INTEGER NOT NULL,
      value INTEGER NOT NULL,
      lower INTEGER,
      upper INTEGER,
      bound INTEGER NOT NULL,
      items INTEGER NOT NULL CHECK(items >= 1),
      verdict TEXT NOT NULL CHECK(verdict IN ('met', 'not met', 'not enough items')),
      needed_items INTEGER CHECK(needed_items >= 1),
      PRIMARY KEY(unlearning, ord),
      UNIQUE(unlearning, name)
    ) STRICT, WITHOUT ROWID;

    \(create) unlearning_dual(
      unlearning INTEGER NOT NULL REFERENCES unlearning,
      ord INTEGER NOT NULL CHECK(ord >= 0),
      step INTEGER NOT NULL CHECK(step >= 0),
      name TEXT NOT NULL CHECK(name <> ''),
      value INTEGER NOT NULL,
      surrogate INTEGER NOT NULL,
      aim INTEGER NOT NULL,
      dual INTEGER NOT NULL,
      decision TEXT NOT NULL CHECK(decision <> ''),
      PRIMARY KEY(unlearning, ord)
    ) STRICT, WITHOUT ROWID;
    """
  }
}
