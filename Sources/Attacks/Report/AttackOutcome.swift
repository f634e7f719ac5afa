/// What a run of attacks has found.
public struct AttackOutcome: Sendable, Equatable {
  /// A model that was attacked.
  public struct Model: Sendable, Equatable {
    /// What it was to the run.
    public var role: AttackedModel.Role
    /// Its folder.
    public var folder: String
    /// The SHA-256 of its weights; of the list of its files where they are in shards.
    public var sha256: String
    /// What the ledger calls its numbers.
    public var evaluation: String

    /// A name for people: the folder's, or of a run's `model` that of the run.
    public var name: String {
      let parts = folder.split(separator: "/").map(String.init)
      let last = parts.last ?? folder
      return last == "model" && parts.count > 1 ? parts[parts.count - 2] : last
    }
  }

  /// The run's id.
  public var run: String
  /// The models, the one that is asked about first.
  public var models: [Model]
  /// Every trial of every attack on every model.
  public var trials: [TrialResult]
  /// Whether the controls behave.
  public var controls: AttackControls

  /// The controls that were not given.
  public var controlsNotGiven: [AttackedModel.Role] {
    [.unprotected, .filtered].filter { role in !models.contains { $0.role == role } }
  }

  /// What a person must know before using a number: controls that misbehave.
  public var findings: [String] { controls.findings }
}
