internal import Language
internal import Tensors

/// One term of what unlearning minimises: a loss on a batch, and its gradient where the loss reads
/// the model.
///
/// An objective names the hidden layers that it needs, gets logits in chunks and those layers,
/// returns its loss and leaves gradients there; it never touches backpropagation. What a frozen
/// reference says comes in as values of the batch (``ReferenceValues``).
///
/// Formulas, masks and normalisation are those of `make_objectives.py`, by these rules:
///
/// - The model at token t predicts token t + 1; that prediction is *scored* where the label of
///   t + 1 is not ``CrossEntropy/ignored``. Nothing else enters a loss on logits.
/// - A hidden state enters a loss where the label of its own token is not ignored.
/// - So padding that is appended, and what stands at masked places, never changes a loss: published
///   code errs here more than anywhere else.
public protocol Objective: Sendable {
  /// What plans and reports call it.
  static var name: String { get }
  /// Whether it forgets or retains.
  static var role: ObjectiveRole { get }
  /// What its mean is over.
  static var averaging: ObjectiveAveraging { get }
  /// What it needs to know of the reference.
  static var needs: ReferenceNeeds { get }

  /// Its settings in a plan, in the order in which they are told.
  static var settings: [ObjectiveSetting] { get }
  /// What it does with answers that a plan gives.
  static var answers: AnswerUse { get }

  /// The objective with the settings of a plan.
  ///
  /// - Precondition: there is a value for each of ``settings``.
  init(_ values: ObjectiveValues)

  /// The blocks, counted from 0, whose output it reads; none for a loss on logits.
  var layers: [Int] { get }

  /// The loss, in nats or as the objective says; the gradient is added at the site.
  ///
  /// Called by ``lossAndGradient(of:at:)``, which has checked that everything fits.
  ///
  /// - Throws: `TensorsError` where memory is short.
  func measure(_ batch: ObjectiveBatch, _ site: ObjectiveSite) throws -> Double
}

/// What a term of the total is for.
public enum ObjectiveRole: Sendable, Equatable {
  /// It makes the model worse on what is to be forgotten.
  case forget
  /// It keeps the model as it is on what is to be retained.
  case retain
}

/// What an objective's mean is over, so that slices of a batch add up to the whole: the weight of a
/// slice is its share of the batch's ``ObjectiveBatch/count(_:)``.
public enum ObjectiveAveraging: Sendable, Equatable {
  /// Every scored token counts alike.
  case scoredTokens
  /// Every labelled token counts alike, scored or first of its sequence.
  case labelledTokens
  /// Every sequence counts alike.
  case sequences
}

/// What an objective needs to know of a frozen reference on the same batch.
public struct ReferenceNeeds: OptionSet, Sendable {
  /// The bits.
  public let rawValue: Int
  /// A set of its bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// The negative log-likelihood of each sequence: 8 bytes a sequence.
  public static let sequenceLosses = ReferenceNeeds(rawValue: 1)
  /// The logits, kept as the hidden states behind the last norm: 4·D bytes a token.
  public static let logits = ReferenceNeeds(rawValue: 2)
  /// The streams behind the objective's layers: 4·D bytes a token and layer.
  public static let hidden = ReferenceNeeds(rawValue: 4)
}

extension Objective {
  /// No settings.
  public static var settings: [ObjectiveSetting] { [] }
  /// No given answers.
  public static var answers: AnswerUse { .none }

  /// No hidden layer.
  public var layers: [Int] { [] }

  /// The loss of a batch, whose gradient is added where the site says.
  ///
  /// - Parameters:
  ///   - batch: the labels of the tokens that the site's last forward pass read, and what the
  ///     reference says of them, as ``needs`` lists it.
  ///   - site: the pass, behind a forward pass for gradients.
  /// - Returns: the loss, not multiplied by the site's weight.
  /// - Throws: `ModelInputError` for a layer that the model does not have, `TensorsError` where
  ///   memory is short.
  public func lossAndGradient(
    of batch: ObjectiveBatch, at site: ObjectiveSite
  ) throws -> Double {
    let shape = site.pass.model.shape
    precondition(
      batch.labels.count == site.pass.rows && batch.length == site.pass.length,
      "the labels of the last forward pass")
    precondition(
      batch.labels.allSatisfy { $0 == ignored || Int($0) < shape.vocabulary },
      "labels that the vocabulary has")
    for layer in layers where layer < 0 || layer >= shape.layers {
      throw ModelInputError.layer(layer, layers: shape.layers)
    }
    let reference = batch.reference
    if Self.needs.contains(.sequenceLosses) {
      precondition(reference.sequenceLosses?.count == batch.sequences, "a loss for each sequence")
    }
    if Self.needs.contains(.logits) {
      precondition(
        reference.logits?.hidden.rows == batch.labels.count
          && reference.logits?.head.weight.rows == shape.vocabulary, "logits of the reference")
    }
    if Self.needs.contains(.hidden) {
      for layer in layers {
        let hidden = reference.hidden[layer]
        precondition(
          hidden?.rows == batch.labels.count && hidden?.columns == shape.width,
          "the reference's stream behind each layer")
      }
    }
    return try measure(batch, site)
  }
}
