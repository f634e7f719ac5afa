public import Streams

extension Evaluation {
  /// The results in the form that lm-evaluation-harness writes (`results_*.json`, 0.4), so that
  /// what reads those reads these: metrics are called `NAME,none` and `NAME_stderr,none`.
  ///
  /// - Parameter model: the folder of the model.
  public func harnessJSON(of model: String) -> JSONText {
    var text = JSONText()
    text.object { text in
      text.object("results") { text in
        for task in tasks {
          text.object(task.name) { text in
            text.member("alias", task.name)
            for metric in task.metrics {
              text.member("\(metric.name),none", metric.value)
              text.name("\(metric.name)_stderr,none")
              if let error = metric.standardError { text.value(error) } else { text.value("N/A") }
            }
          }
        }
      }
      forEachTask("group_subtasks", &text) { _, text in text.array { _ in } }
      forEachTask("configs", &text) { task, text in
        text.object { text in
          text.member("task", task.name)
          text.member(
            "output_type",
            task.kind == LossTask.kind ? "loglikelihood_rolling" : "multiple_choice")
          text.member("num_fewshot", task.shots)
        }
      }
      forEachTask("versions", &text) { _, text in text.value(suite.version) }
      forEachTask("n-shot", &text) { task, text in text.value(task.shots) }
      forEachTask("higher_is_better", &text) { task, text in
        text.object { text in
          for metric in task.metrics { text.member(metric.name, metric.higherIsBetter) }
        }
      }
      forEachTask("n-samples", &text) { task, text in
        text.object { text in
          text.member("original", task.items.count)
          text.member("effective", task.items.count)
        }
      }
      text.object("config") { text in
        text.member("model", "cordon")
        text.member("model_args", "pretrained=\(model)")
      }
    }
    return text
  }

  private func forEachTask(
    _ name: String, _ text: inout JSONText, _ write: (TaskResult, inout JSONText) -> Void
  ) {
    text.object(name) { text in
      for task in tasks {
        text.name(task.name)
        write(task, &text)
      }
    }
  }
}
