#include "CSHA256.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

// FIPS 180-4, 4.2.2.
static const uint32_t kRound[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

bool cordon_sha256_is_available(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return false;
  return b >> 29 & 1;
}

#define SHA __attribute__((target("sha,sse4.1"), always_inline)) static inline

// The instructions want the words of the state in the order ABEF and CDGH.
SHA void unpack(const uint32_t *state, __m128i *abef, __m128i *cdgh) {
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xB1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1B);
  *abef = _mm_alignr_epi8(low, high, 8);
  *cdgh = _mm_blend_epi16(high, low, 0xF0);
}

SHA void pack(uint32_t *state, __m128i abef, __m128i cdgh) {
  __m128i low = _mm_shuffle_epi32(abef, 0x1B);
  __m128i high = _mm_shuffle_epi32(cdgh, 0xB1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(low, high, 0xF0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(high, low, 8));
}

SHA void load(const uint8_t *bytes, __m128i words[4]) {
  const __m128i bigEndian = _mm_set_epi64x(0x0c0d0e0f08090a0bull, 0x0405060700010203ull);
#pragma clang loop unroll(full)
  for (int i = 0; i < 4; i++) {
    words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(bytes + 16 * i)), bigEndian);
  }
}

// Rounds 4 * group to 4 * group + 3; then the words of four groups later take these words' place.
SHA void rounds(int group, __m128i words[4], __m128i *abef, __m128i *cdgh) {
  int i = group & 3;
  __m128i sum = _mm_add_epi32(words[i], _mm_load_si128((const __m128i *)(kRound + 4 * group)));
  *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
  *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0E));
  if (group < 12) {
    __m128i seventh = _mm_alignr_epi8(words[(i + 3) & 3], words[(i + 2) & 3], 4);
    __m128i next = _mm_add_epi32(_mm_sha256msg1_epu32(words[i], words[(i + 1) & 3]), seventh);
    words[i] = _mm_sha256msg2_epu32(next, words[(i + 3) & 3]);
  }
}

__attribute__((target("sha,sse4.1"))) void cordon_sha256_compress(uint32_t *state,
                                                                  const uint8_t *bytes,
                                                                  size_t blocks) {
  __m128i abef, cdgh, words[4];
  unpack(state, &abef, &cdgh);
  for (; blocks > 0; blocks--, bytes += 64) {
    __m128i abef0 = abef, cdgh0 = cdgh;
    load(bytes, words);
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) rounds(group, words, &abef, &cdgh);
    abef = _mm_add_epi32(abef, abef0);
    cdgh = _mm_add_epi32(cdgh, cdgh0);
  }
  pack(state, abef, cdgh);
}

__attribute__((target("sha,sse4.1"))) void
cordon_sha256_compress_two(uint32_t *state, const uint8_t *bytes, uint32_t *otherState,
                           const uint8_t *otherBytes, size_t blocks) {
  __m128i abef, cdgh, words[4], otherAbef, otherCdgh, otherWords[4];
  unpack(state, &abef, &cdgh);
  unpack(otherState, &otherAbef, &otherCdgh);
  for (; blocks > 0; blocks--, bytes += 64, otherBytes += 64) {
    __m128i abef0 = abef, cdgh0 = cdgh, otherAbef0 = otherAbef, otherCdgh0 = otherCdgh;
    load(bytes, words);
    load(otherBytes, otherWords);
#pragma clang loop unroll(full)
    for (int group = 0; group < 16; group++) {
      rounds(group, words, &abef, &cdgh);
      rounds(group, otherWords, &otherAbef, &otherCdgh);
    }
    abef = _mm_add_epi32(abef, abef0);
    cdgh = _mm_add_epi32(cdgh, cdgh0);
    otherAbef = _mm_add_epi32(otherAbef, otherAbef0);
    otherCdgh = _mm_add_epi32(otherCdgh, otherCdgh0);
  }
  pack(state, abef, cdgh);
  pack(otherState, otherAbef, otherCdgh);
}

#else

bool cordon_sha256_is_available(void) { return false; }

void cordon_sha256_compress(uint32_t *state, const uint8_t *bytes, size_t blocks) {
  (void)state, (void)bytes, (void)blocks;
}

void cordon_sha256_compress_two(uint32_t *state, const uint8_t *bytes, uint32_t *otherState,
                                const uint8_t *otherBytes, size_t blocks) {
  (void)state, (void)bytes, (void)otherState, (void)otherBytes, (void)blocks;
}

#endif
