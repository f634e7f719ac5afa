import Foundation
import Streams
import TestSupport
import Testing

@testable import Evaluation

@Suite struct ChoiceItemTests {
  static func items(_ text: String, named name: String) throws -> [ChoiceItem] {
    try withScratchFile(Array(text.utf8), named: name) {
      try ChoiceItem.items(of: NamedFile(name: name, path: $0))
    }
  }

  @Test("tables with a header, and as MMLU is published, hold the same") func tables() throws {
    let header = """
      question,choice0,choice1,choice2,answer
      " Which, of ""these""?
      ",one,"two
      lines",é,2
      Plain,a,,c,0\r

      """
    let published = """
      " Which, of ""these""?
      ",one,"two
      lines",é,C
      Plain,a,,c,A
      """
    let expected = try Self.items(
      #"{"question":" Which, of \"these\"?\n","choices":["one","two\nlines","é"],"answer":2}"#
        + "\n\n" + #"{"id":7,"answer":0,"choices":["a","","c"],"question":"Plain"}"#,
      named: "q.jsonl")
    #expect(expected.map(\.question) == [#"Which, of "these"?"#, "Plain"])
    #expect(expected.map(\.answer) == [2, 0])
    #expect(expected[0].choices == ["one", "two\nlines", "é"])
    #expect(try Self.items(header, named: "q.csv") == expected)
    #expect(try Self.items("\u{FEFF}" + header, named: "q.csv") == expected)
    #expect(try Self.items(published, named: "q.csv") == expected)
  }

  @Test(
    "what is no item is an error with its row",
    arguments: [
      ("q.jsonl", #"{"question":"q","choices":["a","b"],"answer":2}"#, 0),
      ("q.jsonl", #"{"question":"q","choices":["a","b"],"answer":-1}"#, 0),
      ("q.jsonl", #"{"question":"q","choices":["a"],"answer":0}"#, 0),
      ("q.jsonl", #"{"question":"q","choices":["a","b"]}"#, 0),
      ("q.jsonl", #"{"question":"q","question":"r","choices":["a","b"],"answer":0}"#, 0),
      ("q.jsonl", #"{"question":"q","choices":["a","b"],"answer":0,"answer":1}"#, 0),
      ("q.jsonl", #"{"question":1,"choices":["a","b"],"answer":0}"#, 0),
      ("q.jsonl", #"{"choices":["a","b"],"answer":0}"#, 0),
      ("q.jsonl", #"{"question":"q","choices":["a","b"],"answer":0}"# + "\n[]", 1),
      ("q.csv", "question,choice0,choice1,answer\nq,a,b\n", 0),
      ("q.csv", "question,choice0,choice1,answer\nq,a,b,E\n", 0),
      ("q.csv", "question,choice0,choice1,answer\nq,a,b,0\nq,\"a\"b,c,0", 2),
      ("q.csv", "question,choice0,choice1,answer\nq,a,\"b,0", 1),
      ("q.csv", "question,choice1,choice2,answer\nq,a,b,0\n", 0),
      ("q.csv", "question,choice0,choice1,answer,answer\nq,a,b,0,1\n", 0),
      ("q.csv", "question,choice0,choice1,choice1,answer\nq,a,b,c,0\n", 0),
    ])
  func broken(_ name: String, _ text: String, _ row: Int) {
    let error = #expect(throws: EvaluationError.self) { try Self.items(text, named: name) }
    guard case .item(let file, row, _) = error else {
      Issue.record("\(error?.description ?? "no error")")
      return
    }
    #expect(file == name)
    #expect(error?.consequence == .input)
  }

  @Test("a file without items is an error", arguments: ["q.jsonl", "q.csv"])
  func empty(_ name: String) {
    #expect(throws: EvaluationError.empty(file: name)) { try Self.items("\n", named: name) }
  }

  @Test("a template puts in question and choices") func template() throws {
    let item = try Self.items(
      #"{"question":"Q {x}?","choices":["a","b {question}"],"answer":1}"#, named: "q.jsonl")[0]
    func context(_ text: String, _ form: ChoiceTemplate.Form = .text) throws -> String {
      try #require(ChoiceTemplate(text, form: form)).context(item)
    }
    #expect(
      try context(ChoiceTemplate.standard(.text)) == "Question: Q {x}?\nAnswer:")
    #expect(
      try context(ChoiceTemplate.standard(.letters), .letters)
        == "Q {x}?\nA. a\nB. b {question}\nAnswer:")
    #expect(try context("{{{question}}}{{}}") == "{Q {x}?}{}")
    for text in ["{question", "question}", "{q}", "{choices}", "", "}{question}"] {
      #expect(ChoiceTemplate(text, form: .text) == nil, "\(text)")
    }
    let letters = try #require(ChoiceTemplate("{question}", form: .letters))
    #expect(letters.choices(item) == ["A", "B"])
  }

  @Test("words are counted as Python's re.split does") func words() {
    let cases: [(String, Int)] = [
      ("", 1), ("a", 1), ("a b", 2), (" a  b\n", 4), ("a\u{A0}b\u{1C}c\u{3000}d", 4), ("\n\n", 2),
      ("a\u{200B}b", 1),
    ]
    for (text, count) in cases { #expect(WhiteSpace.words(Array(text.utf8)) == count, "\(text)") }
  }
}
