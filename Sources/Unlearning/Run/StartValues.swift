internal import Language
internal import Streams
package import Tensors
package import Training

/// What the model said before its first step, of the items that objectives ask it about: constants
/// of the data, computed once.
///
/// Log-likelihoods are kept, 8 bytes a sequence. Hidden states are kept where those of all items
/// fit into the plan's `reference: memory`. Else they are computed again for as many steps as fit,
/// from the start model's weights, which are read again into the model's own memory while its
/// trained weights wait in the block of the gradients: there is never a second model.
package final class StartValues {
  private let terms: [RunningTerm]
  private let trainer: Trainer
  private let slices: Int
  private let folder: String
  private let workers: Workers
  /// S^r of each item's texts; none where no objective asks.
  private var losses: [[[Double]]] = []
  /// Hidden states of all items; none where they are computed again.
  private var kept: [KeptStates?] = []
  /// The output matrix of the start model, where it is trained.
  private var head: FloatBlock?
  /// Computed for some steps: by step, term and slice.
  private var window: [[[ReferenceValues]]] = []
  private var windowStart = 0
  /// Steps whose states fit; 0 where all are kept.
  let windowSteps: Int
  private let fingerprint: Digest256

  /// Asks the model, which still is the start model.
  ///
  /// - Throws: ``UnlearningError/referenceMemory(step:all:limit:plan:)`` where those of one step do
  ///   not fit, `TensorsError` where there is no memory.
  package init(
    _ terms: [RunningTerm], trainer: Trainer, plan: UnlearningPlan, folder: String,
    on workers: Workers
  ) throws {
    self.terms = terms
    self.trainer = trainer
    self.folder = folder
    self.workers = workers
    slices = plan.slices
    let model = trainer.model
    let memory = StartMemory(terms, model: model, selection: trainer.selection)
    windowSteps = try memory.windowSteps(plan)
    fingerprint = windowSteps > 0 ? StartValues.fingerprint(of: model) : .zero
    if memory.head > 0 { head = try StartValues.copy(model.head.weight) }
    let adapter = model.adapter
    model.adapter = nil
    defer { model.adapter = adapter }
    let pass = TrainingPass(model, on: workers)
    for term in terms {
      let (losses, states) = try ask(pass, term)
      self.losses.append(losses)
      kept.append(states)
    }
  }

  private func keeps(_ term: RunningTerm) -> Bool {
    term.isActive && windowSteps == 0 && !term.needs.isDisjoint(with: [.logits, .hidden])
  }

  /// Asks about all items of a term, some at a time.
  private func ask(
    _ pass: TrainingPass, _ term: RunningTerm
  ) throws -> ([[Double]], KeptStates?) {
    let wantsLosses = term.isActive && term.needs.contains(.sequenceLosses)
    let states = keeps(term) ? try KeptStates(term, width: pass.model.shape.width) : nil
    guard wantsLosses || states != nil else { return ([], nil) }
    var losses: [[Double]] = []
    let size = max(1, term.term.batch / slices)
    for first in stride(from: 0, to: term.items.count, by: size) {
      if Interruption.isRequested { throw InterruptedError() }
      let range = first..<min(first + size, term.items.count)
      let batch = ItemBatch(Array(term.items[range]))
      let values = try ReferenceValues(
        asking: pass, tokens: batch.tokens, labels: batch.labels, length: batch.length,
        term.needs, layers: term.objective.layers)
      if let sums = values.sequenceLosses {
        for place in 0..<range.count {
          losses.append(stride(from: place, to: sums.count, by: range.count).map { sums[$0] })
        }
      }
      states?.take(values, range, length: batch.length)
    }
    return (losses, states)
  }

  // MARK: - Steps

  /// Makes the values of a step ready.
  ///
  /// - Throws: ``UnlearningError/startModel(folder:)`` where the start model changed, and what
  ///   reading it throws.
  package func prepare(step: Int, of steps: Int) throws {
    guard windowSteps > 0, !(windowStart..<windowStart + window.count).contains(step) else {
      return
    }
    window = []
    windowStart = step
    let range = step..<min(step + windowSteps, steps + 1)
    window = try trainer.withModel { model in
      try model.readWeights(folder: folder)
      guard StartValues.fingerprint(of: model) == fingerprint else {
        throw UnlearningError.startModel(folder: folder)
      }
    } _: {
      let pass = TrainingPass(trainer.model, on: workers)
      return try range.map { step in
        try terms.map { term in
          guard term.isActive, !term.needs.isDisjoint(with: [.logits, .hidden]) else { return [] }
          return try term.slices(ofStep: step, count: slices).map { items in
            let batch = ItemBatch(items)
            return try ReferenceValues(
              asking: pass, tokens: batch.tokens, labels: batch.labels, length: batch.length,
              term.needs.subtracting(.sequenceLosses), layers: term.objective.layers)
          }
        }
      }
    }
  }

  /// What the start model says of a slice of a step's batch of a term.
  ///
  /// - Parameters:
  ///   - items: the numbers of the slice's items.
  ///   - length: T of their batch.
  func values(
    term number: Int, step: Int, slice: Int, items: [Int], length: Int
  ) throws -> ReferenceValues {
    var values = ReferenceValues()
    if windowSteps > 0, !window[step - windowStart][number].isEmpty {
      values = window[step - windowStart][number][slice]
    } else if let kept = kept[number] {
      values = try kept.values(items, length: length, head: trainer.model.head)
    }
    if let logits = values.logits {
      // The model's own matrix may have changed since.
      values.logits = ReferenceLogits(
        hidden: logits.hidden,
        head: head.map { weight in
          let own = trainer.model.head.weight
          return OutputHead(weight: weight.matrix(rows: own.rows, columns: own.columns))
        } ?? trainer.model.head)
    }
    if terms[number].needs.contains(.sequenceLosses) {
      let own = items.map { losses[number][$0] }
      let texts = own.first?.count ?? 0
      values.sequenceLosses = (0..<texts).flatMap { text in own.map { $0[text] } }
    }
    return values
  }

  // MARK: - The start model

  private static func copy(_ matrix: MatrixView) throws(TensorsError) -> FloatBlock {
    let block = try FloatBlock(count: matrix.rows * matrix.columns)
    for row in 0..<matrix.rows {
      (block.base + row * matrix.columns).update(from: matrix.row(row), count: matrix.columns)
    }
    return block
  }

  /// The SHA-256 of a model's weights.
  private static func fingerprint(of model: LanguageModel) -> Digest256 {
    var seal = DigestStream()
    for parameter in model.layout.parameters {
      let range = parameter.place.range
      seal.update(
        UnsafeRawBufferPointer(
          UnsafeBufferPointer(start: model.weights.base + range.lowerBound, count: range.count)))
    }
    return seal.digest()
  }
}

