// Sixteen lanes of float32 or int32, in whatever registers the variant has.
//
// V is 16 floats, I is 16 int32; a lane is a row of a weight block, a position of a cache block, or an
// element of a head. Every function here works lane by lane with one rounding, so results do not depend on
// how callers tile. Dot products of quantized groups are in dot.h.
#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
#define CW_AVX512 1
#include <immintrin.h>
#elif defined(__AVX2__)
#define CW_AVX2 1
#if defined(__AVXVNNI__)
#define CW_AVXVNNI 1
#endif
#include <immintrin.h>
#elif defined(__aarch64__)
#define CW_NEON 1
#include <arm_neon.h>
#else
#error "no vector variant for this target"
#endif

#define INLINE static inline __attribute__((always_inline))

#if CW_AVX512

struct V { __m512 v; };
struct I { __m512i v; };
INLINE V zero() { return {_mm512_setzero_ps()}; }
INLINE V set1(float x) { return {_mm512_set1_ps(x)}; }
INLINE V load(const float* p) { return {_mm512_loadu_ps(p)}; }
INLINE void store(float* p, V a) { _mm512_storeu_ps(p, a.v); }
INLINE V load_half(const uint16_t* p) { return {_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i*)p))}; }
INLINE void store_half(uint16_t* p, V a) {
    _mm256_storeu_si256((__m256i*)p, _mm512_cvtps_ph(a.v, _MM_FROUND_TO_NEAREST_INT));
}
INLINE V load_i8(const int8_t* p) {
    return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i*)p)))};
}
INLINE V add(V a, V b) { return {_mm512_add_ps(a.v, b.v)}; }
INLINE V sub(V a, V b) { return {_mm512_sub_ps(a.v, b.v)}; }
INLINE V mul(V a, V b) { return {_mm512_mul_ps(a.v, b.v)}; }
INLINE V div(V a, V b) { return {_mm512_div_ps(a.v, b.v)}; }
INLINE V fma(V a, V b, V c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
INLINE V max(V a, V b) { return {_mm512_max_ps(a.v, b.v)}; }
INLINE V min(V a, V b) { return {_mm512_min_ps(a.v, b.v)}; }
INLINE V abs(V a) { return {_mm512_abs_ps(a.v)}; }
INLINE I round_int(V a) { return {_mm512_cvtps_epi32(a.v)}; }
INLINE V to_float(I a) { return {_mm512_cvtepi32_ps(a.v)}; }
INLINE V pow2(I n) {  // 2^n for n in the normal range
    return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_add_epi32(n.v, _mm512_set1_epi32(127)), 23))};
}
INLINE I iadd(I a, I b) { return {_mm512_add_epi32(a.v, b.v)}; }
INLINE void store_i8(int8_t* p, I a) { _mm_storeu_si128((__m128i*)p, _mm512_cvtsepi32_epi8(a.v)); }
INLINE void store_int(int32_t* p, I a) { _mm512_storeu_si512(p, a.v); }

#elif CW_AVX2

