import Testing

@testable import Evaluation

@Suite("Limits of tasks") struct TaskLimitTests {
  private static let files = [
    "q.jsonl": (0..<4).map { "{\"question\":\"Q\($0)?\",\"answer\":\"a\($0)\"}\n" }.joined(),
    "v.jsonl": (0..<3).map { "{\"prompt\":\"p\($0)\",\"gt\":\"so it goes \($0)\"}\n" }.joined(),
    "a.jsonl": (0..<3).map { "{\"text\":\"a text of number \($0)\"}\n" }.joined(),
    "b.jsonl": (0..<3).map { "{\"text\":\"another text, \($0)\"}\n" }.joined(),
  ]

  @Test(
    "a limit takes the first of each file, scored as without it, and tells how many there are",
    arguments: [
      ("cloze: {name: t, items: q.jsonl", [0, 1], 4),
      ("memorisation: {name: t, items: q.jsonl", [0, 1], 4),
      ("memorisation: {name: t, text: [a.jsonl, b.jsonl]", [0, 1, 3, 4], 6),
      ("membership: {name: t, members: a.jsonl, others: b.jsonl", [0, 1, 3, 4], 6),
      (
        "muse: {name: t, verbatim: v.jsonl, knowledge: q.jsonl, continuation: 8, answer: 8",
        [0, 1, 3, 4], 7
      ),
    ])
  func limit(task: String, rows: [Int], total: Int) throws {
    let whole = MemorisationTaskTests.items(try TaskTests.run("\(task)}", Self.files))
    let result = try TaskTests.run("\(task), limit: 2}", Self.files)
    let items = MemorisationTaskTests.items(result)
    #expect(whole.count == total && result.total == total && result.limit == 2)
    #expect(items.map(\.row) == rows.map { whole[$0].row })
    for (item, row) in zip(items, rows) {
      #expect(item.file == whole[row].file)
      for (own, other) in zip(item.values, whole[row].values) {
        #expect(own.name == other.name)
        // Batches of other sizes round otherwise.
        #expect(abs(own.value - other.value) <= 1e-5 * max(1, abs(other.value)), "\(own.name)")
      }
    }
  }
}
