import Deduplication
import Foundation
import Testing

@Suite("Near-duplicate settings") struct NearDuplicateSettingsTests {
  @Test(
    "Bands and rows follow from the threshold",
    arguments: Array(stride(from: 0.3, to: 1.01, by: 0.01)))
  func chosen(jaccard: Double) {
    let settings = NearDuplicateSettings(jaccard: min(jaccard, 1))
    #expect(settings.bands * settings.rows <= 128)
    #expect(settings.missProbability(at: settings.jaccard) <= 5e-4 * (1 + 1e-9))
    // One row more would not do within 128 functions.
    let rows = settings.rows + 1
    let bands = 128 / rows
    if rows <= 128 {
      let missed = pow(1 - pow(settings.jaccard, Double(rows)), Double(bands))
      #expect(missed > 5e-4, "\(rows) rows would have been better")
    }
    // One band fewer would miss too much.
    if settings.bands > 1 {
      let fewer = NearDuplicateSettings(
        jaccard: settings.jaccard, bands: settings.bands - 1, rows: settings.rows)
      #expect(fewer.missProbability(at: settings.jaccard) > 5e-4)
    }
  }

  @Test("At 0.7: 28 bands of 4 rows") func standard() {
    let settings = NearDuplicateSettings()
    #expect(settings.bands == 28 && settings.rows == 4)
    #expect(settings.shingle == 5 && settings.jaccard == 0.7)
    #expect(settings == NearDuplicateSettings(bands: 28, rows: 4))
    #expect(settings.missProbability(at: 0) == 1)
    #expect(settings.missProbability(at: 1) == 0)
  }

  @Test("What is given is kept, the other follows within the limit") func given() {
    #expect(NearDuplicateSettings(bands: 14, rows: 8).bands == 14)
    #expect(NearDuplicateSettings(rows: 4).bands == 28)
    #expect(NearDuplicateSettings(bands: 28).rows == 4)
    #expect(NearDuplicateSettings(bands: 1).rows == 1)
    #expect(NearDuplicateSettings(jaccard: 0.3, rows: 8).bands == 64)
    #expect(NearDuplicateSettings(jaccard: 1).bands == 1)
    for bands in [1, 2, 100, 511, 512] {
      #expect(NearDuplicateSettings(jaccard: 0.9, bands: bands).rows * bands <= 512)
    }
    for rows in [1, 2, 100, 511, 512] {
      #expect(NearDuplicateSettings(jaccard: 0.9, rows: rows).bands * rows <= 512)
    }
    #expect(NearDuplicateSettings.allows(bands: 512, rows: nil))
    #expect(!NearDuplicateSettings.allows(bands: 513, rows: nil))
    #expect(!NearDuplicateSettings.allows(bands: 0, rows: 4))
    #expect(!NearDuplicateSettings.allows(bands: 28, rows: -1))
    #expect(!NearDuplicateSettings.allows(bands: .max, rows: .max))
    #expect(NearDuplicateSettings.allows(bands: nil, rows: nil))
  }
}
