internal import CHyperscan

extension ScreenSet {
  /// The matching library's version, for the ledger.
  public static var engineVersion: String { String(cString: hs_version()) }
}
