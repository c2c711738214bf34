// Integer dot products of one group (32 columns) of a block (16 rows) with T rows of activations.
//
// Weights come in the layout of packing.py: a 64-byte line holds 4 columns of 16 rows, 32 bits a row.
// `q[t]` points at 32 int8 activations, `offset[t]` is -8 times their sum. The result is exact:
//     out[t][lane] = sum over the group of w[lane][c] * q[t][c]
// int4 weights are stored as u = w + 8, so the offset makes up for the sum over u; the AVX-512 path does the
// same with 128 for int8, because its instruction multiplies unsigned by signed bytes.
#pragma once
#include "simd.h"

INLINE int32_t quad(const int8_t* q) {
    int32_t bits;
    memcpy(&bits, q, 4);
    return bits;
}

#if CW_AVX512

template <int T>
INLINE void dot_int4(const uint8_t* w, const int8_t* const* q, const int32_t* offset, I* out) {
    const __m512i mask = _mm512_set1_epi8(15);
    __m512i low[T], high[T];
    for (int t = 0; t < T; t++) low[t] = _mm512_set1_epi32(offset[t]), high[t] = _mm512_setzero_si512();
    for (int j = 0; j < 4; j++) {
        __m512i line = _mm512_loadu_si512(w + 64 * j);
        __m512i a = _mm512_and_si512(line, mask), b = _mm512_and_si512(_mm512_srli_epi16(line, 4), mask);
        for (int t = 0; t < T; t++) {
            low[t] = _mm512_dpbusd_epi32(low[t], a, _mm512_set1_epi32(quad(q[t] + 4 * j)));
            high[t] = _mm512_dpbusd_epi32(high[t], b, _mm512_set1_epi32(quad(q[t] + 16 + 4 * j)));
        }
    }
    for (int t = 0; t < T; t++) out[t] = {_mm512_add_epi32(low[t], high[t])};
}

template <int T>
INLINE void dot_int8(const uint8_t* w, const int8_t* const* q, const int32_t* offset, I* out) {
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    for (int t = 0; t < T; t++) out[t] = {_mm512_set1_epi32(16 * offset[t])};
    for (int j = 0; j < 8; j++) {
        __m512i line = _mm512_xor_si512(_mm512_loadu_si512(w + 64 * j), flip);
        for (int t = 0; t < T; t++)
            out[t].v = _mm512_dpbusd_epi32(out[t].v, line, _mm512_set1_epi32(quad(q[t] + 4 * j)));
    }
}
constexpr int TILE = 8;

// The same of two blocks at once.
template <int T>
INLINE void dot_int4_pair(const uint8_t* w, const uint8_t* u, const int8_t* const* q, const int32_t* offset, I* out, I* other) {
    const __m512i mask = _mm512_set1_epi8(15);
    for (int t = 0; t < T; t++) out[t].v = other[t].v = _mm512_set1_epi32(offset[t]);
    for (int j = 0; j < 4; j++) {
        __m512i x = _mm512_loadu_si512(w + 64 * j), y = _mm512_loadu_si512(u + 64 * j);
        __m512i a = _mm512_and_si512(x, mask), b = _mm512_and_si512(_mm512_srli_epi16(x, 4), mask);
        __m512i c = _mm512_and_si512(y, mask), d = _mm512_and_si512(_mm512_srli_epi16(y, 4), mask);
        for (int t = 0; t < T; t++) {
            __m512i low = _mm512_set1_epi32(quad(q[t] + 4 * j)), high = _mm512_set1_epi32(quad(q[t] + 16 + 4 * j));
            out[t].v = _mm512_dpbusd_epi32(out[t].v, a, low);
            other[t].v = _mm512_dpbusd_epi32(other[t].v, c, low);
            out[t].v = _mm512_dpbusd_epi32(out[t].v, b, high);
            other[t].v = _mm512_dpbusd_epi32(other[t].v, d, high);
        }
    }
}

