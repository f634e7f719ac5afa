#pragma once
#include <zlib.h>

// The `Init2` functions are macros that Swift cannot call: they pass the header's version and size.
static inline int cordon_inflateInit2(z_streamp stream, int windowBits) {
  return inflateInit2(stream, windowBits);
}
static inline int cordon_deflateInit2(z_streamp stream, int level, int windowBits) {
  return deflateInit2(stream, level, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
}