struct V { __m256 a, b; };
struct I { __m256i a, b; };
INLINE V zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
INLINE V set1(float x) { __m256 v = _mm256_set1_ps(x); return {v, v}; }
INLINE V load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
INLINE void store(float* p, V a) { _mm256_storeu_ps(p, a.a); _mm256_storeu_ps(p + 8, a.b); }
INLINE V load_half(const uint16_t* p) {
    return {_mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)p)),
            _mm256_cvtph_ps(_mm_loadu_si128((const __m128i*)(p + 8)))};
}
INLINE void store_half(uint16_t* p, V a) {
    _mm_storeu_si128((__m128i*)p, _mm256_cvtps_ph(a.a, _MM_FROUND_TO_NEAREST_INT));
    _mm_storeu_si128((__m128i*)(p + 8), _mm256_cvtps_ph(a.b, _MM_FROUND_TO_NEAREST_INT));
}
INLINE V load_i8(const int8_t* p) {
    return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)p))),
            _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i*)(p + 8))))};
}
INLINE V add(V x, V y) { return {_mm256_add_ps(x.a, y.a), _mm256_add_ps(x.b, y.b)}; }
INLINE V sub(V x, V y) { return {_mm256_sub_ps(x.a, y.a), _mm256_sub_ps(x.b, y.b)}; }
INLINE V mul(V x, V y) { return {_mm256_mul_ps(x.a, y.a), _mm256_mul_ps(x.b, y.b)}; }
INLINE V div(V x, V y) { return {_mm256_div_ps(x.a, y.a), _mm256_div_ps(x.b, y.b)}; }
INLINE V fma(V x, V y, V z) { return {_mm256_fmadd_ps(x.a, y.a, z.a), _mm256_fmadd_ps(x.b, y.b, z.b)}; }
INLINE V max(V x, V y) { return {_mm256_max_ps(x.a, y.a), _mm256_max_ps(x.b, y.b)}; }
INLINE V min(V x, V y) { return {_mm256_min_ps(x.a, y.a), _mm256_min_ps(x.b, y.b)}; }
INLINE V abs(V x) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return {_mm256_andnot_ps(sign, x.a), _mm256_andnot_ps(sign, x.b)};
}
INLINE I round_int(V x) { return {_mm256_cvtps_epi32(x.a), _mm256_cvtps_epi32(x.b)}; }
INLINE V to_float(I x) { return {_mm256_cvtepi32_ps(x.a), _mm256_cvtepi32_ps(x.b)}; }
INLINE V pow2(I n) {
    const __m256i bias = _mm256_set1_epi32(127);
    return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n.a, bias), 23)),
            _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n.b, bias), 23))};
}
INLINE I iadd(I x, I y) { return {_mm256_add_epi32(x.a, y.a), _mm256_add_epi32(x.b, y.b)}; }
INLINE void store_i8(int8_t* p, I x) {
    __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(x.a, x.b), 0xd8);
    __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
    _mm_storeu_si128((__m128i*)p, bytes);
}
INLINE void store_int(int32_t* p, I x) {
    _mm256_storeu_si256((__m256i*)p, x.a);
    _mm256_storeu_si256((__m256i*)(p + 8), x.b);
}

#elif CW_NEON

struct V { float32x4_t v[4]; };
struct I { int32x4_t v[4]; };
#define EACH for (int k = 0; k < 4; k++)
INLINE V set1(float x) { V r; EACH r.v[k] = vdupq_n_f32(x); return r; }
INLINE V zero() { return set1(0.0f); }
INLINE V load(const float* p) { V r; EACH r.v[k] = vld1q_f32(p + 4 * k); return r; }
INLINE void store(float* p, V a) { EACH vst1q_f32(p + 4 * k, a.v[k]); }
INLINE V load_half(const uint16_t* p) {
    V r; EACH r.v[k] = vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p + 4 * k))); return r;
}
INLINE void store_half(uint16_t* p, V a) { EACH vst1_u16(p + 4 * k, vreinterpret_u16_f16(vcvt_f16_f32(a.v[k]))); }
INLINE V load_i8(const int8_t* p) {
    int8x16_t bytes = vld1q_s8(p);
    int16x8_t low = vmovl_s8(vget_low_s8(bytes)), high = vmovl_s8(vget_high_s8(bytes));
    return {{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(low))),
             vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_s16(vget_high_s16(high)))}};
}
INLINE V add(V a, V b) { V r; EACH r.v[k] = vaddq_f32(a.v[k], b.v[k]); return r; }
INLINE V sub(V a, V b) { V r; EACH r.v[k] = vsubq_f32(a.v[k], b.v[k]); return r; }
INLINE V mul(V a, V b) { V r; EACH r.v[k] = vmulq_f32(a.v[k], b.v[k]); return r; }
INLINE V div(V a, V b) { V r; EACH r.v[k] = vdivq_f32(a.v[k], b.v[k]); return r; }
INLINE V fma(V a, V b, V c) { V r; EACH r.v[k] = vfmaq_f32(c.v[k], a.v[k], b.v[k]); return r; }
INLINE V max(V a, V b) { V r; EACH r.v[k] = vmaxq_f32(a.v[k], b.v[k]); return r; }
INLINE V min(V a, V b) { V r; EACH r.v[k] = vminq_f32(a.v[k], b.v[k]); return r; }
INLINE V abs(V a) { V r; EACH r.v[k] = vabsq_f32(a.v[k]); return r; }
INLINE I round_int(V a) { I r; EACH r.v[k] = vcvtnq_s32_f32(a.v[k]); return r; }
INLINE V to_float(I a) { V r; EACH r.v[k] = vcvtq_f32_s32(a.v[k]); return r; }
INLINE V pow2(I n) {
    V r; EACH r.v[k] = vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(n.v[k], vdupq_n_s32(127)), 23)); return r;
}
INLINE I iadd(I a, I b) { I r; EACH r.v[k] = vaddq_s32(a.v[k], b.v[k]); return r; }
INLINE void store_i8(int8_t* p, I a) {
    int16x8_t low = vcombine_s16(vqmovn_s32(a.v[0]), vqmovn_s32(a.v[1]));
    int16x8_t high = vcombine_s16(vqmovn_s32(a.v[2]), vqmovn_s32(a.v[3]));
    vst1q_s8(p, vcombine_s8(vqmovn_s16(low), vqmovn_s16(high)));
}
INLINE void store_int(int32_t* p, I a) { EACH vst1q_s32(p + 4 * k, a.v[k]); }

