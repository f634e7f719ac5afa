public import Ledger

/// Under which conditions a run works that trains, makes a model forget or attacks it: what the
/// command line says beside its plan.
public struct RunConditions: Sendable {
  /// The output folder.
  public var output: String
  /// The ledger; nil for that of the corpus, or one in the output folder where no ledger has it.
  public var ledger: String?
  /// Workers of this process.
  public var threads: Int
  /// Whether what an earlier run left in the output folder is removed first.
  public var fresh: Bool
  /// The program.
  public var code: CodeVersion
  /// Where it runs.
  public var machine: MachineDescription

  /// Conditions of a run.
  ///
  /// - Precondition: somebody works.
  public init(
    output: String, ledger: String? = nil, threads: Int, fresh: Bool = false, code: CodeVersion,
    machine: MachineDescription
  ) {
    precondition(threads > 0, "somebody works")
    self.output = output
    self.ledger = ledger
    self.threads = threads
    self.fresh = fresh
    self.code = code
    self.machine = machine
  }
}
