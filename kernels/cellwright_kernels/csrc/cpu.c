// Which variants this processor can run: bit 0 AVX2 with FMA and F16C, bit 1 AVX-512 with VNNI, bit 2 NEON
// with dot products, bit 3 AVX-VNNI on top of AVX2. Compiled without any instruction-set flag, so that it runs
// everywhere; a variant that this compiler does not know is not reported.
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

__attribute__((visibility("default"))) int cw_cpu_variants(void) {
    int variants = 0;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
        variants |= 1;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vnni"))
        variants |= 2;
#if (defined(__clang__) && __clang_major__ >= 12) || (!defined(__clang__) && __GNUC__ >= 11)
    unsigned a = 0, b = 0, c = 0, d = 0;
    if ((variants & 1) && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1u << 4)))
        variants |= 8;
#endif
#elif defined(__aarch64__) && defined(__APPLE__)
    variants |= 4;  // every Apple arm64 processor has dot products
#elif defined(__aarch64__) && defined(__linux__)
    if (getauxval(AT_HWCAP) & (1UL << 20))  // HWCAP_ASIMDDP
        variants |= 4;
#endif
    return variants;
}
