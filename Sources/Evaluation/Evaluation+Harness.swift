internal import Language
public import Streams

extension Evaluation {
  /// The results in the form that lm-evaluation-harness writes (`results_*.json`, 0.4.13), so that
  /// what reads those reads these: metrics are called `NAME,none` and `NAME_stderr,none`. Its
  /// `limit` holds for all tasks: it is the tasks' own where that is the same, else null, and each
  /// one's stands in the `metadata` of its configuration.
  ///
  /// - Parameter model: the folder of the model.
  public func harnessJSON(of model: String) -> JSONText {
    var text = JSONText()
    text.object { text in
      text.object("results") { text in
        for task in tasks {
          text.object(task.name) { text in
            text.member("name", task.name)
            text.member("alias", task.name)
            text.member("sample_len", task.items.count)
            for metric in task.metrics {
              text.member("\(metric.name),none", metric.value)
              text.name("\(metric.name)_stderr,none")
              if let error = metric.standardError { text.value(error) } else { text.value("N/A") }
            }
          }
        }
      }
      text.object("group_subtasks") { _ in }
      forEachTask("configs", &text) { task, text in
        text.object { text in
          text.member("task", task.name)
          text.member("output_type", Evaluation.outputType(of: task))
          text.member("num_fewshot", task.shots)
          text.array("metric_list") { text in
            for metric in task.metrics { text.object { $0.member("metric", metric.name) } }
          }
          text.object("metadata") { $0.member("limit", task.limit) }
          guard task.kind == MultipleChoiceTask.kind else { return }
          text.member("target_delimiter", " ")
          text.member("fewshot_delimiter", "\n\n")
          text.object("fewshot_config") { $0.member("sampler", "first_n") }
        }
      }
      forEachTask("versions", &text) { _, text in
        // A number where it is one, as there.
        if let number = Double(suite.version), number.isFinite {
          text.value(number)
        } else {
          text.value(suite.version)
        }
      }
      forEachTask("n-shot", &text) { task, text in text.value(task.shots) }
      forEachTask("higher_is_better", &text) { task, text in
        text.object { text in
          // Without those of which 0 is best: lm-eval knows more and less alone.
          let directed = task.metrics.filter { $0.best != .zero }
          for metric in directed { text.member(metric.name, metric.higherIsBetter) }
        }
      }
      forEachTask("n-samples", &text) { task, text in
        text.object { text in
          text.member("original", task.total)
          text.member("effective", task.items.count)
        }
      }
      text.object("config") { text in
        text.member("model", "cordon")
        text.object("model_args") { $0.member("pretrained", model) }
        let limits = Set(tasks.map(\.limit))
        text.member("limit", limits.count == 1 ? limits.first ?? nil : nil)
      }
      text.member("model_source", "cordon")
      text.member("model_name", model)
      if let chat {
        text.member("fewshot_as_multiturn", true)
        text.member("chat_template", chat.rawValue)
      }
    }
    return text
  }

  /// What lm-eval calls the way in which a task asks.
  private static func outputType(of task: TaskResult) -> String {
    switch task.kind {
    case LossTask.kind: "loglikelihood_rolling"
    case MultipleChoiceTask.kind, ClozeTask.kind: "multiple_choice"
    case MemorisationTask.kind, MembershipTask.kind: "loglikelihood"
    default: "generate_until"
    }
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
