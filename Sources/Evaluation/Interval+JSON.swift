package import Evidence
package import Streams

extension Interval {
  /// Writes it as the member `interval` of an object.
  package func write(to text: inout JSONText) {
    text.object("interval") { text in
      text.member("lower", lower)
      text.member("upper", upper)
      text.member("confidence", confidence)
      text.member("method", method.rawValue)
    }
  }
}
