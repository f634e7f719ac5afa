import Tensors
import Testing
import Training

@Suite("Batches of training") struct TrainingBatchTests {
  @Test("sequences are cut with their segments") func cut() {
    let ignored = CrossEntropy.ignored
    let batch = TrainingBatch(
      length: 3, tokens: [1, 2, 3, 4, 5, 6, 7, 8, 9],
      targets: [2, 3, ignored, 5, ignored, ignored, 8, 9, 1],
      segments: Segments(lengths: [3, 2, 1, 3]))
    #expect(batch.sequences == 3)
    #expect(batch.scored == 6)
    let part = batch.sequences(1..<3)
    #expect(part.tokens == [4, 5, 6, 7, 8, 9])
    #expect(part.targets == [5, ignored, ignored, 8, 9, 1])
    #expect(part.segments == Segments(lengths: [2, 1, 3]))
    #expect(part.scored == 4)
  }
}
