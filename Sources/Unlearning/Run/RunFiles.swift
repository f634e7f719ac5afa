internal import Corpus
internal import Ledger
internal import Streams

/// The files that a plan names, by what they hold: they decide what a run writes.
struct RunFiles: Equatable {
  /// A file.
  struct File: Equatable {
    /// What it is read for: `forget`, `retain`, `dual` or `verdict`.
    var use: String
    /// The term or the constraint that names it.
    var owner: String
    /// Its name below the folder that its term's files share, or its path as seen from the plan,
    /// and what it holds.
    var file: NamedArtefact
  }

  /// The files in the plan's order.
  let files: [File]

  /// Reads what the plan's files hold.
  ///
  /// - Throws: `InputError` and `StreamsError` where one is missing.
  init(_ plan: UnlearningPlan) throws {
    let folder = Folder.parent(of: plan.path)
    func named(_ path: String, _ name: String? = nil) throws -> NamedArtefact {
      let below = path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
      let digest = try FileSource.digest(of: path)
      return NamedArtefact(
        name: name ?? below, artefact: Artefact(sha256: digest, bytes: Folder.size(of: path) ?? 0))
    }
    var files: [File] = []
    for term in plan.terms {
      let use = term.role == .forget ? "forget" : "retain"
      for shard in try ShardList(inputs: term.data).shards {
        files.append(
          File(use: use, owner: term.name, file: try named(shard.path, shard.name)))
      }
      if let answers = term.objective.answers {
        files.append(File(use: use, owner: term.name, file: try named(answers)))
      }
    }
    for constraint in plan.boundary?.constraints ?? [] {
      for (use, path) in [("dual", constraint.dualPath), ("verdict", constraint.verdictPath)] {
        files.append(File(use: use, owner: constraint.name, file: try named(path)))
      }
    }
    self.files = files
  }
}