/// What the start model's hidden states take, in bytes.
struct StartMemory {
  /// Of all items.
  private(set) var all = 0
  /// Of the batches of one step.
  private(set) var step = 0
  /// Of the start model's output matrix, where objectives need its logits and it is trained.
  private(set) var head = 0

  /// All of what is kept where everything is.
  var whole: Int { all + step + head }

  /// For how many steps states are computed at one time: 0 where those of all items are kept.
  ///
  /// - Throws: ``UnlearningError/referenceMemory(step:all:limit:plan:)`` where those of one step do
  ///   not fit.
  func windowSteps(_ plan: UnlearningPlan) throws(UnlearningError) -> Int {
    let limit = plan.referenceMemory
    if all == 0 || whole <= limit { return 0 }
    guard step + head <= limit else {
      throw .referenceMemory(step: step + head, all: whole, limit: limit, plan: plan.path)
    }
    return (limit - head) / step
  }

  init(_ terms: [RunningTerm], model: LanguageModel, selection: ParameterSelection) {
    let float = MemoryLayout<Float>.stride
    for term in terms where term.isActive {
      let layers = term.needs.contains(.hidden) ? term.objective.layers.count : 0
      let states = layers + (term.needs.contains(.logits) ? 1 : 0)
      all += term.tokens * states * model.shape.width * float
      step += term.largestBatch * states * model.shape.width * float
      if term.needs.contains(.logits), selection.contains(model.layout.head) {
        head = model.shape.vocabulary * model.shape.width * float
      }
    }
  }
}
