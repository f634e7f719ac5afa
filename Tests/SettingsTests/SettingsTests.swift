import Settings
import Streams
import Testing

/// Parses a text as if it were `plan.yaml`.
private func parse(_ text: String) throws -> SettingsMapping {
  try SettingsFile(path: "plan.yaml", bytes: Array(text.utf8)).root.mapping()
}

/// The message of the mistake that reading the text makes.
private func mistake(_ text: String, _ read: (SettingsMapping) throws -> Void = { _ in }) -> String
{
  do {
    try read(parse(text))
    return "no mistake"
  } catch let error as SettingsError {
    #expect(error.consequence == .usage)
    return error.description
  } catch {
    return "another error: \(error)"
  }
}

@Suite struct SettingsValueTests {
  @Test func valuesKeepKindOrderAndLine() throws {
    let root = try parse(
      """
      # a comment
      plan: demo
      version: 1
      share: 0.25
      on: true
      text: "2"
      screens:
        - first: {}
        - second:
            deep: [x, y]
      """)
    #expect(root.keys == ["plan", "version", "share", "on", "text", "screens"])
    #expect(try root.required("plan").string() == "demo")
    #expect(try root.required("version").int(in: 1...9) == 1)
    #expect(try root.required("version").string() == "1")
    #expect(try root.required("share").double(in: 0...1) == 0.25)
    #expect(try root.required("version").double(in: 0...1) == 1)
    #expect(try root.required("on").bool())
    #expect(root.optional("missing") == nil)
    let screens = try root.required("screens").sequence()
    let second = try screens[1].mapping().required("second")
    #expect(second.line == 10 && second.keyPath == "screens[1].second")
    let deep = try second.mapping().required("deep").sequence()
    #expect(deep.map(\.line) == [10, 10])
    #expect(deep[1].keyPath == "screens[1].second.deep[1]")
  }

  @Test func wordsThatYAMLMightTakeForSomethingElseStayWords() throws {
    let root = try parse("terms: [no, on, 1e3, 2,4-D, '~', ~]\n")
    let terms = try root.required("terms").sequence()
    #expect(try terms.prefix(6).map { try $0.string() } == ["no", "on", "1e3", "2", "4-D", "~"])
    #expect(terms[6].kind == .empty)
  }

  @Test func byteOrderMarkAndCarriageReturnsChangeNothing() throws {
    let root = try parse("\u{FEFF}plan: demo\r\nversion: 7\r\nx: y\r\n")
    #expect(try root.required("version").int(in: 0...9) == 7)
    #expect(try root.required("x").line == 3)
  }
}

