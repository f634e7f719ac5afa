internal import Corpus
internal import Settings
internal import Streams

/// What a plan says about a plain list, which cannot say it itself.
struct ListDescription {
  var name: String?
  var version: String?
  var area: HazardArea?
  var level: HazardLevel?
}

extension RulePack {
  /// Reads a plain list: `.txt`, one term a line, or `.csv` with `keyword`, `pos_ratio` and
  /// `is_relevant`.
  init(list path: String, _ description: ListDescription) throws(SettingsError) {
    let bytes = try SettingsFile.read(path)
    let isTable = path.lowercased().hasSuffix(".csv")
    let terms =
      isTable
      ? try KeywordTable.terms(bytes, path: path) : try PlainList.terms(bytes, path: path)
    guard !terms.isEmpty else {
      throw SettingsError(file: path, line: 0, message: "holds no term that counts")
    }
    let file = path.split(separator: "/").last.map(String.init) ?? path
    let stem = file.split(separator: ".").dropLast().joined(separator: ".")
    let name = description.name ?? stem
    guard RulePack.isName(name) else {
      throw SettingsError(
        file: path, line: 0,
        message: "the file's name cannot stand in a reason; give the list a `name` in the plan")
    }
    self.name = name
    version = description.version ?? String(Digest256(hashing: bytes).hex.prefix(12))
    area = description.area
    level = description.level
    self.path = path
    body = bytes
    self.terms = terms
    hits = []
    misses = []
  }
}
