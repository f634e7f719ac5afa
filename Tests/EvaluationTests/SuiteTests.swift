import Foundation
import Settings
import Streams
import TestSupport
import Testing

@testable import Evaluation

@Suite struct SuiteTests {
  static let files = [
    "a.txt": "A text.\n", "q.jsonl": #"{"question":"q","choices":["a","b"],"answer":0}"# + "\n",
  ]

  @Test("a suite has its tasks in order, its name, version and exact bytes") func whole() throws {
    let text = """
      suite: demo
      version: 1.2
      tasks:
        - loss: {name: one, text: [a.txt, q.jsonl], window: 16, stride: 16}
        - multiple-choice: {name: two, items: q.jsonl, shots: 1, examples: q.jsonl}
      """
    try withSuite(text, Self.files) { path in
      let suite = try Suite(path: path)
      #expect(suite.name == "demo")
      #expect(suite.version == "1.2")
      #expect(suite.tasks.map(\.name) == ["one", "two"])
      #expect(suite.tasks.map { type(of: $0).kind } == ["loss", "multiple-choice"])
      #expect(suite.bytes == Array(text.utf8))
      #expect(suite.tasks[1].inputs.map(\.name) == ["q.jsonl", "q.jsonl"])
    }
  }

  @Test(
    "a mistake is an error with its line",
    arguments: [
      ("suite: a\nversion: 1\ntasks: []", 3, "at least one"),
      ("suite: a\nversion: 1\ntasks:\n  - lost: {name: x}", 4, "did you mean `loss`"),
      ("suite: a\nversion: 1\ntasks:\n  - loss: {name: x}", 4, "`text` is missing"),
      (
        "suite: a\nversion: 1\ntasks:\n  - loss:\n      name: x\n      text: a.txt\n      wndow: 3",
        7, "did you mean `window`"
      ),
      ("suite: a\nversion: 1\ntasks:\n  - loss: {name: x, text: .}", 4, "is a folder"),
      ("suite: a b\nversion: 1\ntasks: []", 1, "letters"),
      ("suite: a\nversion: 1\ntask: []", 3, "did you mean `tasks`"),
      (
        "suite: a\nversion: 1\ntasks:\n  - loss: {name: x, text: a.txt, window: 4, stride: 5}", 4,
        "more than the window"
      ),
      (
        """
        suite: a
        version: 1
        tasks:
          - loss: {name: x, text: a.txt}
          - loss: {name: x, text: a.txt}
        """, 5, "stands twice"
      ),
      (
        "suite: a\nversion: 1\ntasks:\n  - multiple-choice: {name: x, items: q.jsonl, shots: 2}",
        4, "`examples` is missing"
      ),
      (
        """
        suite: a
        version: 1
        tasks:
          - multiple-choice: {name: x, items: q.jsonl, template: '{answer}'}
        """, 4, "{question}"
      ),
      (
        "suite: a\nversion: 1\ntasks:\n  - multiple-choice: {name: x, items: q.jsonl, form: c}", 4,
        "known: text, letters"
      ),
      (
        """
        suite: a
        version: 1
        tasks:
          - loss: {name: x, text: a.txt}
            multiple-choice: {name: y, items: q.jsonl}
        """, 4, "one task"
      ),
    ])
  func mistakes(_ text: String, _ line: Int, _ words: String) throws {
    try withSuite(text, Self.files) { path in
      let error = #expect(throws: SettingsError.self) { _ = try Suite(path: path) }
      #expect(error?.line == line)
      #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
      #expect(error?.consequence == .usage)
    }
  }

  @Test("what is not there is missing input, with its path and where it is named") func missing()
    throws
  {
    let text = "suite: a\nversion: 1\ntasks:\n  - loss: {name: x, text: [a.txt, b.txt]}"
    try withSuite(text, Self.files) { path in
      let error = #expect(throws: EvaluationError.self) { _ = try Suite(path: path) }
      #expect(error?.consequence == .input)
      let folder = path.dropLast("/suite.yaml".count)
      #expect(error?.description.hasPrefix("\(path):4: ") == true, "\(error?.description ?? "")")
      #expect(error?.description.contains("\(folder)/b.txt: no such file") == true)
      let none = #expect(throws: StreamsError.self) { _ = try Suite(path: path + ".none") }
      #expect(none?.code == .missing && none?.path == path + ".none")
    }
  }

  @Test("each file in Tasks is a line of the list") func list() throws {
    let folder = Repository.root.appendingPathComponent("Sources/Evaluation/Tasks")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    #expect(SuiteTasks.all.map { "\($0).swift" } == files)
  }
}
