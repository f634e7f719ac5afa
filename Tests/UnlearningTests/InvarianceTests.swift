import Language
import Tensors
import Testing
import Unlearning

/// What must not change a loss, for each objective.
@Suite("What never changes an objective") struct InvarianceTests {
  private func bits(_ outcome: SmallWorld.Outcome) -> [UInt32] {
    outcome.pass.backward(into: outcome.gradients)
    return outcome.gradients.floats.map { $0.bitPattern }
  }

  private func distance(_ own: FloatBlock, _ other: FloatBlock) -> Double {
    let difference = zip(own.floats, other.floats).reduce(0) {
      $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1))
    }
    let size = other.floats.reduce(0) { $0 + Double($1) * Double($1) }
    return (difference / size).squareRoot()
  }

  @Test("appended padding, and whatever stands in it", arguments: ObjectiveCase.all)
  func padding(each: ObjectiveCase) throws {
    let plain = try SmallWorld()
    let outcome = try plain.measure(each.objective)
    outcome.pass.backward(into: outcome.gradients)
    let padded = try plain.padded(5, seed: 1).measure(each.objective)
    // Longer sequences are multiplied in other shapes: rounding, no more.
    #expect(abs(padded.loss - outcome.loss) <= 1e-6 * abs(outcome.loss))
    let other = try plain.padded(5, seed: 2).measure(each.objective)
    #expect(other.loss == padded.loss)
    #expect(bits(other) == bits(padded))
    #expect(distance(padded.gradients, outcome.gradients) < 1e-5)
  }

  @Test("masked tokens at the end", arguments: ObjectiveCase.all)
  func ends(each: ObjectiveCase) throws {
    let world = try SmallWorld()
    let outcome = try world.measure(each.objective)
    var changed = world
    // The masked ends of the first two sequences, which nothing scored stands behind.
    for place in [5, 6, 13] { changed.tokens[place] = (world.tokens[place] + 3) % 8 }
    let other = try changed.measure(each.objective)
    #expect(other.loss == outcome.loss)
    #expect(bits(other) == bits(outcome))
  }

  @Test("states at masked places, of the model and of the reference", arguments: ObjectiveCase.all)
  func states(each: ObjectiveCase) throws {
    let world = try SmallWorld()
    let ofLogits = each.objective.layers.isEmpty
    let kept = Set(
      ofLogits ? world.scoredRows : world.labels.indices.filter { world.labels[$0] != -100 })
    let batch = try world.batch(each.objective)
    let outcome = try world.measure(each.objective, batch)
    func spoil(_ matrix: MatrixView) {
      for row in 0..<matrix.rows where !kept.contains(row) {
        for column in 0..<matrix.columns { matrix.row(row)[column] = .nan }
      }
    }
    // Behind the last block no row sees another.
    let spoiled = try world.measure(
      each.objective, batch,
      tap: { layer, hidden in
        if layer == 1 { spoil(hidden) }
      })
    #expect(spoiled.loss == outcome.loss)
    if let logits = batch.reference.logits { spoil(logits.hidden) }
    batch.reference.hidden.values.forEach(spoil)
    #expect(try world.measure(each.objective, batch).loss == outcome.loss)
  }

  @Test("the number of workers: the same bits", arguments: ObjectiveCase.all)
  func workers(each: ObjectiveCase) throws {
    let world = try SmallWorld()
    let one = try world.measure(each.objective)
    let exact = bits(one)
    for count in 2...4 {
      let other = try world.measure(each.objective, workers: count)
      #expect(other.loss.bitPattern == one.loss.bitPattern)
      #expect(bits(other) == exact)
    }
  }

  @Test("slices, weighed by their share, add up to the batch", arguments: ObjectiveCase.all)
  func slices(each: ObjectiveCase) throws {
    let world = try SmallWorld()
    let averaging = type(of: each.objective).averaging
    let whole = try world.measure(each.objective)
    whole.pass.backward(into: whole.gradients)
    let count = Double(try world.batch(each.objective).count(averaging))
    let sum = try FloatBlock(count: whole.gradients.count)
    var loss = 0.0
    // Pairs of DPO stay together.
    for kept in [[0, 2], [1, 3]] {
      let slice = world.sequences(kept)
      let share = Double(try slice.batch(each.objective).count(averaging)) / count
      let outcome = try slice.measure(each.objective, weight: share)
      outcome.pass.backward(into: outcome.gradients)
      loss += share * outcome.loss
      for place in 0..<sum.count { sum.base[place] += outcome.gradients.base[place] }
    }
    #expect(abs(loss - whole.loss) <= 1e-6 * abs(whole.loss))
    #expect(distance(sum, whole.gradients) < 1e-5)
  }

  @Test("a batch of more rows than a chunk of the output matrix: the mean stays what it was")
  func chunks() throws {
    for objective in [NPO(), SimNPO(margin: 0.1)] as [any Objective] {
      let world = try SmallWorld()
      let outcome = try world.measure(objective)
      outcome.pass.backward(into: outcome.gradients)
      // Chunks of 512 rows end between sequences: 14 rows a world do not fit in evenly.
      let many = world.sequences((0..<180).map { $0 % 4 })
      #expect(try many.batch(objective).count(.scoredTokens) > 512)
      let whole = try many.measure(objective, workers: 3)
      whole.pass.backward(into: whole.gradients)
      #expect(abs(whole.loss - outcome.loss) <= 1e-6 * abs(outcome.loss))
      #expect(distance(whole.gradients, outcome.gradients) < 1e-5)
      #expect(try many.measure(objective, workers: 1).loss == whole.loss)
    }
  }
}
