import Corpus
import Curation
import Deduplication
import Foundation
import Screening
import Streams
import TestSupport
import Testing

@Suite("Plans") struct CurationPlanTests {
  @Test("every key is read") func everyKey() throws {
    try withScratchFolder { folder throws in
      let text = """
        plan: everything
        version: 2.1
        fields: {text: [title, body.text], id: meta.id}
        screens:
          - blocklist: pack.yaml
            distinct: 2
          - gopher-quality: {minimumWords: 1}
        onHazard: tag
        levels: {red: quarantine, yellow: quarantine, green: tag}
        duplicates: {exact: true}
        quarantineLimit: 0.25
        """
      let plan = try Example.plan(text, in: folder)
      #expect(plan.name == "everything")
      #expect(plan.version == "2.1")
      #expect(plan.fields == DocumentFields(text: ["title", "body.text"], id: "meta.id"))
      #expect(plan.screens.reasons.first == "blocklist/invented@3")
      #expect(plan.screens.reasons.contains("gopher-quality/stop-words"))
      #expect(plan.screens.ruleSets.map(\.name) == ["invented"])
      #expect(plan.duplicates.exact)
      #expect(plan.quarantineLimit == 0.25)
      #expect(plan.bytes == Array(text.utf8))
      #expect(plan.path.hasSuffix("/plan.yaml"))
    }
  }

  @Test("what a plan does not say") func defaults() throws {
    try withScratchFolder { folder throws in
      let plan = try Example.plan("plan: least\nversion: 1\n", in: folder)
      #expect(plan.fields == .standard)
      #expect(plan.screens.reasons.isEmpty)
      #expect(!plan.duplicates.exact)
      #expect(plan.quarantineLimit == 0.001)
      let one = try Example.plan("plan: a\nversion: 1\nfields: {text: body}\n", in: folder)
      #expect(one.fields == DocumentFields(text: ["body"], id: "id"))
      let empty = try Example.plan(
        "plan: a\nversion: 1\nfields: {id: x.y}\nduplicates: {}\nlevels: {}\nscreens: []\n",
        in: folder)
      #expect(empty.fields == DocumentFields(text: ["text"], id: "x.y"))
      #expect(!empty.duplicates.exact)
    }
  }

  @Test(
    "the action: the screen's own, else the level's, else the plan's, else drop",
    arguments: [
      ("", "", "", HazardAction.drop), ("", "", "onHazard: tag\n", .tag),
      ("", "levels: {red: quarantine}\n", "onHazard: tag\n", .quarantine),
      ("", "levels: {green: quarantine}\n", "onHazard: tag\n", .tag),
      ("    onHazard: tag\n", "levels: {red: quarantine}\n", "onHazard: drop\n", .tag),
    ]) func action(screen: String, levels: String, plan: String, expected: HazardAction) throws
  {
    try withScratchFolder { folder throws in
      let plan = try Example.plan(
        "plan: a\nversion: 1\nscreens:\n  - blocklist: pack.yaml\n" + screen + levels + plan,
        in: folder)
      let session = try plan.screens.makeSession()
      var judgement = Judgement()
      try Array("the orrin-7 process".utf8).withUnsafeBytes {
        try session.judge($0, into: &judgement)
      }
      #expect(judgement.action == expected)
    }
  }

