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

INLINE int32_t offset_of(int32_t sum) { return -8 * sum; }

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

INLINE __m256i low_nibbles(const uint8_t* w) {
    return _mm256_and_si256(_mm256_loadu_si256((const __m256i*)w), _mm256_set1_epi8(15));
}
INLINE __m256i high_nibbles(const uint8_t* w) {
    return _mm256_and_si256(_mm256_srli_epi16(_mm256_loadu_si256((const __m256i*)w), 4), _mm256_set1_epi8(15));
}

#if CW_AVXVNNI

INLINE int32_t offset_of(int32_t sum) { return -8 * sum; }
INLINE __m256i dp(__m256i sum, __m256i w, __m256i x) { return _mm256_dpbusd_avx_epi32(sum, w, x); }

template <int T>
INLINE void dot_int4(const uint8_t* w, const int8_t* const* q, const int32_t* offset, I* out) {
    if (T == 1) {  // four chains, so that a product need not wait for the one before
        __m256i a = _mm256_set1_epi32(offset[0]), b = a, c = _mm256_setzero_si256(), d = c;
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            __m256i x = _mm256_set1_epi32(quad(q[0] + 4 * j)), y = _mm256_set1_epi32(quad(q[0] + 16 + 4 * j));
            a = dp(a, low_nibbles(w + 64 * j), x);
            b = dp(b, low_nibbles(w + 64 * j + 32), x);
            c = dp(c, high_nibbles(w + 64 * j), y);
            d = dp(d, high_nibbles(w + 64 * j + 32), y);
        }
        out[0] = {_mm256_add_epi32(a, c), _mm256_add_epi32(b, d)};
        return;
    }
    __m256i a[T], b[T];
    for (int t = 0; t < T; t++) a[t] = b[t] = _mm256_set1_epi32(offset[t]);
#pragma GCC unroll 1
    for (int j = 0; j < 4; j++) {
        __m256i first = low_nibbles(w + 64 * j), second = low_nibbles(w + 64 * j + 32);
        for (int t = 0; t < T; t++) {
            __m256i x = _mm256_set1_epi32(quad(q[t] + 4 * j));
            a[t] = dp(a[t], first, x);
            b[t] = dp(b[t], second, x);
            KEEP_ORDER(a[t], b[t]);
        }
    }
#pragma GCC unroll 1
    for (int j = 0; j < 4; j++) {
        __m256i first = high_nibbles(w + 64 * j), second = high_nibbles(w + 64 * j + 32);
        for (int t = 0; t < T; t++) {
            __m256i x = _mm256_set1_epi32(quad(q[t] + 16 + 4 * j));
            a[t] = dp(a[t], first, x);
            b[t] = dp(b[t], second, x);
            KEEP_ORDER(a[t], b[t]);
        }
    }
    for (int t = 0; t < T; t++) out[t] = {a[t], b[t]};
}

template <int T>
INLINE void dot_int8(const uint8_t* w, const int8_t* const* q, const int32_t* offset, I* out) {
    const __m256i flip = _mm256_set1_epi8((char)0x80);
    for (int t = 0; t < T; t++) out[t].a = out[t].b = _mm256_set1_epi32(16 * offset[t]);
#pragma GCC unroll 1
    for (int j = 0; j < 8; j++) {
        __m256i first = _mm256_xor_si256(_mm256_loadu_si256((const __m256i*)(w + 64 * j)), flip);
        __m256i second = _mm256_xor_si256(_mm256_loadu_si256((const __m256i*)(w + 64 * j + 32)), flip);
        for (int t = 0; t < T; t++) {
            __m256i x = _mm256_set1_epi32(quad(q[t] + 4 * j));
            out[t].a = dp(out[t].a, first, x);
            out[t].b = dp(out[t].b, second, x);
            KEEP_ORDER(out[t].a, out[t].b);
        }
    }
}

#else

// Sixteen products of at most 15 * 127 stay below 2^15, and -8 times the sum of the activations with them, so
// 16-bit sums start there, in the lower half of a lane.
INLINE int32_t offset_of(int32_t sum) { return (-8 * sum) & 0xffff; }

INLINE I dot_int4_row(const uint8_t* w, const int8_t* q, int32_t offset) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i a = _mm256_set1_epi32(offset), b = a, c = _mm256_setzero_si256(), d = c;
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        __m256i x = _mm256_set1_epi32(quad(q + 4 * j)), y = _mm256_set1_epi32(quad(q + 16 + 4 * j));
        a = _mm256_add_epi16(a, _mm256_maddubs_epi16(low_nibbles(w + 64 * j), x));
        b = _mm256_add_epi16(b, _mm256_maddubs_epi16(low_nibbles(w + 64 * j + 32), x));
        c = _mm256_add_epi16(c, _mm256_maddubs_epi16(high_nibbles(w + 64 * j), y));
        d = _mm256_add_epi16(d, _mm256_maddubs_epi16(high_nibbles(w + 64 * j + 32), y));
        KEEP_ORDER(a, b);
        KEEP_ORDER(c, d);
    }
    return {_mm256_madd_epi16(_mm256_add_epi16(a, c), ones), _mm256_madd_epi16(_mm256_add_epi16(b, d), ones)};
}

