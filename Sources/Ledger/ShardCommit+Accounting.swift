extension ShardCommit {
  /// How many rows of each kind a commit has.
  struct RowCounts {
    var exceptions = 0
    var duplicates = 0
    var similarities = 0
    var matches = 0
  }

  /// How long the run's lists are, which rows point into.
  struct Lists {
    var reasons: Int
    var rules: Int
    var shards: Int
    /// The documents of each shard that the run is compared with.
    var against: [Int64]

    /// Whether there may be such a document. How many a shard of the run itself has, another
    /// commit says.
    func mayHold(shard: Int, row: UInt64) -> Bool {
      guard let row = Int64(exactly: row), shard >= 0 else { return false }
      return shard < shards || (shard - shards < against.count && row < against[shard - shards])
    }
  }

  /// Checks that the commit accounts for its records, and counts its rows.
  ///
  /// The conservation law itself is not asked here: the table's CHECK does that.
  ///
  /// - Throws: ``Contradiction``, or what the rows throw.
  func account(for rows: any ShardRows, in lists: Lists) throws -> RowCounts {
    guard read >= 0, kept >= 0 else { throw Contradiction("a count is negative") }
    guard records.bytes == Int64(DecisionRecord.byteCount) * read else {
      throw Contradiction("\(records.bytes) bytes of decision records for \(read) records read")
    }
    guard reasonCounts.count == lists.reasons else {
      throw Contradiction("\(reasonCounts.count) counts for \(lists.reasons) reasons")
    }
    var counts = try countExceptions(rows, lists)
    counts.matches = try countMatches(rows, rules: lists.rules)
    return counts
  }

  private func countExceptions(_ rows: any ShardRows, _ lists: Lists) throws -> RowCounts {
    var counts = RowCounts()
    var verdicts = [Int64](repeating: 0, count: Verdict.allCases.count)
    var named = [Int64](repeating: 0, count: reasonCounts.count)
    var last: UInt64?
    try rows.forEachException { record, survivor, evidence in
      guard last.map({ $0 < record.row }) ?? true else {
        throw Contradiction("two exceptions for one row, or not in order")
      }
      last = record.row
      try check(record, rules: lists.rules)
      if let survivor { try check(survivor, of: record, lists) }
      if let evidence { try check(evidence, of: record, lists) }
      guard (survivor != nil) == (record.verdict == .duplicate) else {
        throw Contradiction(
          "\(survivor == nil ? "no" : "a") survivor for row \(record.row), which is "
            + record.verdict.name)
      }
      counts.exceptions += 1
      counts.duplicates += survivor == nil ? 0 : 1
      counts.similarities += evidence == nil ? 0 : 1
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

  private func check(
    _ survivor: DuplicateRow, of record: DecisionRecord, _ lists: Lists
  ) throws {
    guard survivor.row == record.row,
      lists.mayHold(shard: survivor.survivorShard, row: survivor.survivorRow),
      survivor.survivorShard != shard || survivor.survivorRow != survivor.row
    else { throw Contradiction("row \(record.row) has a survivor that cannot be") }
  }

  private func check(
    _ evidence: SimilarityRow, of record: DecisionRecord, _ lists: Lists
  ) throws {
    guard evidence.row == record.row,
      lists.mayHold(shard: evidence.clusterShard, row: evidence.clusterRow),
      lists.mayHold(shard: evidence.neighbourShard, row: evidence.neighbourRow),
      evidence.neighbourShard != shard || evidence.neighbourRow != evidence.row,
      evidence.shared >= 1, evidence.united >= evidence.shared
    else { throw Contradiction("row \(record.row) has a similarity that cannot be") }
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
    try rows.forEachException { record, _, _ in details.add(record) }
    details.section(counts.duplicates)
    try rows.forEachException { _, survivor, _ in
      if let survivor { details.add(survivor) }
    }
    details.section(counts.matches)
    try rows.forEachMatch { details.add($0) }
    if counts.similarities > 0 {
      details.section(counts.similarities)
      try rows.forEachException { _, _, evidence in
        if let evidence { details.add(evidence) }
      }
    }
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
