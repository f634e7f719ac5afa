import Foundation
import Ledger
import Streams
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite("Checkpoints of a run") struct CheckpointStoreTests {
  typealias Example = CheckpointExample

  @Test("what is written is read, to the last bit") func roundTrip() throws {
    try withScratchFolder { folder in
      let store = try CheckpointStore(output: folder.path)
      let saved = try Example.save(500, validation: 0.1 + 0.2, in: store)
      #expect(try Example.names(folder) == ["step-00000500"])
      #expect(saved.state == Example.state(500, validation: 0.1 + 0.2))
      #expect(saved.best == BestCheckpoint(step: 500, loss: 0.1 + 0.2))
      #expect(
        saved.files.map(\.name) == [
          "config.json", "model.safetensors", "tokenizer.json", "training/state.safetensors",
        ])
      #expect(saved.row.files.map(\.name) == ["config.json", "model.safetensors"])
      #expect(saved.row == (try SavedCheckpoint.row(ofModel: saved.folder)))
      let resumed = try #require(
        try store.resume(run: Example.run, plan: Example.plan, data: Example.data))
      #expect(resumed == saved)
      let (written, read) = (try Example.moments(500), try Example.moments(0))
      try resumed.read(read)
      #expect(written.first.floats.elementsEqual(read.first.floats))
      #expect(written.second.floats.elementsEqual(read.second.floats))
    }
  }

  @Test("the same checkpoint has the same bytes") func sameBytes() throws {
    func bytes() throws -> [String: Data] {
      try withScratchFolder { folder in
        let saved = try Example.save(
          7, validation: 3, in: CheckpointStore(output: folder.path))
        var bytes: [String: Data] = [:]
        for name in try SavedCheckpoint.names(in: saved.folder) {
          bytes[name] = try Data(contentsOf: URL(fileURLWithPath: "\(saved.folder)/\(name)"))
        }
        return bytes
      }
    }
    let first = try bytes()
    #expect(first.count == 5)
    #expect(try bytes() == first)
  }

  @Test("the rule says which stay: last, best, every") func rule() throws {
    let losses: [Double?] = [5, 4, nil, 2, 3, 2, 4, nil, 6]
    for (rule, kept) in [
      (CheckpointRetention(last: 1, best: false), [9]),
      (CheckpointRetention(last: 2, best: true), [4, 8, 9]),
      (CheckpointRetention(last: 1, best: true, every: 3), [3, 4, 6, 9]),
      (CheckpointRetention(last: 20), Array(1...9)), (CheckpointRetention(), Array(1...9)),
    ] {
      try withScratchFolder { folder in
        let store = try CheckpointStore(output: folder.path, retention: rule)
        for (index, loss) in losses.enumerated() {
          try Example.save(index + 1, validation: loss, in: store)
        }
        #expect(try CheckpointStore.steps(in: store.folder) == kept)
        if rule.best { #expect(try store.checkpoint(step: 9).best == .init(step: 4, loss: 2)) }
      }
    }
    #expect(CheckpointRetention(last: 2).kept([]).isEmpty)
  }

  @Test("a checkpoint knows the one before it, also when that is gone") func parent() throws {
    try withScratchFolder { folder in
      let store = try CheckpointStore(
        output: folder.path, retention: CheckpointRetention(last: 1, best: true))
      // The best stays: it is not the parent of the last.
      let first = try Example.save(1, validation: 1, in: store)
      let second = try Example.save(2, validation: 2, in: store)
      let third = try Example.save(3, validation: 3, in: store)
      #expect(first.parent == nil && second.parent == first.row && third.parent == second.row)
      #expect(try CheckpointStore.steps(in: store.folder) == [1, 3])
      #expect(
        try store.resume(run: Example.run, plan: Example.plan, data: Example.data) == third)
    }
  }

  @Test("what a killed write left is no checkpoint, and goes") func killed() throws {
    try withScratchFolder { folder in
      let store = try CheckpointStore(output: folder.path, retention: CheckpointRetention(last: 1))
      let whole = try Example.save(1, in: store)
      let checkpoints = folder.appendingPathComponent("checkpoints")
      for left in [".partial", ".removed", ".partial.cordon-partial"] {
        try FileManager.default.copyItem(
          atPath: whole.folder, toPath: checkpoints.appendingPathComponent(left).path)
      }
      #expect(try CheckpointStore.steps(in: store.folder) == [1])
      let again = try CheckpointStore(output: folder.path)
      #expect(try Example.names(folder) == ["step-00000001"])
      #expect(
        try again.resume(run: Example.run, plan: Example.plan, data: Example.data) == whole)
      for name in ["step-2", "step-0000002x", "step-00000000", "step-+0000002"] {
        try FileManager.default.createDirectory(
          at: checkpoints.appendingPathComponent(name), withIntermediateDirectories: true)
      }
      #expect(try CheckpointStore.steps(in: store.folder) == [1])
    }
  }

  @Test("a write that fails leaves nothing and names the last good one") func full() throws {
    try withScratchFolder { folder in
      let store = try CheckpointStore(output: folder.path)
      for step in 1...2 {
        let error = #expect(throws: CheckpointStoreError.self) {
          try store.save(Example.state(2), moments: Example.moments(2)) { path in
            try Example.model(2)(path)
            throw StreamsError(.full, path: path, detail: "No space left on device")
          }
        }
        #expect(error?.code == .full && error?.consequence == .resource)
        #expect(error?.lastGood.map { $0.hasSuffix("/step-00000001") } == (step == 1 ? nil : true))
        #expect(error?.description.contains("step-00000002") == true)
        #expect(try Example.names(folder) == (step == 1 ? [] : ["step-00000001"]))
        if step == 1 { try Example.save(1, in: store) }
      }
      // What is not finite is refused by the file's own error.
      let moments = try Example.moments(3)
      moments.second.base[33] = .infinity
      #expect(throws: (any Error).self) {
        try store.save(Example.state(3), moments: moments, model: Example.model(3))
      }
      #expect(try Example.names(folder) == ["step-00000001"])
      let error = #expect(throws: CheckpointStoreError.self) { try Example.save(1, in: store) }
      #expect(error?.code == .alreadyThere)
    }
  }

  @Test("no byte of any file changes unseen, no file goes or comes") func damaged() throws {
    try withScratchFolder { folder in
      let store = try CheckpointStore(output: folder.path)
      let saved = try Example.save(3, validation: 1.5, in: store)
      func refused(_ what: String) {
        let error = #expect(throws: CheckpointStoreError.self, "\(what)") {
          try store.resume(run: Example.run, plan: Example.plan, data: Example.data)
        }
        #expect(error?.code == .damaged || error?.code == .missing, "\(what)")
      }
      for name in try SavedCheckpoint.names(in: saved.folder) {
        let file = URL(fileURLWithPath: "\(saved.folder)/\(name)")
        let whole = try Data(contentsOf: file)
        for index in stride(from: 0, to: whole.count, by: name.hasSuffix(".json") ? 1 : 17) {
          var mutant = whole
          mutant[index] ^= 0x01
          try mutant.write(to: file)
          refused("\(name) byte \(index)")
        }
        for mutant in [whole.dropLast(), whole + Data([10])] {
          try mutant.write(to: file)
          refused("\(name) length")
        }
        try FileManager.default.removeItem(at: file)
        refused("\(name) missing")
        try whole.write(to: file)
      }
      let more = URL(fileURLWithPath: "\(saved.folder)/training/more")
      try Data().write(to: more)
      refused("one more")
      try FileManager.default.removeItem(at: more)
      #expect(try store.resume(run: Example.run, plan: Example.plan, data: Example.data) == saved)
    }
  }

  @Test("a checkpoint of another run, plan or corpus is not gone on from") func other() throws {
    try withScratchFolder { folder in
      let store = try CheckpointStore(output: folder.path)
      #expect(try store.resume(run: "x", plan: .zero, data: .zero) == nil)
      try Example.save(3, in: store)
      for (run, plan, data, what) in [
        ("x", Example.plan, Example.data, "run"), (Example.run, .zero, Example.data, "plan"),
        (Example.run, Example.plan, .zero, "data"),
      ] {
        let error = #expect(throws: CheckpointStoreError.self) {
          try store.resume(run: run, plan: plan, data: data)
        }
        #expect(error?.code == .otherRun && error?.consequence == .usage)
        #expect(error?.description.contains("another \(what)") == true)
      }
      // A folder renamed to another step is not that step.
      try FileManager.default.moveItem(
        atPath: "\(store.folder)/step-00000003", toPath: "\(store.folder)/step-00000004")
      let error = #expect(throws: CheckpointStoreError.self) { try store.checkpoints() }
      #expect(error?.code == .damaged)
    }
  }

  @Test("moments of other parameters are refused") func otherMoments() throws {
    try withScratchFolder { folder in
      let saved = try Example.save(3, in: CheckpointStore(output: folder.path))
      let blocks = (try FloatBlock(count: 48), try FloatBlock(count: 48))
      for tensors in [
        [("a.weight", [5, 3], 0), ("b.weight", [7], 32)], [("a.weight", [3, 5], 0)],
        [("b.weight", [7], 32), ("a.weight", [3, 5], 0)],
        [("a.weight", [3, 5], 0), ("c.weight", [7], 32)],
      ] {
        let moments = OptimiserMoments(
          tensors: tensors.map { OptimiserMoments.Tensor(name: $0.0, shape: $0.1, offset: $0.2) },
          first: blocks.0, second: blocks.1)
        #expect(throws: (any Error).self) { try saved.read(moments) }
      }
    }
  }
}
