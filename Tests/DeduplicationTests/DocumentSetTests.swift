import TestSupport
import Testing

@testable import Deduplication

@Suite("Sets of documents") struct DocumentSetTests {
  @Test("against a set of numbers", arguments: [0, 1, 63, 64, 65, 511, 512, 513, 3000])
  func random(count: Int) {
    var random = SeededGenerator(seed: UInt64(count))
    var set = DocumentSet(count: UInt64(count))
    var truth: Set<UInt64> = []
    for _ in 0..<count {
      let ordinal = UInt64.random(in: 0..<UInt64(count), using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0:
        set.remove(ordinal)
        truth.remove(ordinal)
      case 1:
        let end = min(UInt64(count), ordinal + UInt64.random(in: 0..<100, using: &random))
        set.insert(ordinal..<end)
        truth.formUnion(ordinal..<end)
      default:
        set.insert(ordinal)
        truth.insert(ordinal)
      }
    }
    let members = truth.sorted()
    #expect((0..<UInt64(count)).filter { set.contains($0) } == members)
    #expect(set.memberCount == members.count)
    var iterator = set.makeMemberIterator()
    var found: [UInt64] = []
    while let member = iterator.next() { found.append(member) }
    #expect(found == members)
    let ranked = RankedDocuments(set)
    #expect(ranked.memberCount == members.count)
    #expect(members.map { ranked.rank(of: $0) } == Array(0..<UInt32(members.count)))
    #expect((0..<UInt32(members.count)).map { ranked.member($0) } == members)
    #expect(DocumentSet.all(count: UInt64(count)).memberCount == count)
  }

  @Test("what two sets share, and what either has")
  func together() {
    var one = DocumentSet(count: 200)
    one.insert(10..<100)
    var other = DocumentSet(count: 200)
    other.insert(90..<150)
    var both = one
    both.formIntersection(other)
    #expect((0..<200).filter { both.contains($0) } == Array(90..<100))
    one.formUnion(other)
    #expect((0..<200).filter { one.contains($0) } == Array(10..<150))
  }

  @Test("clusters: joined in any order, the smallest member and the smallest that may survive")
  func clusters() {
    var random = SeededGenerator(seed: 4)
    for _ in 0..<200 {
      let count = Int.random(in: 1...60, using: &random)
      var nodes = DocumentSet(count: 1000)
      var members = (0..<UInt64(1000)).shuffled(using: &random).prefix(count).sorted()
      for member in members { nodes.insert(member) }
      var clusters = Clusters(RankedDocuments(nodes))
      var truth = members.map { [$0] }
      for _ in 0..<Int.random(in: 0..<count, using: &random) {
        let one = members.randomElement(using: &random) ?? 0
        let other = members.randomElement(using: &random) ?? 0
        clusters.join(one, other)
        let joined = truth.filter { $0.contains(one) || $0.contains(other) }
        truth.removeAll { $0.contains(one) || $0.contains(other) }
        truth.append(joined.flatMap { $0 })
      }
      let barred = Set(members.filter { _ in Bool.random(using: &random) })
      #expect(clusters.elect { !barred.contains($0) } == truth.count)
      members.shuffle(using: &random)
      for member in members {
        let cluster = truth.first { $0.contains(member) } ?? []
        let place = clusters.place(of: member)
        #expect(place.cluster == cluster.min())
        let survivor = cluster.filter { !barred.contains($0) }.min()
        #expect(place.survivor == survivor)
        #expect(clusters.survives(member) == (survivor == member))
      }
    }
  }
}
