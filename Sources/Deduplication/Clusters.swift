/// The connected components of all edges, and who survives in each.
///
/// Documents with an edge are numbered in ordinal order; a parent of 4 bytes each, of which a
/// root's afterwards names its survivor. The root is the smallest member (union by the smallest
/// with path halving: Tarjan and van Leeuwen 1984).
struct Clusters {
  private let nodes: RankedDocuments
  private var parents: [UInt32]
  /// The mark of a root once survivors are known.
  private static let rootMark: UInt32 = 1 << 31
  /// No survivor: all members are refused or contaminated.
  private static let none: UInt32 = rootMark - 1

  /// Bytes that a document with an edge takes.
  static let byteCount = 4
  /// Documents with an edge that there may be.
  static let nodeLimit = Int(none)

  /// Each document a cluster of its own.
  ///
  /// - Precondition: there are at most `nodeLimit`.
  init(_ nodes: RankedDocuments) {
    precondition(nodes.memberCount <= Clusters.nodeLimit, "too many documents have an edge")
    self.nodes = nodes
    parents = Array(0..<UInt32(nodes.memberCount))
  }

  /// Makes one cluster of those of two documents that have an edge.
  mutating func join(_ first: UInt64, _ second: UInt64) {
    let one = root(of: nodes.rank(of: first))
    let other = root(of: nodes.rank(of: second))
    if one < other { parents[Int(other)] = one } else { parents[Int(one)] = other }
  }

  private mutating func root(of node: UInt32) -> UInt32 {
    var node = node
    while parents[Int(node)] != node {
      parents[Int(node)] = parents[Int(parents[Int(node)])]
      node = parents[Int(node)]
    }
    return node
  }

  /// Finds the survivors: the smallest member of each cluster that `maySurvive`.
  ///
  /// - Returns: the number of clusters.
  mutating func elect(_ maySurvive: (UInt64) -> Bool) -> Int {
    var clusters = 0
    var ordinals = nodes.documents.makeMemberIterator()
    // Ascending: a parent is smaller than its child, and is settled before it.
    for node in 0..<UInt32(parents.count) {
      guard let ordinal = ordinals.next() else { break }
      let parent = parents[Int(node)]
      let isRoot = parent == node
      var root = node
      if isRoot {
        clusters += 1
        parents[Int(node)] = Clusters.rootMark | Clusters.none
      } else {
        let above = parents[Int(parent)]
        root = above & Clusters.rootMark != 0 ? parent : above
        parents[Int(node)] = root
      }
      let survivor = parents[Int(root)] & ~Clusters.rootMark
      if survivor == Clusters.none && maySurvive(ordinal) {
        parents[Int(root)] = Clusters.rootMark | node
      }
    }
    return clusters
  }

  /// Whether a document is the survivor of its cluster.
  ///
  /// - Precondition: survivors are elected, and the document has an edge.
  func survives(_ ordinal: UInt64) -> Bool {
    let node = nodes.rank(of: ordinal)
    let parent = parents[Int(node)]
    let root = parent & Clusters.rootMark != 0 ? node : parent
    return parents[Int(root)] & ~Clusters.rootMark == node
  }

  /// The smallest member of a document's cluster, and its survivor.
  ///
  /// - Precondition: survivors are elected, and the document has an edge.
  func place(of ordinal: UInt64) -> (cluster: UInt64, survivor: UInt64?) {
    let node = nodes.rank(of: ordinal)
    let parent = parents[Int(node)]
    let root = parent & Clusters.rootMark != 0 ? node : parent
    let survivor = parents[Int(root)] & ~Clusters.rootMark
    return (
      nodes.member(root), survivor == Clusters.none ? nil : nodes.member(survivor)
    )
  }
}
