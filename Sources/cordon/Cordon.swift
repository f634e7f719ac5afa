internal import ArgumentParser
internal import CSimdjson
internal import Foundation
internal import Streams

/// The command line of Cordon: a door to the recipes, and the exit codes.
@main struct Cordon: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cordon",
    abstract: "Keep hazardous knowledge out of language models, and prove it.",
    discussion: """
      EXAMPLE
        cordon curate Filters/plans/demo.yaml --input Corpora/demo --output safe
        cordon audit trace --output safe --id demo-000017
        cordon generate models/pythia --prompt 'Once upon a time' --greedy
        cordon evaluate models/pythia --suite Filters/suites/example.yaml

      EXIT CODES
        0    done
        1    done, with findings: a damaged stream, more unreadable or unscored
             records than the plan allows, a verification failed, a boundary not
             met or not decided, a control of an attack that misbehaves
        2    the command, a settings file or the state of the output is wrong
        3    input is missing or cannot be read at all
        4    out of a resource: disk, memory budget, a lock held by another run
        70   a defect of Cordon
        130  stopped by a signal; the same command resumes, or begins anew where
             it keeps nothing
      """,
    version: Version.text,
    subcommands: [
      CurateCommand.self, ScreenCommand.self, TrainCommand.self, UnlearnCommand.self,
      EvaluateCommand.self, AttackCommand.self, GenerateCommand.self, ModelCommand.self,
      AuditCommand.self,
    ])

  static func main() {
    guard cordon_processor_is_supported() else {
      Console.error("this build needs an x86-64-v3 processor (AVX2, BMI2, FMA)")
      Foundation.exit(Consequence.resource.rawValue)
    }
    Interruption.catchSignals()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      finish(error)
    }
  }

  /// Ends the process with the exit code that belongs to an error.
  private static func finish(_ error: any Error) -> Never {
    switch error {
    case let error as StreamsError where error.code == .closed:
      // `cordon screen … | head` has what it wanted.
      Foundation.exit(0)
    case let error as any CordonError:
      Console.error(error.description)
      Foundation.exit(error.consequence.rawValue)
    case let findings as Findings:
      for finding in findings.lines { Console.finding(finding) }
      Foundation.exit(Consequence.findings.rawValue)
    default:
      let code = exitCode(for: error)
      guard code != .success else {
        // Help and version were asked for: results, on stdout.
        print(fullMessage(for: error))
        Foundation.exit(0)
      }
      if code == .validationFailure {
        Console.plain(fullMessage(for: error))
        Foundation.exit(Consequence.usage.rawValue)
      }
      Console.error("\(error)")
      Foundation.exit(Consequence.defect.rawValue)
    }
  }
}

/// Errors of steps that do not need one another: each step is tried.
struct Failures {
  private var errors: [any Error] = []

  /// Carries out a step; what it throws waits for ``end()``.
  mutating func attempt(_ step: () throws -> Void) {
    do { try step() } catch { errors.append(error) }
  }

  /// Says what failed.
  ///
  /// - Throws: the first error, of which the exit code is; a reader that has gone is the least.
  func end() throws {
    let isClosed = { (error: any Error) in (error as? StreamsError)?.code == .closed }
    let told = errors.filter { !isClosed($0) }
    for error in told.dropFirst() {
      if let findings = error as? Findings {
        for line in findings.lines { Console.finding(line) }
      } else {
        Console.error("\(error)")
      }
    }
    if let error = told.first ?? errors.first { throw error }
  }
}

/// A run that is done, with findings: each is printed, and the exit code is 1.
struct Findings: Error {
  let lines: [String]
}

/// What version of Cordon this is.
enum Version {
  static let text = "0.1.0"
}