@Suite struct SettingsMistakeTests {
  @Test func unknownKeyNamesLineAndNearestKey() {
    let text = "plan: demo\nscreens:\n  - blocklist: a\n    distnct: 2\n"
    let message = mistake(text) { root in
      let screen = try root.required("screens").sequence()[0].mapping()
      try screen.allow(["blocklist", "distinct", "onHazard"])
    }
    #expect(
      message == """
        plan.yaml:4: screens[0].distnct: unknown key; did you mean `distinct`? \
        known: blocklist, distinct, onHazard
        """)
    let far = mistake("zebra: 1\n") { try $0.allow(["plan", "version"]) }
    #expect(far == "plan.yaml:1: zebra: unknown key; known: plan, version")
  }

  @Test func valuesOfTheWrongKindNameTheirLine() {
    func reading(_ value: String, _ read: (SettingsNode) throws -> Void) -> String {
      mistake("a: 1\nkey: \(value)\n") { try read($0.required("key")) }
    }
    let whole = "plan.yaml:2: key: expected a whole number from 1 to 9"
    for value in ["12", "0", "x", "'3'", "1.0", "+1", "0x1"] {
      #expect(reading(value) { _ = try $0.int(in: 1...9) } == whole, "\(value)")
    }
    for value in ["nan", "inf", "0x1p3", "2", "'0.5'", "1e"] {
      let message = reading(value) { _ = try $0.double(in: 0...1) }
      #expect(message == "plan.yaml:2: key: expected a number from 0.0 to 1.0", "\(value)")
    }
    #expect(
      reading("yes") { _ = try $0.bool() } == "plan.yaml:2: key: expected true or false")
    #expect(reading("[a]") { _ = try $0.string() }.hasSuffix("expected a text, found a list"))
    #expect(reading("a") { _ = try $0.sequence() } == "plan.yaml:2: key: expected a list")
    #expect(reading("a") { _ = try $0.mapping() }.contains("expected keys and values"))
    #expect(reading("~") { _ = $0 } == "plan.yaml:2: key: has no value")
    #expect(
      reading("dorp") { _ = try $0.choice(of: ["drop", "tag"]) }
        == "plan.yaml:2: key: unknown value `dorp`; did you mean `drop`? known: drop, tag")
    #expect(
      mistake("a: 1\n") { _ = try $0.required("b") } == "plan.yaml:1: the key `b` is missing")
  }

  @Test func repeatedKeysAreRefusedEvenWhereQuotedOnce() {
    let message = "plan.yaml:2: a: the key stands more than once in one mapping, first on this line"
    #expect(mistake("b: 2\na: 1\nc: 4\na: 3\n") == message)
    #expect(mistake("b: 2\na: 1\n'a': 3\n") == message)
    #expect(mistake("a: 1\n!other a: 3\n").contains("the key `a` stands twice"))
  }

  @Test func whatIsNotOneYAMLDocumentIsRefused() {
    #expect(mistake("") == "plan.yaml: is empty")
    #expect(mistake("# nothing\n") == "plan.yaml: is empty")
    #expect(mistake("a: 1\n---\nb: 2\n").hasPrefix("plan.yaml:2: is not YAML here"))
    #expect(mistake("a: [1, 2\nb: 3\n").hasPrefix("plan.yaml:2: is not YAML here"))
    #expect(mistake("a: 1\n\tb: 2\n").hasPrefix("plan.yaml:2: is not YAML here"))
    #expect(mistake("- a\n").contains("expected keys and values"))
    #expect(mistake("? [a]\n: b\n").contains("a key must be a plain word"))
  }

  @Test func anchorsAndAliasesAreRefusedBeforeTheyGrow() {
    let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    #expect(mistake(bomb) == "plan.yaml:1: a: anchors and aliases (& and *) are not supported")
    #expect(mistake("b: *nowhere\n").hasPrefix("plan.yaml:1: is not YAML here"))
  }

  @Test(arguments: ["[", "{a: ", "- "])
  func deepNestingIsRefused(_ opening: String) {
    let message = mistake("a: 1\nb:\n " + String(repeating: opening, count: 100_000))
    #expect(message.contains("plan.yaml:"), "\(message.prefix(200))")
    let message2 = mistake(
      "a: 1\nb: " + String(repeating: "[", count: 80) + String(repeating: "]", count: 80))
    #expect(message2.contains("nested more than 64 deep"))
  }

  @Test func invalidUTF8NamesItsLine() {
    let bytes = Array("a: 1\nb: ".utf8) + [0xC3, 0x28, 0x0A]
    let error = #expect(throws: SettingsError.self) {
      try SettingsFile(path: "plan.yaml", bytes: bytes)
    }
    #expect(error?.line == 2 && error?.message.contains("UTF-8") == true)
  }

  @Test func aMessageNeverQuotesAPacksTerm() {
    let message = mistake("terms:\n  - ok\n  - 'velt rin\n  - \"x\": [y\n")
    #expect(!message.contains("velt"))
  }
}

@Suite struct SettingsReadingTests {
  @Test func missingFilesAndFoldersAreNamed() {
    let missing = #expect(throws: SettingsError.self) { try SettingsFile(path: "/nowhere/p.yaml") }
    #expect(missing?.description == "/nowhere/p.yaml: there is no such file")
    let folder = #expect(throws: SettingsError.self) { try SettingsFile(path: "/tmp") }
    #expect(folder?.description == "/tmp: is a folder; name a file in it")
    let endless = #expect(throws: SettingsError.self) { try SettingsFile(path: "/dev/zero") }
    #expect(endless?.message == "is larger than 64 MiB; split it")
  }

  @Test func spellingSuggestsOnlyWhatIsNear() {
    #expect(Spelling.nearest(to: "onhazard", among: ["distinct", "onHazard"]) == "onHazard")
    #expect(Spelling.nearest(to: "dropp", among: ["tag", "drop"]) == "drop")
    #expect(Spelling.nearest(to: "banana", among: ["tag", "drop"]) == nil)
    #expect(Spelling.nearest(to: "", among: []) == nil)
  }
}
