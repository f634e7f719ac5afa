internal import Streams

extension UnlearningRow {
  /// The log's entry: all of it, long parts by hashes.
  var entry: [UInt8] {
    var json = JSONText()
    json.object { json in
      json.member("kind", "unlearning")
      json.member("run", id)
      json.member("plan", Digest256(hashing: plan).hex)
      json.member("settings", Digest256(hashing: Array(settings.utf8)).hex)
      json.member("seeds", list(seeds) { $1.member($0.name, $0.value) })
      json.member("base", base.digest.hex)
      json.member("result", result?.digest.hex)
      json.member("steps", steps)
      json.member(
        "files",
        list(files) { file, json in
          json.member("use", file.use.rawValue)
          json.member("term", file.term)
          json.member("path", file.file.name)
          json.member("sha256", file.file.artefact.sha256.hex)
          json.member("bytes", file.file.artefact.bytes)
        })
      json.object("forget") { json in
        json.member("documents", documents.count)
        json.member("root", forgetRoot.hex)
        json.member("terms", list(documents) { $1.member("term", $0.term) })
      }
      // Absent, not empty: what was recorded without a retain set keeps its hash.
      if !retained.isEmpty {
        json.object("retain") { json in
          json.member("documents", retained.count)
          json.member("root", UnlearningRow.root(retained).hex)
          json.member("terms", list(retained) { $1.member("term", $0.term) })
        }
      }
      json.member("verdict", verdict?.rawValue)
      json.member("neededItems", neededItems)
      json.member("confidence", confidence?.bitPattern)
      json.member("constraints", list(constraints) { $0.write(to: &$1) })
      json.member("duals", list(duals) { $0.write(to: &$1) })
      code.write(to: &json)
    }
    return json.bytes
  }

  /// The SHA-256 of a list as JSON.
  private func list<Element>(
    _ elements: [Element], _ members: (Element, inout JSONText) -> Void
  ) -> String {
    var json = JSONText()
    json.array { json in
      for element in elements { json.object { members(element, &$0) } }
    }
    return Digest256(hashing: json.bytes).hex
  }
}

extension UnlearningRow.Constraint {
  fileprivate func write(to json: inout JSONText) {
    json.member("name", name)
    json.member("term", term)
    json.member("role", role)
    json.member("metric", metric)
    json.member("area", area)
    json.member("level", level)
    json.member("before", before.bitPattern)
    json.member("after", after.bitPattern)
    json.member("value", value.bitPattern)
    json.member("lower", lower?.bitPattern)
    json.member("upper", upper?.bitPattern)
    json.member("limit", limit.bitPattern)
    json.member("items", items)
    json.member("verdict", verdict.rawValue)
    json.member("neededItems", neededItems)
  }
}

extension UnlearningRow.Dual {
  fileprivate func write(to json: inout JSONText) {
    json.member("step", step)
    json.member("name", name)
    json.member("value", value.bitPattern)
    json.member("surrogate", surrogate.bitPattern)
    json.member("aim", aim.bitPattern)
    json.member("dual", dual.bitPattern)
    json.member("decision", decision)
  }
}
