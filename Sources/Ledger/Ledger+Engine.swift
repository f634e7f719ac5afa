internal import GRDBSQLite

extension Ledger {
  /// The version of the SQLite that is linked, for the ledger itself.
  public static var engineVersion: String { String(cString: sqlite3_libversion()) }
}
