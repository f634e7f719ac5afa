import Foundation
import Language
import Streams
import Synchronization
import Tensors
import Testing

@testable import Training

/// Threads that stand for processes: what is sent lies in a queue until it is received.
private final class Mailboxes: Sendable {
  private let letters = Mutex<[String: [[UInt8]]]>([:])

  func put(_ bytes: [UInt8], from sender: Int, to receiver: Int) {
    letters.withLock { $0["\(sender) \(receiver)", default: []].append(bytes) }
  }

  func take(from sender: Int, to receiver: Int) -> [UInt8] {
    while true {
      let letter = letters.withLock { letters -> [UInt8]? in
        let key = "\(sender) \(receiver)"
        guard let first = letters[key]?.first else { return nil }
        letters[key]?.removeFirst()
        return first
      }
      if let letter { return letter }
      sched_yield()
    }
  }
}

private final class ThreadGroup: ProcessGroup {
  let rank, count: Int
  private let mail: Mailboxes

  init(_ rank: Int, of count: Int, _ mail: Mailboxes) {
    (self.rank, self.count, self.mail) = (rank, count, mail)
  }

  func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) throws(ProcessGroupError) {
    mail.put(Array(bytes), from: self.rank, to: rank)
  }

  func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int) throws(ProcessGroupError) {
    let letter = mail.take(from: rank, to: self.rank)
    guard letter.count == bytes.count else { throw .failed(operation: "receive", code: 1) }
    bytes.copyBytes(from: letter)
  }

  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) throws(ProcessGroupError) {
    guard rank == root else { return try receive(bytes, from: root) }
    for other in 0..<count where other != root {
      try send(UnsafeRawBufferPointer(bytes), to: other)
    }
  }
}

@Suite("Processes that share slices") struct ProcessGroupTests {
  /// What each of `count` processes has behind `body`.
  private func together<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (any ProcessGroup) throws -> Result
  ) throws -> [Result] {
    let mail = Mailboxes()
    let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
    let finished = DispatchGroup()
    for rank in 0..<count {
      finished.enter()
      Thread.detachNewThread {
        let result = Swift.Result { try body(ThreadGroup(rank, of: count, mail)) }
        results.withLock { $0[rank] = result }
        finished.leave()
      }
    }
    finished.wait()
    return try results.withLock { results in
      try (0..<count).map { try #require(results[$0]).get() }
    }
  }

  @Test("one process and several give the same bits", arguments: 2...4) func bits(count: Int) throws
  {
    let settings = TinyModel.settings(slices: 4)
    let alone = try TinyModel.train(TinyModel.make(), settings)
    let all = try together(count) { group in
      try TinyModel.train(TinyModel.make(), settings, group: group)
    }
    for bits in all { #expect(bits == alone) }
  }

  @Test("frozen parameters are not sent, and the rest is the same") func frozen() throws {
    let settings = TinyModel.settings(slices: 3)
    @Sendable func train(_ group: (any ProcessGroup)?) throws -> [UInt32] {
      let model = try TinyModel.make(.gpt2)
      let selection = ParameterSelection(model.layout) { $0.layer == 1 }
      return try TinyModel.train(model, settings, selection: selection, group: group)
    }
    let alone = try train(nil)
    for bits in try together(2, { try train($0) }) { #expect(bits == alone) }
  }

  @Test("more processes than slices are refused") func tooMany() throws {
    let group = ThreadGroup(0, of: 3, Mailboxes())
    #expect(throws: ProcessGroupError.tooMany(processes: 3, slices: 2)) {
      _ = try Trainer(
        try TinyModel.make(), settings: TinyModel.settings(slices: 2), group: group,
        on: Workers(count: 1))
    }
  }

  @Test("processes of another kind are refused") func differs() throws {
    let all = try together(3) { group -> Bool in
      do throws(ProcessGroupError) {
        try group.agree(on: group.rank == 2 ? [1] : [2], what: "processor")
        return true
      } catch {
        return error != .differs(rank: 2, what: "processor")
      }
    }
    #expect(all == [true, true, false])
  }

  @Test("shares are whole and in order", arguments: 1...7) func shares(count: Int) {
    for slices in count...20 {
      let shares = (0..<count).map {
        ThreadGroup($0, of: count, Mailboxes()).share(of: slices)
      }
      #expect(shares.flatMap { Array($0) } == Array(0..<slices))
      #expect(shares.allSatisfy { $0.count >= slices / count && $0.count <= slices / count + 1 })
    }
  }
}