template <int T>
INLINE void dot_int8_pair(const uint8_t* w, const uint8_t* u, const int8_t* const* q, const int32_t* offset, I* out, I* other) {
    const __m512i flip = _mm512_set1_epi8((char)0x80);
    for (int t = 0; t < T; t++) out[t].v = other[t].v = _mm512_set1_epi32(16 * offset[t]);
    for (int j = 0; j < 8; j++) {
        __m512i a = _mm512_xor_si512(_mm512_loadu_si512(w + 64 * j), flip);
        __m512i c = _mm512_xor_si512(_mm512_loadu_si512(u + 64 * j), flip);
        for (int t = 0; t < T; t++) {
            __m512i x = _mm512_set1_epi32(quad(q[t] + 4 * j));
            out[t].v = _mm512_dpbusd_epi32(out[t].v, a, x);
            other[t].v = _mm512_dpbusd_epi32(other[t].v, c, x);
        }
    }
}
constexpr int PAIR_TILE = 4;

#elif CW_AVX2

// Finish one row before the next: left alone, the compiler starts all products at once and spills them.
#define KEEP_ORDER(x, y) __asm__ volatile("" : "+x"(x), "+x"(y))

// One group of one row: sixteen products of at most 15 * 127 stay below 2^15, and -8 times the sum of the
// activations with them, so the sums start there.
INLINE I dot_int4_row(const uint8_t* w, const int8_t* q, int32_t offset) {
    const __m256i mask = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    __m256i a = _mm256_set1_epi32(offset & 0xffff), b = a, c = _mm256_setzero_si256(), d = c;
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        __m256i first = _mm256_loadu_si256((const __m256i*)(w + 64 * j));
        __m256i second = _mm256_loadu_si256((const __m256i*)(w + 64 * j + 32));
        __m256i x = _mm256_set1_epi32(quad(q + 4 * j)), y = _mm256_set1_epi32(quad(q + 16 + 4 * j));
        a = _mm256_add_epi16(a, _mm256_maddubs_epi16(_mm256_and_si256(first, mask), x));
        b = _mm256_add_epi16(b, _mm256_maddubs_epi16(_mm256_and_si256(second, mask), x));
        first = _mm256_and_si256(_mm256_srli_epi16(first, 4), mask);
        second = _mm256_and_si256(_mm256_srli_epi16(second, 4), mask);
        c = _mm256_add_epi16(c, _mm256_maddubs_epi16(first, y));
        d = _mm256_add_epi16(d, _mm256_maddubs_epi16(second, y));
    }
    return {_mm256_madd_epi16(_mm256_add_epi16(a, c), ones), _mm256_madd_epi16(_mm256_add_epi16(b, d), ones)};
}

// Two passes over the lines, low nibbles and then high ones, and loops that stay loops: all at once needs more
// than sixteen registers, and spilling costs more than reading a line twice.
template <int T>
INLINE void dot_int4(const uint8_t* w, const int8_t* const* q, const int32_t* offset, I* out) {
    const __m256i mask = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    if (T == 1) {
        out[0] = dot_int4_row(w, q[0], offset[0]);
        return;
    }
    __m256i a[T], b[T];
    for (int t = 0; t < T; t++) a[t] = b[t] = _mm256_set1_epi32(offset[t] & 0xffff);
#pragma GCC unroll 1
    for (int j = 0; j < 4; j++) {
        __m256i first = _mm256_and_si256(_mm256_loadu_si256((const __m256i*)(w + 64 * j)), mask);
        __m256i second = _mm256_and_si256(_mm256_loadu_si256((const __m256i*)(w + 64 * j + 32)), mask);
        for (int t = 0; t < T; t++) {
            __m256i x = _mm256_set1_epi32(quad(q[t] + 4 * j));
            a[t] = _mm256_add_epi16(a[t], _mm256_maddubs_epi16(first, x));
            b[t] = _mm256_add_epi16(b[t], _mm256_maddubs_epi16(second, x));
            KEEP_ORDER(a[t], b[t]);
        }
    }
#pragma GCC unroll 1
    for (int j = 0; j < 4; j++) {
        __m256i first = _mm256_srli_epi16(_mm256_loadu_si256((const __m256i*)(w + 64 * j)), 4);
        __m256i second = _mm256_srli_epi16(_mm256_loadu_si256((const __m256i*)(w + 64 * j + 32)), 4);
        first = _mm256_and_si256(first, mask), second = _mm256_and_si256(second, mask);
        for (int t = 0; t < T; t++) {
            __m256i x = _mm256_set1_epi32(quad(q[t] + 16 + 4 * j));
            a[t] = _mm256_add_epi16(a[t], _mm256_maddubs_epi16(first, x));
            b[t] = _mm256_add_epi16(b[t], _mm256_maddubs_epi16(second, x));
            KEEP_ORDER(a[t], b[t]);
        }
    }
    for (int t = 0; t < T; t++) {
        out[t].a = _mm256_madd_epi16(a[t], ones);
        out[t].b = _mm256_madd_epi16(b[t], ones);
    }
}

