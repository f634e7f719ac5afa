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

/// `rows` rows and 8 · `lanes` columns of c = scale · a · b (+ c), all sums in registers. Element
/// (i, p) of a is a[i * aRow + p * aStep]; rows of b and c lie `bStride` and `cStride` apart.
CORDON_INLINE void cordon_patch(const int rows, const int lanes, const float *a, long aRow,
                                long aStep, const float *b, long bStride, float *c, long cStride,
                                long depth, float scale, int adding) {
  cordon_lanes sums[6][2];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < lanes; j++) sums[i][j] = (cordon_lanes)0.0f;
#pragma clang loop unroll_count(2)
  for (long p = 0; p < depth; p++) {
    cordon_lanes right[2];
#pragma clang loop unroll(full)
    for (int j = 0; j < lanes; j++)
      __builtin_memcpy(&right[j], b + p * bStride + 8 * j, sizeof right[j]);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      cordon_lanes left = (cordon_lanes)a[i * aRow + p * aStep];
#pragma clang loop unroll(full)
      for (int j = 0; j < lanes; j++) sums[i][j] = cordon_fused(left, right[j], sums[i][j]);
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < lanes; j++) {
      float *place = c + i * cStride + 8 * j;
      cordon_lanes value = sums[i][j] * scale;
      if (adding) {
        cordon_lanes old;
        __builtin_memcpy(&old, place, sizeof old);
        value = old + value;
      }
      __builtin_memcpy(place, &value, sizeof value);
    }
}

#define CORDON_STRIP(ROWS)                                                                         \
  do {                                                                                             \
    long j = 0;                                                                                    \
    for (; j + 16 <= columns; j += 16)                                                             \
      cordon_patch(ROWS, 2, a, aRow, aStep, b + j, bStride, c + j, cStride, depth, scale, adding); \
    if (j < columns)                                                                               \
      cordon_patch(ROWS, 1, a, aRow, aStep, b + j, bStride, c + j, cStride, depth, scale, adding); \
  } while (0)

/// c `[rows, columns]` = scale · a · b (+ c) for at most 6 rows and a multiple of 8 columns, with
/// element (i, p) of a at a[i * aRow + p * aStep]; b `[depth, columns]`. For products that are too
/// small to copy their factors into another order first.
static inline void cordon_strip(long rows, long columns, const float *a, long aRow, long aStep,
                                const float *b, long bStride, float *c, long cStride, long depth,
                                float scale, int adding) {
  switch (rows) {
  case 6: CORDON_STRIP(6); break;
  case 5: CORDON_STRIP(5); break;
  case 4: CORDON_STRIP(4); break;
  case 3: CORDON_STRIP(3); break;
  case 2: CORDON_STRIP(2); break;
  case 1: CORDON_STRIP(1); break;
  }
}
