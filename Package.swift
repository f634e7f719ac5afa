// swift-tools-version: 6.2
// One folder under Sources/ is one target; CONTRIBUTING.md holds the table of the house. A target
// imports only targets on lower floors: ArchitectureTests reads the imports and says so.
import PackageDescription

/// Settings of every Swift target, each with its reason.
///
/// - Parameter hot: the target holds loops over document bytes. It is optimised in debug builds
///   too: an unoptimised loop over bytes is 150 times slower, and the tests read whole corpora.
func settings(hot: Bool = false) -> [SwiftSetting] {
  var settings: [SwiftSetting] = [
    // A warning nobody must read is a warning nobody reads.
    .treatAllWarnings(as: .error),
    // Dynamic dispatch is visible where it happens.
    .enableUpcomingFeature("ExistentialAny"),
    // A C library does not leak through our public API.
    .enableUpcomingFeature("InternalImportsByDefault"),
    // A member comes from a module that the file names.
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
  settings.append(.unsafeFlags(processor))
  if hot {
    settings.append(.unsafeFlags(["-O"], .when(configuration: .debug)))
    // Dynamic exclusivity checks guard class properties at every access: 3 % of a run. Debug builds
    // and their tests keep them.
    settings.append(
      .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)))
  }
  return settings
}

#if arch(x86_64)
  // The baseline (AVX2, BMI2, FMA), checked at start-up by `cordon`. Half of the byte loops' speed.
  let processor = ["-Xcc", "-march=x86-64-v3"]
  let processorOfC = ["-march=x86-64-v3"]
#else
  let processor: [String] = []
  let processorOfC: [String] = []
#endif

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
// sqlite3_bind and sqlite3_step themselves, for the rows that come by the million.
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

