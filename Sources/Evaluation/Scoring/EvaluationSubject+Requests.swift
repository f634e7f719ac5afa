internal import Language

extension EvaluationSubject {
  /// The tokens of a context and of what follows, as lm-eval's `_encode_pair` cuts them: white
  /// space at the end of the context goes to the continuation, and all is encoded as one text.
  func request(
    _ context: String, _ continuation: String, _ start: TextStart, task: String
  ) throws -> ContinuationRequest {
    let scalars = Array(context.unicodeScalars)
    let kept = scalars.lastIndex { !WhiteSpace.isSpace($0) }.map { $0 + 1 } ?? 0
    var head = String.UnicodeScalarView()
    head.append(contentsOf: scalars[..<kept])
    let before = Array(String(head).utf8)
    let whole = try tokens(Array((context + continuation).utf8), start, task: task)
    var own = try tokens(before, start, task: task)
    let rest = Array(whole.dropFirst(own.count))
    // Something must stand before the first token.
    if own.isEmpty, let token = startToken { own = [token] }
    return ContinuationRequest(context: own, continuation: rest)
  }
}
