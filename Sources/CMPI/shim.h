#pragma once
#include <mpi.h>

// What MPI calls constants are macros that Swift cannot read.

static inline int cordon_mpi_start(void) {
  int provided = 0;
  return MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
}

static inline int cordon_mpi_rank(int *rank) { return MPI_Comm_rank(MPI_COMM_WORLD, rank); }

static inline int cordon_mpi_count(int *count) { return MPI_Comm_size(MPI_COMM_WORLD, count); }

// Errors are returned, and end no process by themselves.
static inline int cordon_mpi_return_errors(void) {
  return MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

static inline int cordon_mpi_send(const void *bytes, int count, int rank) {
  return MPI_Send(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD);
}

static inline int cordon_mpi_receive(void *bytes, int count, int rank) {
  return MPI_Recv(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static inline int cordon_mpi_broadcast(void *bytes, int count, int root) {
  return MPI_Bcast(bytes, count, MPI_BYTE, root, MPI_COMM_WORLD);
}

static inline int cordon_mpi_abort(int code) { return MPI_Abort(MPI_COMM_WORLD, code); }

static inline int cordon_mpi_finish(void) { return MPI_Finalize(); }