let package = Package(
  name: "cordon",
  products: [
    .executable(name: "cordon", targets: ["cordon"]),
    .executable(name: "cordon-bench", targets: ["cordon-bench"]),
  ],
  traits: [
    .trait(
      name: "MPI",
      description: "Training by several processes (mpirun -n N cordon train); needs libopenmpi-dev."
    )
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    // Floor 0: the outside.
    .systemLibrary(name: "CHyperscan", pkgConfig: "libhs", providers: [.apt(["libhyperscan-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CMPI", pkgConfig: "ompi-c", providers: [.apt(["libopenmpi-dev"])]),
    .target(
      name: "CSimdjson",
      cxxSettings: [.unsafeFlags(processorOfC + ["-O3", "-fno-exceptions"])],
      linkerSettings: [.linkedLibrary("simdjson")]),
    .systemLibrary(name: "CLanes"),
    .target(name: "CSHA256", cSettings: [.unsafeFlags(["-O3"])]),

    // Floor 1: no domain words.
    .target(
      name: "Streams", dependencies: ["CZlib", "CZstd", "CLZ4", "CSHA256", crypto],
      swiftSettings: settings(hot: true)),
    .target(name: "Settings", dependencies: ["Streams", yams], swiftSettings: settings()),
    .target(
      name: "Ledger", dependencies: ["Streams", grdb, sqlite],
      swiftSettings: settings(hot: true), linkerSettings: [.linkedLibrary("sqlite3")]),
    .target(
      name: "Tensors", dependencies: ["CLanes", "COpenBLAS", "Streams"],
      swiftSettings: settings(hot: true)),

    .target(name: "Evidence", dependencies: ["Streams"], swiftSettings: settings(hot: true)),

    // Floor 2: what a document is.
    .target(
      name: "Corpus", dependencies: ["CSimdjson", "Streams"], swiftSettings: settings(hot: true)),
    .target(
      name: "Language", dependencies: ["Streams", "Tensors"], swiftSettings: settings(hot: true)),

    // Floor 3: what is done to documents.
    .target(
      name: "Screening", dependencies: ["CHyperscan", "Streams", "Settings", "Corpus"],
      swiftSettings: settings(hot: true)),
    .target(
      name: "Deduplication", dependencies: ["Streams", "Corpus"],
      swiftSettings: settings(hot: true)),
    .target(
      name: "Training",
      dependencies: [
        "Streams", "Settings", "Ledger", "Tensors", "Corpus", "Language",
        .byName(name: "CMPI", condition: .when(traits: ["MPI"])),
      ], swiftSettings: settings(hot: true)),
    .target(
      name: "Evaluation",
      dependencies: ["Streams", "Settings", "Evidence", "Tensors", "Corpus", "Language"],
      swiftSettings: settings()),

    // Floor 4: recipes.
    .target(
      name: "Curation",
      dependencies: ["Streams", "Settings", "Ledger", "Corpus", "Screening", "Deduplication"],
      swiftSettings: settings(hot: true)),
    .target(
      name: "Auditing",
      dependencies: ["Streams", "Ledger", "Corpus", "Deduplication", "Training"],
      swiftSettings: settings(hot: true)),
    .target(
      name: "Unlearning",
      dependencies: [
        "Streams", "Settings", "Evidence", "Ledger", "Tensors", "Corpus", "Language", "Training",
        "Evaluation",
      ], swiftSettings: settings(hot: true)),
    .target(
      name: "Attacks",
      dependencies: [
        "Streams", "Settings", "Evidence", "Ledger", "Tensors", "Corpus", "Language", "Training",
        "Evaluation",
      ], swiftSettings: settings(hot: true)),

    // Floor 5: the terminal.
    .executableTarget(
      name: "cordon",
      dependencies: [
        "CSimdjson", "Streams", "Settings", "Ledger", "Corpus", "Screening", "Deduplication",
        "Curation", "Auditing", "Tensors", "Language", "Training", "Evaluation", "Unlearning",
        "Attacks", "Evidence", argumentParser,
      ],
      swiftSettings: settings(),
      // Every run hashes its own binary for the ledger: without symbols it is a quarter as large.
      linkerSettings: [.unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release))]),
    .executableTarget(
      name: "cordon-bench",
      dependencies: [
        "Streams", "Evidence", "Ledger", "Tensors", "Language", "Deduplication", "Training",
        "Evaluation", "Unlearning", argumentParser,
      ],
      swiftSettings: settings(hot: true)),

    // Tests mirror the sources; EndToEndTests drive the built command.
    .target(
      name: "TestSupport", dependencies: ["Streams", "Tensors", "Language"],
      path: "Tests/TestSupport",
      swiftSettings: settings()),
    .testTarget(
      name: "StreamsTests", dependencies: ["Streams", "TestSupport"], swiftSettings: settings()),
    .testTarget(
      name: "SettingsTests", dependencies: ["Settings", "TestSupport"], swiftSettings: settings()),
    .testTarget(
      name: "LedgerTests", dependencies: ["Streams", "Ledger", "TestSupport", grdb],
      swiftSettings: settings()),
    .testTarget(
      name: "EvidenceTests", dependencies: ["Evidence", "TestSupport"],
      // Bounds of thousands of samples.
      swiftSettings: settings(hot: true)),
    .testTarget(
      name: "TensorsTests", dependencies: ["Streams", "Tensors", "TestSupport"],
      swiftSettings: settings()),
    .testTarget(
      name: "CorpusTests", dependencies: ["Streams", "Corpus", "TestSupport"],
      swiftSettings: settings()),
    .testTarget(
      name: "LanguageTests", dependencies: ["Streams", "Tensors", "Language", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: settings()),
    .testTarget(
      name: "ScreeningTests",
      dependencies: ["Streams", "Settings", "Corpus", "Screening", "TestSupport"],
      exclude: ["Fixtures"], swiftSettings: settings()),
    .testTarget(
      name: "DeduplicationTests", dependencies: ["Streams", "Deduplication", "TestSupport"],
      swiftSettings: settings()),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Streams", "Settings", "Ledger", "Tensors", "Corpus", "Language", "Training", "TestSupport",
      ], swiftSettings: settings()),
    .testTarget(
      name: "EvaluationTests",
      dependencies: [
        "Streams", "Settings", "Evidence", "Tensors", "Corpus", "Language", "Evaluation",
        "TestSupport",
      ], exclude: ["Fixtures"], swiftSettings: settings()),
    .testTarget(
      name: "CurationTests",
      dependencies: [
        "Streams", "Ledger", "Corpus", "Screening", "Deduplication", "Curation", "TestSupport",
      ],
      swiftSettings: settings()),
    .testTarget(
      name: "AuditingTests",
      dependencies: [
        "Streams", "Ledger", "Corpus", "Deduplication", "Training", "Auditing", "TestSupport",
      ],
      swiftSettings: settings()),
    .testTarget(
      name: "UnlearningTests",
      dependencies: [
        "Streams", "Settings", "Evidence", "Ledger", "Tensors", "Corpus", "Language", "Training",
        "Evaluation", "Unlearning", "TestSupport",
      ],
      // Derivatives of plain formulas by differences: 80 s unoptimised.
      swiftSettings: settings(hot: true)),
    .testTarget(
      name: "AttacksTests",
      dependencies: [
        "Streams", "Settings", "Evidence", "Ledger", "Tensors", "Corpus", "Language", "Training",
        "Evaluation", "Attacks", "TestSupport",
      ],
      swiftSettings: settings(hot: true)),
    .testTarget(
      name: "ArchitectureTests", dependencies: ["TestSupport"], swiftSettings: settings()),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Streams", "Ledger", "Tensors", "Language", "Training", "TestSupport", "cordon",
      ], exclude: ["Snapshots"],
      swiftSettings: settings()),
  ],
  cxxLanguageStandard: .cxx20
)
