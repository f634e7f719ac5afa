#if MPI
  internal import CMPI

  /// The processes that `mpirun` started.
  public final class MPIGroup: ProcessGroup {
    /// The number of this process, from 0.
    public let rank: Int
    /// How many processes there are.
    public let count: Int

    /// Bytes of one message: MPI counts them in 32 bits.
    private static let piece = 1 << 28

    /// Joins the others. Once in a process, from the thread that then takes the steps.
    public init() throws(ProcessGroupError) {
      var (rank, count): (Int32, Int32) = (0, 0)
      try MPIGroup.check(cordon_mpi_start(), "MPI_Init_thread")
      try MPIGroup.check(cordon_mpi_return_errors(), "MPI_Comm_set_errhandler")
      try MPIGroup.check(cordon_mpi_rank(&rank), "MPI_Comm_rank")
      try MPIGroup.check(cordon_mpi_count(&count), "MPI_Comm_size")
      (self.rank, self.count) = (Int(rank), Int(count))
    }

    /// Sends bytes to a process.
    public func send(_ bytes: UnsafeRawBufferPointer, to rank: Int) throws(ProcessGroupError) {
      try MPIGroup.inPieces(bytes.count, "MPI_Send") { first, count in
        cordon_mpi_send(bytes.baseAddress.map { $0 + first }, count, Int32(rank))
      }
    }

    /// Fills a buffer with what a process sends.
    public func receive(
      _ bytes: UnsafeMutableRawBufferPointer, from rank: Int
    ) throws(ProcessGroupError) {
      try MPIGroup.inPieces(bytes.count, "MPI_Recv") { first, count in
        cordon_mpi_receive(bytes.baseAddress.map { $0 + first }, count, Int32(rank))
      }
    }

    /// Gives all processes the bytes that `root` has.
    public func broadcast(
      _ bytes: UnsafeMutableRawBufferPointer, from root: Int
    ) throws(ProcessGroupError) {
      try MPIGroup.inPieces(bytes.count, "MPI_Bcast") { first, count in
        cordon_mpi_broadcast(bytes.baseAddress.map { $0 + first }, count, Int32(root))
      }
    }

    /// Ends all processes: one that cannot go on must not leave the others waiting.
    public func abort(code: Int32) { _ = cordon_mpi_abort(code) }

    /// Leaves the others, when all is done.
    public func finish() { _ = cordon_mpi_finish() }

    private static func inPieces(
      _ total: Int, _ operation: String, _ body: (_ first: Int, _ count: Int32) -> Int32
    ) throws(ProcessGroupError) {
      var first = 0
      while first < total {
        let count = min(piece, total - first)
        try check(body(first, Int32(count)), operation)
        first += count
      }
    }

    private static func check(_ code: Int32, _ operation: String) throws(ProcessGroupError) {
      guard code == 0 else { throw .failed(operation: operation, code: Int(code)) }
    }
  }
#endif
