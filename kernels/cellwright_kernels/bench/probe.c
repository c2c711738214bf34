// Ceilings of one core: read bandwidth of a buffer, int8 multiply-adds, float32 multiply-adds.
//
// `cw_read` sums a buffer with 32-byte loads, `cw_int8` and `cw_float` run independent chains in registers.
// Each returns a value that depends on all work, so that none of it can be left out.
#include <stddef.h>
#include <stdint.h>
#define EXPORT __attribute__((visibility("default")))

#if defined(__AVX2__)
#include <immintrin.h>

EXPORT int64_t cw_read(const uint8_t* data, size_t bytes, int times) {
    __m256i sums[8];
    for (int k = 0; k < 8; k++) sums[k] = _mm256_setzero_si256();
    for (int n = 0; n < times; n++) {
        for (size_t at = 0; at + 256 <= bytes; at += 256)
            for (int k = 0; k < 8; k++)
                sums[k] = _mm256_add_epi64(sums[k], _mm256_loadu_si256((const __m256i*)(data + at + 32 * k)));
        __asm__ volatile("" ::: "memory");
    }
    for (int k = 1; k < 8; k++) sums[0] = _mm256_add_epi64(sums[0], sums[k]);
    int64_t out[4];
    _mm256_storeu_si256((__m256i*)out, sums[0]);
    return out[0] ^ out[1] ^ out[2] ^ out[3];
}

// 256 multiply-adds a step of 8 chains, as int4 kernels do them: 8-bit products, 16-bit sums.
EXPORT int64_t cw_int8(int64_t steps) {
    __m256i x = _mm256_set1_epi8(3), w = _mm256_set1_epi8(1), sums[8];
    for (int k = 0; k < 8; k++) sums[k] = _mm256_setzero_si256();
    for (int64_t n = 0; n < steps; n++) {
        for (int k = 0; k < 8; k++) {
            sums[k] = _mm256_add_epi16(sums[k], _mm256_maddubs_epi16(w, x));
            __asm__ volatile("" : "+x"(w));  // or one product would do for all eight
        }
    }
    for (int k = 1; k < 8; k++) sums[0] = _mm256_add_epi16(sums[0], sums[k]);
    int64_t out[4];
    _mm256_storeu_si256((__m256i*)out, sums[0]);
    return out[0] ^ out[1];
}

// 80 multiply-adds a step of 10 chains.
EXPORT float cw_float(int64_t steps) {
    __m256 x = _mm256_set1_ps(0.5f), w = _mm256_set1_ps(0.25f), sums[10];
    for (int k = 0; k < 10; k++) sums[k] = _mm256_set1_ps((float)k);
    for (int64_t n = 0; n < steps; n++) {
        for (int k = 0; k < 10; k++) sums[k] = _mm256_fmadd_ps(w, x, sums[k]);
        __asm__ volatile("" : "+x"(w), "+x"(x));
    }
    for (int k = 1; k < 10; k++) sums[0] = _mm256_add_ps(sums[0], sums[k]);
    float out[8];
    _mm256_storeu_ps(out, sums[0]);
    return out[0] + out[7];
}
#endif
