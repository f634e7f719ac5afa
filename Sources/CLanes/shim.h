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
