@main struct CordonBench {
  static func main() {}
}
