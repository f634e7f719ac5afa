// SHA-256 (FIPS 180-4) of one or two streams at once, with the processor's SHA instructions.
//
// A SHA-256 round waits for the one before it, so one stream leaves half of the unit idle; two
// streams side by side take little more time than one. No packaged library offers that.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Whether this processor has SHA instructions that this file knows; without them the other
/// functions must not be called.
bool cordon_sha256_is_available(void);

/// Compresses `blocks` blocks of 64 bytes into a state of eight words.
void cordon_sha256_compress(uint32_t *state, const uint8_t *bytes, size_t blocks);

/// The same for two streams, `blocks` blocks each.
void cordon_sha256_compress_two(uint32_t *state, const uint8_t *bytes, uint32_t *otherState,
                                const uint8_t *otherBytes, size_t blocks);

#ifdef __cplusplus
}
#endif
