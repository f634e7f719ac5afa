import Deduplication

/// What is right, by comparing every document with every other, as the rules are written.
struct NearTruth {
  /// Ways to be wrong that the tests must tell from right.
  enum Mutation: CaseIterable {
    case contagionOverComponent
    case contagionFromRefused
    case refusedSurvives
    case contaminatedSurvives
    case evidenceNeverSurvivor
    case evidenceLargestNeighbour
    case evidenceLeastSimilar
    case refusedSplitClusters
    case copiesTakePart
  }

  let corpus: NearCorpus
  let contagion: Bool
  var mutation: Mutation?
  /// Pairs that may be compared at all; nil for all.
  var compared: Set<[Int]>?

  private struct Neighbour {
    var document: Int
    var shared: Int
    var united: Int
  }

  private func edges() -> [[Neighbour]] {
    let sets = corpus.documents.map { NearCorpus.shingles($0) }
    var all: [[Neighbour]] = Array(repeating: [], count: sets.count)
    let jaccard = NearCorpus.settings.jaccard
    for first in sets.indices where !sets[first].isEmpty {
      for second in sets.indices.dropFirst(first + 1) where !sets[second].isEmpty {
        if mutation != .copiesTakePart {
          if corpus.copies.contains(first) || corpus.copies.contains(second) { continue }
        }
        if let compared, !compared.contains([first, second]) { continue }
        let shared = sets[first].intersection(sets[second]).count
        let united = sets[first].count + sets[second].count - shared
        guard Double(shared) / Double(united) >= jaccard else { continue }
        all[first].append(Neighbour(document: second, shared: shared, united: united))
        all[second].append(Neighbour(document: first, shared: shared, united: united))
      }
    }
    return all
  }

  private func components(_ edges: [[Neighbour]]) -> [Int] {
    var component = Array(edges.indices)
    var isChanged = true
    while isChanged {
      isChanged = false
      for document in edges.indices {
        if mutation == .refusedSplitClusters && corpus.refused.contains(document) { continue }
        for neighbour in edges[document] where component[neighbour.document] < component[document] {
          component[document] = component[neighbour.document]
          isChanged = true
        }
      }
    }
    return component
  }

  private func best(_ edges: [Neighbour]) -> Neighbour? {
    edges.min { one, other in
      let left = one.shared * other.united
      let right = other.shared * one.united
      if left != right { return mutation == .evidenceLeastSimilar ? left < right : left > right }
      return mutation == .evidenceLargestNeighbour
        ? one.document > other.document : one.document < other.document
    }
  }

  private func isContaminated(_ document: Int, _ edges: [[Neighbour]], _ component: [Int]) -> Bool {
    guard contagion, !corpus.refused.contains(document) else { return false }
    switch mutation {
    case .contagionOverComponent:
      return corpus.hazardous.contains { component[$0] == component[document] }
    case .contagionFromRefused:
      return edges[document].contains { corpus.refused.contains($0.document) }
    default:
      return edges[document].contains { corpus.hazardous.contains($0.document) }
    }
  }

  /// The verdicts, the number of edges, and the number of clusters.
  func resolve() -> (verdicts: [NearVerdict], edges: Int, clusters: Int) {
    let edges = edges()
    let component = components(edges)
    let contaminated = edges.indices.filter { isContaminated($0, edges, component) }
    var survivors: [Int: Int] = [:]
    for document in edges.indices where survivors[component[document]] == nil {
      if corpus.refused.contains(document) && mutation != .refusedSurvives { continue }
      if contaminated.contains(document) && mutation != .contaminatedSurvives { continue }
      survivors[component[document]] = document
    }
    var verdicts: [NearVerdict] = []
    for document in edges.indices
    where !edges[document].isEmpty && !corpus.refused.contains(document) {
      let isContagion = contaminated.contains(document)
      let survivor = survivors[component[document]]
      if !isContagion && survivor == document { continue }
      var evidence = best(edges[document])
      if isContagion {
        let hazards = edges[document].filter { corpus.hazardous.contains($0.document) }
        evidence = best(hazards.isEmpty ? edges[document] : hazards)
      } else if mutation != .evidenceNeverSurvivor,
        let edge = edges[document].first(where: { $0.document == survivor })
      {
        evidence = edge
      }
      guard let evidence else { continue }
      verdicts.append(
        NearVerdict(
          ordinal: UInt64(document), isContagion: isContagion,
          cluster: UInt64(component[document]),
          survivor: isContagion ? NearVerdict.none : survivor.map { UInt64($0) } ?? 0,
          neighbour: UInt64(evidence.document), shared: UInt32(evidence.shared),
          united: UInt32(evidence.united)))
    }
    let ends = edges.reduce(0) { $0 + $1.count }
    let clusters = Set(edges.indices.filter { !edges[$0].isEmpty }.map { component[$0] }).count
    return (verdicts, ends / 2, clusters)
  }
}
