#pragma once

// Swift 6.3 takes the fused multiply-add and the square root of a vector apart, lane by lane, and
// the optimiser does not always put it together again. Clang's builtins are single instructions.

typedef float cordon_lanes __attribute__((ext_vector_type(8)));

#define CORDON_INLINE static inline __attribute__((always_inline))

/// a · b + c, rounded once.
CORDON_INLINE cordon_lanes cordon_fused(cordon_lanes a, cordon_lanes b, cordon_lanes c) {
  return __builtin_elementwise_fma(a, b, c);
}

/// The square root of each lane, correctly rounded.
CORDON_INLINE cordon_lanes cordon_root(cordon_lanes a) { return __builtin_elementwise_sqrt(a); }

/// Eight rows of eight floats, turned: to[c * toStride + r] = from[r * stride + c]. Of the rows from
/// `rows` on nothing is read; they count as zeros. Neither needs to be aligned.
CORDON_INLINE void cordon_turn(const float *from, long stride, long rows, float *to,
                               long toStride) {
  cordon_lanes r[8], p[8], q[8];
  for (long i = 0; i < 8; i++) {
    r[i] = (cordon_lanes)0.0f;
    if (i < rows) __builtin_memcpy(&r[i], from + i * stride, sizeof r[i]);
  }
  for (int i = 0; i < 8; i += 2) {
    p[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    p[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    q[i] = __builtin_shufflevector(p[i], p[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    q[i + 1] = __builtin_shufflevector(p[i], p[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    q[i + 2] = __builtin_shufflevector(p[i + 1], p[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    q[i + 3] = __builtin_shufflevector(p[i + 1], p[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = __builtin_shufflevector(q[i], q[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = __builtin_shufflevector(q[i], q[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
  for (long i = 0; i < 8; i++) __builtin_memcpy(to + i * toStride, &r[i], sizeof r[i]);
}
