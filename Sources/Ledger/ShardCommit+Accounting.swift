extension ShardCommit {
  /// How many rows of each kind a commit has.
  struct RowCounts {
    var exceptions = 0
    var duplicates = 0
    var matches = 0
  }

  /// Checks that the commit accounts for its records, and counts its rows.
  ///
  /// The conservation law itself is not asked here: the table's CHECK does that.
  ///
  /// - Throws: ``Contradiction``, or what the rows throw.
  func account(for rows: any ShardRows, reasons: Int, rules: Int, shards: Int) throws -> RowCounts {
    guard read >= 0, kept >= 0 else { throw Contradiction("a count is negative") }
    guard records.bytes == Int64(DecisionRecord.byteCount) * read else {
      throw Contradiction("\(records.bytes) bytes of decision records for \(read) records read")
    }
    guard reasonCounts.count == reasons else {
      throw Contradiction("\(reasonCounts.count) counts for \(reasons) reasons")
    }
    var counts = try countExceptions(rows, rules: rules, shards: shards)
    counts.matches = try countMatches(rows, rules: rules)
    return counts
  }

  private func countExceptions(_ rows: any ShardRows, rules: Int, shards: Int) throws -> RowCounts {
    var counts = RowCounts()
    var verdicts = [Int64](repeating: 0, count: Verdict.allCases.count)
    var named = [Int64](repeating: 0, count: reasonCounts.count)
    var last: UInt64?
    try rows.forEachException { record, survivor in
      guard last.map({ $0 < record.row }) ?? true else {
        throw Contradiction("two exceptions for one row, or not in order")
      }
      last = record.row
      try check(record, rules: rules)
      if let survivor { try check(survivor, of: record, shards: shards) }
      guard survivor != nil || record.verdict != .duplicate else {
        throw Contradiction("no survivor for duplicate row \(record.row)")
      }
      counts.exceptions += 1
      counts.duplicates += survivor == nil ? 0 : 1
      verdicts[Int(record.verdict.rawValue)] += 1
      named[Int(record.reason) - 1] += 1
    }
    for (verdict, count) in [
      (Verdict.dropped, dropped), (.duplicate, duplicate), (.quarantined, quarantined),
    ] where verdicts[Int(verdict.rawValue)] != count {
      throw Contradiction(
        "\(count) \(verdict.name) by number, \(verdicts[Int(verdict.rawValue)]) by row")
    }
    // A kept document may be tagged for a reason, hence the range.
    for index in named.indices where !(0...kept).contains(reasonCounts[index] - named[index]) {
      throw Contradiction(
        "reason \(index + 1) counts \(reasonCounts[index]), \(named[index]) by row")
    }
    return counts
  }

  private func check(_ record: DecisionRecord, rules: Int) throws {
    guard record.row < UInt64(read) else { throw Contradiction("row \(record.row) of \(read)") }
    let reasons = reasonCounts.count
    guard record.verdict != .kept, (1...max(1, reasons)).contains(Int(record.reason)), reasons > 0,
      Int(record.rule) <= rules
    else {
      throw Contradiction(
        "row \(record.row) is \(record.verdict.name) for reason \(record.reason) of \(reasons), "
          + "rule \(record.rule) of \(rules)")
    }
  }

  private func check(_ survivor: DuplicateRow, of record: DecisionRecord, shards: Int) throws {
    guard survivor.row == record.row, (0..<shards).contains(survivor.survivorShard),
      Int64(exactly: survivor.survivorRow) != nil,
      survivor.survivorShard != shard || survivor.survivorRow != survivor.row
    else { throw Contradiction("row \(record.row) has a survivor that cannot be") }
  }

  private func countMatches(_ rows: any ShardRows, rules: Int) throws -> Int {
    var count = 0
    var last: MatchRow?
    try rows.forEachMatch { match in
      guard last.map({ $0.precedes(match) }) ?? true else {
        throw Contradiction("the same match twice, or not in order")
      }
      last = match
      guard match.row < UInt64(read), (1...max(1, rules)).contains(Int(match.rule)), rules > 0,
        Int64(exactly: match.start) != nil
      else {
        throw Contradiction(
          "a match in row \(match.row) of \(read), rule \(match.rule) of \(rules)")
      }
      count += 1
    }
    return count
  }

  /// What the ledger keeps of the commit, its rows as their digest.
  func totals(_ rows: any ShardRows, _ counts: RowCounts) throws -> ShardTotals {
    var details = ShardDetails()
    let counted = reasonCounts.enumerated().filter { $0.element > 0 }
    details.section(counted.count)
    for (index, count) in counted { details.add(reason: index + 1, count: count) }
    details.section(counts.exceptions)
    try rows.forEachException { record, _ in details.add(record) }
    details.section(counts.duplicates)
    try rows.forEachException { _, survivor in
      if let survivor { details.add(survivor) }
    }
    details.section(counts.matches)
    try rows.forEachMatch { details.add($0) }
    return ShardTotals(
      attempt: attempt, input: input, output: output, format: format, compression: compression,
      read: read, kept: kept, dropped: dropped, duplicate: duplicate, quarantined: quarantined,
      edited: edited, bytesRead: bytesRead, bytesKept: bytesKept, reasonCounts: reasonCounts,
      records: records, root: root, details: details.digest, damage: damage,
      repeatedIDs: repeatedIDs)
  }
}

extension MatchRow {
  /// The order of the table's key.
  func precedes(_ other: MatchRow) -> Bool {
    (row, start, length, rule) < (other.row, other.start, other.length, other.rule)
  }
}
