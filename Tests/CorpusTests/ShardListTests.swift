import Corpus
import Foundation
import Streams
import TestSupport
import Testing

@Suite("Shards of an input") struct ShardListTests {
  /// Calls `body` with a folder that holds these files, each with its name for content.
  private func withFiles<Value>(_ names: [String], _ body: (URL) throws -> Value) throws -> Value {
    try withScratchFolder { folder throws in
      for name in names { try write(name, in: folder) }
      return try body(folder)
    }
  }

  private func write(_ name: String, in folder: URL) throws {
    // Through bytes: Foundation would change the spelling of a name.
    try Folder.make(Folder.parent(of: folder.path + "/" + name))
    let file = try OutputFile(temporaryPath: folder.path + "/" + name)
    try file.write(Array(name.utf8))
    try file.close()
  }

  private func names(_ inputs: [String]) throws -> [String] {
    try ShardList(inputs: inputs).shards.map(\.name)
  }

  private func refusal(_ inputs: [String]) -> InputError? {
    #expect(throws: InputError.self) { _ = try ShardList(inputs: inputs) }
  }

  @Test("a folder gives its files of known formats, in the order of their bytes")
  func folder() throws {
    let files = [
      "b.jsonl", "a/z.txt", "a.jsonl", "A.jsonl", "a/b/c.jsonl.gz", "é.jsonl", "z.jsonl", "aa.txt",
      "notes.md", "a/data.csv", ".hidden.jsonl", ".git/x.jsonl", "a/.b/x.jsonl",
    ]
    try withFiles(files) { folder throws in
      let list = try ShardList(inputs: [folder.path])
      #expect(
        list.shards.map(\.name) == [
          "A.jsonl", "a.jsonl", "a/b/c.jsonl.gz", "a/z.txt", "aa.txt", "b.jsonl", "z.jsonl",
          "é.jsonl",
        ])
      #expect(list.ignored == [".hidden.jsonl", "a/data.csv", "notes.md"])
      #expect(list.shards.map(\.size) == list.shards.map { Int64($0.name.utf8.count) })
      #expect(list.shards.map(\.format) == list.shards.map { ShardFormat.of(name: $0.name) })
      #expect(
        try list.shards.map { try FileSource.contents(of: $0.path) }
          == list.shards.map { Array($0.name.utf8) })
      #expect(try names([folder.path + "/"]) == list.shards.map(\.name))
      #expect(try names([folder.path + "/a/../."]) == list.shards.map(\.name))
    }
  }

  @Test("random trees: every file of a known format once, sorted by bytes", arguments: 0..<5)
  func randomTrees(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let parts = ["a", "b", "B", "ä", "a b", "0", "~", "a-", "a."]
    var files: Set<String> = []
    for _ in 0..<60 {
      let depth = Int.random(in: 0...3, using: &random)
      let folders = (0..<depth).map { _ in parts.randomElement(using: &random) ?? "a" }
      let name = (parts.randomElement(using: &random) ?? "a") + ".jsonl"
      files.insert((folders.map { $0 + "d" } + [name]).joined(separator: "/"))
    }
    try withFiles(files.sorted()) { folder throws in
      // A file that is named itself keeps the common folder where it is.
      try write("zz.jsonl", in: folder)
      let all = files.union(["zz.jsonl"])
      let expected = all.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
      #expect(try names([folder.path]) == expected)
      let top = Set(all.map { $0.split(separator: "/")[0] }).map { "\(folder.path)/\($0)" }
      let inputs = top.sorted().shuffled(using: &random)
      #expect(try names(inputs + inputs) == expected)
    }
  }

  @Test("globs, files and folders together; names begin below the common folder")
  func inputs() throws {
    let files = ["x/1.jsonl", "x/2.jsonl", "x/2.txt", "x/deep/3.jsonl", "y/1.jsonl", "y/4.md"]
    try withFiles(files) { folder throws in
      let path = folder.path
      #expect(try names(["\(path)/x/*.jsonl"]) == ["1.jsonl", "2.jsonl"])
      #expect(try names(["\(path)/x/[2-9].*"]) == ["2.jsonl", "2.txt"])
      #expect(try names(["\(path)/x/?.txt"]) == ["2.txt"])
      #expect(try names(["\(path)/*/1.jsonl"]) == ["x/1.jsonl", "y/1.jsonl"])
      #expect(try names(["\(path)/x/*"]) == ["1.jsonl", "2.jsonl", "2.txt", "deep/3.jsonl"])
      #expect(try names(["\(path)/x/1.jsonl"]) == ["1.jsonl"])
      #expect(try names(["\(path)/x/deep", "\(path)/x/1.jsonl"]) == ["1.jsonl", "deep/3.jsonl"])
      #expect(try names(["\(path)/y", "\(path)/x/deep"]) == ["x/deep/3.jsonl", "y/1.jsonl"])
      #expect(
        try names(["\(path)/x/1.jsonl", "\(path)/x", "\(path)/x/*.jsonl", "\(path)/x/1.jsonl"])
          == ["1.jsonl", "2.jsonl", "2.txt", "deep/3.jsonl"])
    }
  }

  @Test("a file whose name looks like a glob is itself")
  func literalBrackets() throws {
    try withFiles(["[1].jsonl", "1.jsonl", "what?.txt"]) { folder throws in
      #expect(try names([folder.path + "/[1].jsonl"]) == ["[1].jsonl"])
      #expect(try names([folder.path + "/what?.txt"]) == ["what?.txt"])
    }
  }

  @Test("names that differ in their bytes are different shards")
  func canonicalEquivalents() throws {
    // é as one scalar and as two: equal to Swift's strings, two files to the file system.
    let one = "caf\u{E9}"
    let two = "cafe\u{301}"
    try withFiles(["\(one).jsonl", "\(two).jsonl"]) { folder throws in
      let list = try ShardList(inputs: [folder.path])
      #expect(
        list.shards.map { Array($0.name.utf8) }
          == [Array("\(two).jsonl".utf8), Array("\(one).jsonl".utf8)])
    }
    try withFiles(["\(one)/a.jsonl", "\(two)/a.jsonl"]) { folder throws in
      let list = try ShardList(inputs: ["\(folder.path)/\(one)", "\(folder.path)/\(two)"])
      #expect(
        list.shards.map { Array($0.name.utf8) }
          == [Array("\(two)/a.jsonl".utf8), Array("\(one)/a.jsonl".utf8)])
    }
  }

  @Test("a name that begins with a combining character stands in its own folder")
  func combiningStart() throws {
    let name = "\u{301}x.jsonl"
    try withFiles(["in/\(name)", "in/b.jsonl"]) { folder throws in
      let found = try names(["\(folder.path)/in"])
      #expect(found.map { Array($0.utf8) } == [Array("b.jsonl".utf8), Array(name.utf8)])
      let file = try names(["\(folder.path)/in/\(name)"])
      #expect(file.map { Array($0.utf8) } == [Array(name.utf8)])
    }
  }

  @Test("a link gives what it leads to, once; one that leads nowhere is an error")
  func links() throws {
    try withFiles(["a/1.jsonl", "b/2.jsonl"]) { folder throws in
      let path = folder.path
      let manager = FileManager.default
      try manager.createSymbolicLink(atPath: "\(path)/a/also.jsonl", withDestinationPath: "1.jsonl")
      try manager.createSymbolicLink(atPath: "\(path)/a/b", withDestinationPath: "../b")
      #expect(try names(["\(path)/a"]) == ["1.jsonl", "b/2.jsonl"])
      #expect(try names([path]).count == 2)
      try manager.createSymbolicLink(atPath: "\(path)/a/gone.jsonl", withDestinationPath: "none")
      let broken = refusal(["\(path)/a"])
      #expect(broken?.path == "\(path)/a/gone.jsonl")
      #expect(broken?.consequence == .input)
    }
  }

  @Test("a link back up ends in an error, not in a loop")
  func loop() throws {
    try withFiles(["a/1.jsonl"]) { folder throws in
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/a/up", withDestinationPath: "..")
      let error = refusal([folder.path])
      #expect(error?.description.contains("deeper than") == true)
    }
  }

  @Test("what is missing, empty or unknown is an error that names it")
  func errors() throws {
    try withFiles(["empty/notes.md", "data.csv", "ok/1.jsonl"]) { folder throws in
      let path = folder.path
      let missing = refusal(["\(path)/nothing.jsonl"])
      #expect(missing?.path == "\(path)/nothing.jsonl")
      #expect(missing?.consequence == .input)
      #expect(refusal(["\(path)/ok", "\(path)/gone"])?.path == "\(path)/gone")
      let glob = refusal(["\(path)/*.jsonl"])
      #expect(glob?.description == "\(path)/*.jsonl: the pattern matches nothing")
      #expect(glob?.consequence == .input)
      let unknown = refusal(["\(path)/data.csv"])
      #expect(unknown?.path == "\(path)/data.csv")
      #expect(unknown?.consequence == .usage)
      let empty = refusal(["\(path)/empty"])
      #expect(empty?.path == "\(path)/empty")
      #expect(empty?.consequence == .input)
      #expect(refusal([])?.consequence == .input)
    }
  }

  @Test("the order of bytes is not the order of strings")
  func order() {
    #expect(byteOrder("Z", "a"))
    #expect(byteOrder("a-", "a/"))
    #expect(byteOrder("z", "é"))
    #expect(byteOrder("cafe\u{301}", "caf\u{E9}"))
    #expect(!byteOrder("caf\u{E9}", "cafe\u{301}"))
    #expect(!byteOrder("a", "a"))
    #expect(byteOrder("a", "aa"))
  }
}