  @Test("near duplicates: what is not said is chosen, and contagion fails closed")
  func nearDuplicates() throws {
    try withScratchFolder { folder throws in
      func plan(_ more: String) throws -> CurationPlan {
        try Example.plan(Self.head + more, in: folder)
      }
      let none = try plan("duplicates: {exact: true}\n")
      #expect(none.duplicates.near == nil && none.contagion == .keep)
      let least = try plan("duplicates: {near: {}}\n")
      #expect(least.duplicates.near == NearDuplicateSettings(shingle: 5, jaccard: 0.7))
      #expect(!least.duplicates.exact && least.contagion == .quarantine)
      let all = try plan(
        "duplicates:\n  near: {shingle: 3, jaccard: 0.8, bands: 9, rows: 5}\n"
          + "  against: [old/ledger.sqlite, /abs]\ncontagion: drop\n")
      #expect(
        all.duplicates.near == NearDuplicateSettings(shingle: 3, jaccard: 0.8, bands: 9, rows: 5))
      #expect(all.duplicates.against == [folder.path + "/old/ledger.sqlite", "/abs"])
      #expect(all.contagion == .drop)
      #expect(try plan("contagion: keep\n").contagion == .keep)
    }
  }

  struct Mistake: Sendable, CustomTestStringConvertible {
    var text: String
    var line: Int
    var key: String
    var words: String
    var testDescription: String { "\(key) \(words)" }

    init(_ text: String, _ line: Int, _ key: String, _ words: String) {
      self.text = text
      self.line = line
      self.key = key
      self.words = words
    }
  }

  private static let head = "plan: a\nversion: 1\n"

  @Test(
    "each mistake is told with its line, key and remedy",
    arguments: [
      Mistake("version: 1\n", 1, "", "the key `plan` is missing"),
      Mistake("# note\n\nplan: a\n", 3, "", "the key `version` is missing"),
      Mistake("plan:\nversion: 1\n", 1, "plan", "has no value"),
      Mistake("plan: [a]\nversion: 1\n", 1, "plan", "expected a text, found a list"),
      Mistake("- plan\n", 1, "", "expected keys and values"),
      Mistake(head + "feilds: {}\n", 3, "feilds", "unknown key; did you mean `fields`?"),
      Mistake(head + "fields: [text]\n", 3, "fields", "expected keys and values"),
      Mistake(head + "fields:\n  txt: a\n", 4, "fields.txt", "did you mean `text`?"),
      Mistake(head + "fields: {text: []}\n", 3, "fields.text", "names no field"),
      Mistake(head + "fields: {text: a..b}\n", 3, "fields.text", "dotted path"),
      Mistake(head + "fields: {text: .a}\n", 3, "fields.text", "dotted path"),
      Mistake(head + "fields: {text: a.}\n", 3, "fields.text", "dotted path"),
      Mistake(head + "fields: {text: ''}\n", 3, "fields.text", "dotted path"),
      Mistake(
        head + "fields:\n  text:\n    - a\n    - b.\n", 6, "fields.text[1]", "dotted path"),
      Mistake(head + "fields: {id: [a]}\n", 3, "fields.id", "expected a text"),
      Mistake(head + "onHazard: dorp\n", 3, "onHazard", "did you mean `drop`?"),
      Mistake(head + "levels:\n  red: drop\n  blue: tag\n", 5, "levels.blue", "unknown key"),
      Mistake(head + "levels: {red: burn}\n", 3, "levels.red", "unknown value `burn`"),
      Mistake(head + "duplicates: true\n", 3, "duplicates", "expected keys and values"),
      Mistake(head + "duplicates: {nearly: {}}\n", 3, "duplicates.nearly", "`near`?"),
      Mistake(head + "duplicates: {near: true}\n", 3, "duplicates.near", "expected keys"),
      Mistake(
        head + "duplicates: {near: {jacard: 1}}\n", 3, "duplicates.near.jacard", "`jaccard`?"),
      Mistake(
        head + "duplicates: {near: {jaccard: 1.1}}\n", 3, "duplicates.near.jaccard", "to 1.0"),
      Mistake(head + "duplicates: {near: {bands: 4}}\n", 3, "duplicates.near", "go together"),
      Mistake(
        head + "duplicates: {near: {bands: 300, rows: 2}}\n", 3, "duplicates.near", "512"),
      Mistake(
        head + "duplicates: {against: [a]}\n", 3, "duplicates.against", "compares nothing"),
      Mistake(
        head + "duplicates: {exact: true, against: a}\n", 3, "duplicates.against", "a list"),
      Mistake(head + "contagion: drop\n", 3, "contagion", "add near: {}"),
      Mistake(
        head + "duplicates: {near: {}}\ncontagion: spread\n", 4, "contagion",
        "unknown value `spread`"),
      Mistake(head + "duplicates: {exact: yes}\n", 3, "duplicates.exact", "true or false"),
      Mistake(head + "quarantineLimit: 1.5\n", 3, "quarantineLimit", "from 0.0 to 1.0"),
      Mistake(head + "quarantineLimit: -0.1\n", 3, "quarantineLimit", "from 0.0 to 1.0"),
      Mistake(head + "quarantineLimit: nan\n", 3, "quarantineLimit", "from 0.0 to 1.0"),
      Mistake(head + "screens: blocklist\n", 3, "screens", "expected a list"),
      Mistake(head + "screens:\n  - blocklst: pack.yaml\n", 4, "screens[0]", "`blocklist`?"),
      Mistake(
        head + "screens:\n  - blocklist: pack.yaml\n    distnct: 2\n", 5, "screens[0].distnct",
        "did you mean `distinct`?"),
      Mistake(
        head + "screens:\n  - blocklist: pack.yaml\n  - blocklist: pack.yaml\n", 5, "screens[1]",
        "a second screen"),
      Mistake(
        head + "screens:\n  - blocklist: pack.yaml\n    distinct: 9\n", 5, "screens[0].distinct",
        "can never be reached"),
      Mistake(head + "plan: b\n", 1, "plan", "more than once"),
      Mistake(head + "fields: {text: a\n", 4, "", "is not YAML"),
    ]) func mistakes(mistake: Mistake) throws
  {
    try withScratchFolder { folder throws in
      let path = folder.appendingPathComponent("plan.yaml").path
      let error = #expect(throws: (any Error).self) { try Example.plan(mistake.text, in: folder) }
      let told = try #require(error as? any CordonError)
      #expect(told.consequence == .usage)
      let place = "\(path):\(mistake.line): " + mistake.key
      #expect(told.description.hasPrefix(place), "\(told.description)")
      #expect(told.description.contains(mistake.words), "\(told.description)")
      #expect(!told.description.contains("veltrin"), "a message is no list of hazards")
    }
  }

  @Test("a plan or pack that is not there is named") func missing() throws {
    try withScratchFolder { folder throws in
      let path = folder.appendingPathComponent("none.yaml").path
      let plan = #expect(throws: (any Error).self) { try CurationPlan(path: path) }
      #expect((plan as? any CordonError)?.description == "\(path): there is no such file")
      let pack = #expect(throws: (any Error).self) {
        try Example.plan(
          CurationPlanTests.head + "screens:\n  - blocklist: gone.yaml\n", in: folder)
      }
      let told = try #require(pack as? any CordonError)
      #expect(told.description.contains("gone.yaml"))
      #expect(told.consequence == .usage)
      let empty = #expect(throws: (any Error).self) { try Example.plan("", in: folder) }
      #expect((empty as? any CordonError)?.description.hasSuffix("plan.yaml: is empty") == true)
    }
  }
}
