extension LedgerSchema {
  /// The tables of the sixth migration; their rows never change.
  static let tablesOfIntervals = ["evaluation_interval"]

  /// Where the truths of an evaluation's numbers lie. A table of its own, not columns: so what
  /// earlier versions recorded is read, and hashed, as it was.
  ///
  /// - Parameter temporary: make the table in memory, empty: so is read what an earlier Cordon
  ///   wrote, who had none of it.
  static func intervals(temporary: Bool = false) -> String {
    """
    \(temporary ? "CREATE TEMP TABLE" : "CREATE TABLE") evaluation_interval(
      evaluation INTEGER NOT NULL,
      ord INTEGER NOT NULL,
      lower REAL NOT NULL,
      upper REAL NOT NULL CHECK(upper >= lower),
      confidence REAL NOT NULL CHECK(confidence > 0 AND confidence < 1),
      method TEXT NOT NULL CHECK(method <> ''),
      PRIMARY KEY(evaluation, ord),
      FOREIGN KEY(evaluation, ord) REFERENCES evaluation_metric(evaluation, ord)
    ) STRICT, WITHOUT ROWID;
    """
  }
}
