internal import COpenBLAS

/// OpenBLAS, always on one thread: this is the one place that calls it.
public enum BLAS {
  /// Takes OpenBLAS's own threads away, whatever `OPENBLAS_NUM_THREADS` says. Once in a process.
  static func prepare() { _ = prepared }

  private static let prepared: Bool = {
    openblas_set_num_threads(1)
    precondition(openblas_get_num_threads() == 1, "OpenBLAS keeps threads of its own")
    return true
  }()

  /// Version and options of the library, and the processor whose kernels it runs: what a ledger
  /// says beside a result, because another kernel gives other bits.
  public static var description: String {
    prepare()
    let config = String(cString: openblas_get_config())
    return "\(config) core \(String(cString: openblas_get_corename()))"
  }

  /// How a factor is read.
  enum Side {
    case asIs
    case transposed

    fileprivate var flag: CBLAS_TRANSPOSE { self == .asIs ? CblasNoTrans : CblasTrans }
  }

  /// c `[m, n]` = scale · a · b + keep · c, rows behind one another at the strides `lda`, `ldb`,
  /// `ldc`.
  ///
  /// a is `[m, k]` as it is, or `[k, m]` transposed; b is `[k, n]` or `[n, k]` transposed. With
  /// `keep` 0, c is not read.
  static func multiply(
    _ a: UnsafePointer<Float>, _ sideA: Side, lda: Int, _ b: UnsafePointer<Float>, _ sideB: Side,
    ldb: Int, into c: UnsafeMutablePointer<Float>, ldc: Int, m: Int, n: Int, k: Int,
    scale: Float = 1, keep: Float
  ) {
    cblas_sgemm(
      CblasRowMajor, sideA.flag, sideB.flag, Int32(m), Int32(n), Int32(k), scale, a, Int32(lda), b,
      Int32(ldb), keep, c, Int32(ldc))
  }
}