#endif

// Over all lanes: 0 with 8, 1 with 9, ..., then 0 with 4, ...: the same tree in every variant.
#if CW_NEON
INLINE float sum(V a) {
    float32x4_t x = vaddq_f32(vaddq_f32(a.v[0], a.v[2]), vaddq_f32(a.v[1], a.v[3]));
    float32x2_t y = vadd_f32(vget_low_f32(x), vget_high_f32(x));
    return vget_lane_f32(y, 0) + vget_lane_f32(y, 1);
}
INLINE float largest(V a) {
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(a.v[0], a.v[2]), vmaxq_f32(a.v[1], a.v[3])));
}
INLINE int32_t isum(I a) {
    return vaddvq_s32(vaddq_s32(vaddq_s32(a.v[0], a.v[2]), vaddq_s32(a.v[1], a.v[3])));
}
#else
INLINE float sum(V a) {
#if CW_AVX512
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
#else
    __m256 eight = _mm256_add_ps(a.a, a.b);
#endif
    __m128 x = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)));
}
INLINE float largest(V a) {
#if CW_AVX512
    __m256 eight = _mm256_max_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
#else
    __m256 eight = _mm256_max_ps(a.a, a.b);
#endif
    __m128 x = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    return _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)));
}
INLINE int32_t isum(I a) {
#if CW_AVX512
    __m256i eight = _mm256_add_epi32(_mm512_castsi512_si256(a.v), _mm512_extracti32x8_epi32(a.v, 1));
#else
    __m256i eight = _mm256_add_epi32(a.a, a.b);
#endif
    __m128i x = _mm_add_epi32(_mm256_castsi256_si128(eight), _mm256_extracti128_si256(eight, 1));
    x = _mm_add_epi32(x, _mm_shuffle_epi32(x, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(x, _mm_shuffle_epi32(x, 0xb1)));
}
#endif

// e^x to about 1 ulp of float32 (Cephes' expf): x = n ln 2 + r, then a polynomial in r. Below -87 the
// result is of the order of the smallest normal number, never a denormal; above 88 it saturates.
INLINE V exp(V x) {
    x = min(max(x, set1(-87.0f)), set1(88.0f));
    I n = round_int(mul(x, set1(1.44269504088896341f)));
    V k = to_float(n);
    V r = fma(k, set1(-0.693359375f), x);
    r = fma(k, set1(2.12194440e-4f), r);
    V p = set1(1.9875691500e-4f);
    p = fma(p, r, set1(1.3981999507e-3f));
    p = fma(p, r, set1(8.3334519073e-3f));
    p = fma(p, r, set1(4.1665795894e-2f));
    p = fma(p, r, set1(1.6666665459e-1f));
    p = fma(p, r, set1(5.0000001201e-1f));
    p = fma(mul(r, r), p, add(r, set1(1.0f)));
    return mul(p, pow2(n));
}
