extension Ledger {
  /// The queries of ``dump()`` for unlearnings.
  static let dumpOfUnlearning: [(table: String, sql: String)] = [
    (
      "unlearning",
      """
      SELECT u.name, plan, settings, b.digest AS base, r.digest AS result, steps, forget_documents,
        forget_root, verdict, needed_items, confidence, version, binary_sha256, swift, libraries
      FROM unlearning u JOIN checkpoint b ON b.id = u.base
      LEFT JOIN checkpoint r ON r.id = u.result
      JOIN code_version c ON c.id = u.code_version ORDER BY u.name
      """
    ),
    ("unlearning_seed", query("t.name, value")),
    (
      "unlearning_file",
      """
      SELECT u.name AS unlearning, ord, use, term, path, a.sha256 FROM unlearning_file t
      JOIN unlearning u ON u.id = t.unlearning JOIN artefact a ON a.id = t.artefact
      ORDER BY u.name, ord
      """
    ),
    ("unlearning_document", query("term, t.digest", "unlearning_document")),
    (
      "unlearning_constraint",
      query(
        """
        t.name, term, role, metric, area, level, before, after, value, lower, upper, bound, items,
          t.verdict, t.needed_items
        """, "unlearning_constraint")
    ),
    (
      "unlearning_dual",
      query("step, t.name, value, surrogate, aim, dual, decision", "unlearning_dual")
    ),
  ]

  private static func query(_ columns: String, _ table: String = "unlearning_seed") -> String {
    """
    SELECT u.name AS unlearning, ord, \(columns) FROM \(table) t
    JOIN unlearning u ON u.id = t.unlearning ORDER BY u.name, ord
    """
  }
}