template <int T>
INLINE void dot_int8(const uint8_t* w, const int8_t* const* q, const int32_t*, I* out) {
    const __m256i ones = _mm256_set1_epi16(1);
    for (int t = 0; t < T; t++) out[t] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
#pragma GCC unroll 1
    for (int j = 0; j < 8; j++) {
        __m256i first = _mm256_loadu_si256((const __m256i*)(w + 64 * j));
        __m256i second = _mm256_loadu_si256((const __m256i*)(w + 64 * j + 32));
        for (int t = 0; t < T; t++) {
            // unsigned times signed is all there is: |x| * (sign(x) w), at most 2 * 127 * 127 a pair
            __m256i x = _mm256_set1_epi32(quad(q[t] + 4 * j)), magnitude = _mm256_abs_epi8(x);
            __m256i p = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(first, x));
            __m256i r = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(second, x));
            out[t].a = _mm256_add_epi32(out[t].a, _mm256_madd_epi16(p, ones));
            out[t].b = _mm256_add_epi32(out[t].b, _mm256_madd_epi16(r, ones));
            KEEP_ORDER(out[t].a, out[t].b);
        }
    }
}
constexpr int TILE = 4;

#elif CW_NEON

template <int T>
INLINE void dot_int4(const uint8_t* w, const int8_t* const* q, const int32_t* offset, I* out) {
    const uint8x16_t mask = vdupq_n_u8(15);
    for (int t = 0; t < T; t++) EACH out[t].v[k] = vdupq_n_s32(offset[t]);
    for (int j = 0; j < 4; j++)
        for (int k = 0; k < 4; k++) {
            uint8x16_t line = vld1q_u8(w + 64 * j + 16 * k);
            int8x16_t low = vreinterpretq_s8_u8(vandq_u8(line, mask));
            int8x16_t high = vreinterpretq_s8_u8(vshrq_n_u8(line, 4));
            for (int t = 0; t < T; t++) {
                int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(quad(q[t] + 4 * j)));
                int8x16_t y = vreinterpretq_s8_s32(vdupq_n_s32(quad(q[t] + 16 + 4 * j)));
                out[t].v[k] = vdotq_s32(vdotq_s32(out[t].v[k], low, x), high, y);
            }
        }
}

template <int T>
INLINE void dot_int8(const uint8_t* w, const int8_t* const* q, const int32_t*, I* out) {
    for (int t = 0; t < T; t++) EACH out[t].v[k] = vdupq_n_s32(0);
    for (int j = 0; j < 8; j++)
        for (int k = 0; k < 4; k++) {
            int8x16_t line = vld1q_s8((const int8_t*)w + 64 * j + 16 * k);
            for (int t = 0; t < T; t++) {
                int8x16_t x = vreinterpretq_s8_s32(vdupq_n_s32(quad(q[t] + 4 * j)));
                out[t].v[k] = vdotq_s32(out[t].v[k], line, x);
            }
        }
}
constexpr int TILE = 4;

#endif