// Sixteen weights' products with T rows: a and b are the sums of the lower and the upper eight lanes.
template <int T>
INLINE void add_products(__m256i first, __m256i second, const int8_t* const* q, int at, __m256i* a, __m256i* b) {
    for (int t = 0; t < T; t++) {
        __m256i x = _mm256_set1_epi32(quad(q[t] + at));
        a[t] = _mm256_add_epi16(a[t], _mm256_maddubs_epi16(first, x));
        b[t] = _mm256_add_epi16(b[t], _mm256_maddubs_epi16(second, x));
        KEEP_ORDER(a[t], b[t]);
    }
}

// Two passes over the lines, low nibbles and then high ones, and loops that stay loops: all at once needs more
// than sixteen registers, and spilling costs more than reading a line twice.
template <int T>
INLINE void dot_int4(const uint8_t* w, const int8_t* const* q, const int32_t* offset, I* out) {
    const __m256i ones = _mm256_set1_epi16(1);
    if (T == 1) {
        out[0] = dot_int4_row(w, q[0], offset[0]);
        return;
    }
    __m256i a[T], b[T];
    for (int t = 0; t < T; t++) a[t] = b[t] = _mm256_set1_epi32(offset[t]);
#pragma GCC unroll 1
    for (int j = 0; j < 4; j++)
        add_products<T>(low_nibbles(w + 64 * j), low_nibbles(w + 64 * j + 32), q, 4 * j, a, b);
#pragma GCC unroll 1
    for (int j = 0; j < 4; j++)
        add_products<T>(high_nibbles(w + 64 * j), high_nibbles(w + 64 * j + 32), q, 16 + 4 * j, a, b);
    for (int t = 0; t < T; t++) {
        out[t].a = _mm256_madd_epi16(a[t], ones);
        out[t].b = _mm256_madd_epi16(b[t], ones);
    }
}

// Unsigned times signed is all there is, at most 2 * 127 * 127 a pair: for one row |x| * (sign(x) w), for several
// |w| * (sign(w) x), with |w| taken once for all.
INLINE I dot_int8_row(const uint8_t* w, const int8_t* q) {
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i a = _mm256_setzero_si256(), b = a;
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        __m256i x = _mm256_set1_epi32(quad(q + 4 * j)), magnitude = _mm256_abs_epi8(x);
        __m256i p = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(_mm256_loadu_si256((const __m256i*)(w + 64 * j)), x));
        __m256i r = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(_mm256_loadu_si256((const __m256i*)(w + 64 * j + 32)), x));
        a = _mm256_add_epi32(a, _mm256_madd_epi16(p, ones));
        b = _mm256_add_epi32(b, _mm256_madd_epi16(r, ones));
    }
    return {a, b};
}

template <int T>
INLINE void dot_int8(const uint8_t* w, const int8_t* const* q, const int32_t*, I* out) {
    const __m256i ones = _mm256_set1_epi16(1);
    if (T == 1) {
        out[0] = dot_int8_row(w, q[0]);
        return;
    }
    for (int t = 0; t < T; t++) out[t] = {_mm256_setzero_si256(), _mm256_setzero_si256()};
#pragma GCC unroll 1
    for (int j = 0; j < 8; j++) {
        __m256i first = _mm256_loadu_si256((const __m256i*)(w + 64 * j)), magnitude = _mm256_abs_epi8(first);
        __m256i second = _mm256_loadu_si256((const __m256i*)(w + 64 * j + 32)), other = _mm256_abs_epi8(second);
        for (int t = 0; t < T; t++) {
            __m256i x = _mm256_set1_epi32(quad(q[t] + 4 * j));
            __m256i p = _mm256_maddubs_epi16(magnitude, _mm256_sign_epi8(x, first));
            __m256i r = _mm256_maddubs_epi16(other, _mm256_sign_epi8(x, second));
            out[t].a = _mm256_add_epi32(out[t].a, _mm256_madd_epi16(p, ones));
            out[t].b = _mm256_add_epi32(out[t].b, _mm256_madd_epi16(r, ones));
            KEEP_ORDER(out[t].a, out[t].b);
        }
    }
}
#endif
constexpr int TILE = 6;

#elif CW_NEON

INLINE int32_t offset_of(int32_t sum) { return -8 * sum; }

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
