internal import Language
internal import Streams
internal import Tensors
internal import Training

extension UnlearningSession {
  /// Writes what a person looks at beside the verdict: `layers.json` and the plots.
  func writeReports(_ audit: LayerAudit) throws {
    var json = JSONText()
    audit.write(to: &json)
    let file = try OutputFile(temporaryPath: options.output + "/layers.json.partial")
    try file.write(json.bytes + [UInt8(ascii: "\n")])
    try file.publish(as: options.output + "/layers.json")
    try losses.write(to: options.output + "/losses.svg")
    try control?.writeTrace(to: options.output)
    if let control, !control.boundary.trace.isEmpty {
      try BoundaryPlots(control.rule.constraints, trace: control.boundary.trace)
        .write(to: options.output)
    }
  }

  /// How much each layer changed. The start model's weights are read into the room of the moments,
  /// which a run at its end does not need.
  func audit() throws -> LayerAudit {
    let weights = model.weights
    let room =
      trainer.firstMoments.count == weights.count
      ? trainer.firstMoments : try FloatBlock(count: weights.count)
    room.base.update(from: weights.base, count: weights.count)
    try model.readWeights(folder: options.model)
    for index in 0..<weights.count {
      (weights.base[index], room.base[index]) = (room.base[index], weights.base[index])
    }
    return LayerAudit(before: UnsafePointer(room.base), after: model)
  }

  /// The loss of each term over the steps.
  private var losses: LineChart {
    let names = terms.filter(\.isActive).map(\.term.name)
    let series = names.enumerated().map { index, name in
      LineChart.Series(
        name: name, colour: LineChart.colours[index % LineChart.colours.count],
        points: log.lines.compactMap { line in
          line.terms.first { $0.name == name }.map { (Double(line.step), $0.loss) }
        }, isMarked: false)
    }
    return LineChart(
      title: "Losses", axis: "loss of each term", steps: plan.steps,
      series: series.filter { !$0.points.isEmpty }, limits: [])
  }
}
