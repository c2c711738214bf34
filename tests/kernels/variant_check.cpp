// Products, norms, exponentials and attention of one variant against plain loops in double precision.
// Built by test_cross_variants for processors that this machine emulates. Prints "checks passed" or what failed.
#include <stdio.h>
#include <initializer_list>
#include <stdlib.h>

#include "attention.h"
#include "matmul.h"

static unsigned state = 12345;
static float uniform() {
    state = state * 1664525u + 1013904223u;
    return (float)(state >> 8) / 8388608.0f - 1.0f;
}
static int failures = 0;
static void near(const char* what, double got, double expected, double tolerance) {
    if (!(fabs(got - expected) <= tolerance) && failures++ < 20) printf("%s: got %g, expected %g\n", what, got, expected);
}
static uint16_t half(float x) {
    uint16_t lanes[16];
    store_half(lanes, set1(x));
    return lanes[0];
}
static float single(uint16_t x) {
    uint16_t lanes[16];
    float out[16];
    for (int k = 0; k < 16; k++) lanes[k] = x;
    store(out, load_half(lanes));
    return out[0];
}

static void check_products(int kind) {
    constexpr int N = 32, K = 96, R = 13, G = K / 32;
    static int8_t w[N][K];
    static float dense[N][K];
    static uint8_t data[N * K * 4];
    static uint16_t scales[N * G];
    for (int n = 0; n < N; n++)
        for (int c = 0; c < K; c++) {
            w[n][c] = (int8_t)(kind == INT4 ? (int)(uniform() * 7.9f) - (c % 7 == 0) : (int)(uniform() * 127.0f));
            const int b = n / 16, lane = n % 16, g = c / 32, j = c % 32 / 4, i = c % 4, at = b * G + g;
            scales[16 * at + lane] = half(0.01f + 0.001f * (float)(lane + g));
            dense[n][c] = w[n][c] * single(scales[16 * at + lane]);
            if (kind == INT8) data[512 * at + 64 * j + 4 * lane + i] = (uint8_t)w[n][c];
            if (kind == F32) ((float*)data)[(b * K + c) * 16 + lane] = dense[n][c];
            if (kind == INT4) {
                uint8_t& pair = data[256 * at + 64 * (j % 4) + 4 * lane + i];
                const uint8_t u = (uint8_t)(w[n][c] + 8);
                pair = j < 4 ? (uint8_t)((pair & 0xf0) | u) : (uint8_t)((pair & 15) | (u << 4));
            }
        }
    static int8_t q[R * K];
    static float x[R * K], scale[R * G];
    static int32_t offset[R * G];
    for (float& v : x) v = uniform() * 3;
    Matrix m = {kind, N, K, 0, data, scales};
    Activations a = {q, scale, offset, x, K};
    for (int t = 0; t < R; t++) quantize_groups(a, t, 0, G);
    for (int rows = 1; rows <= R; rows++)
        multiply_blocks(m, 0, N / 16, a, rows, [&](int b, int t, V v) {
            float lanes[16];
            store(lanes, v);
            for (int k = 0; k < 16; k++) {
                double sum = 0;
                for (int c = 0; c < K; c++)
                    sum += (double)dense[16 * b + k][c] * (kind == F32 ? x[t * K + c] : q[t * K + c] * scale[t * G + c / 32]);
                near(kind == INT4 ? "int4" : kind == INT8 ? "int8" : "f32", lanes[k], sum, 2e-5 * (1 + fabs(sum)));
            }
        });
}

template <class T>
static void check_attention(int kind, T (*encode)(float), float (*decode)(T)) {
    constexpr int D = 20, ROWS = 32, BLOCKS = 5, BYTES = 16 * (D + ROWS) * (int)sizeof(T) + 128;
    static uint8_t cache[BLOCKS * BYTES];
    static double keys[BLOCKS * 16][D], values[BLOCKS * 16][D];
    const int32_t table[BLOCKS] = {3, 0, 4, 1, 2};
    for (int p = 0; p < BLOCKS * 16; p++) {
        uint8_t* block = cache + table[p / 16] * BYTES;
        float* factors = (float*)(block + 16 * (D + ROWS) * (int)sizeof(T));
        const float key_scale = kind == KV_INT8 ? 0.02f : 1.0f, value_scale = kind == KV_INT8 ? 0.01f : 1.0f;
        if (kind == KV_INT8) factors[p % 16] = key_scale, factors[16 + p % 16] = value_scale;
        for (int d = 0; d < D; d++) {
            T k = encode(uniform() / key_scale), v = encode(uniform() / value_scale);
            ((T*)block)[16 * d + p % 16] = k;
            ((T*)block)[16 * D + (p % 16) * ROWS + d] = v;
            keys[p][d] = (double)decode(k) * key_scale;
            values[p][d] = (double)decode(v) * value_scale;
        }
    }
    static float buffer[QUERIES * 96];
    for (int count = 1; count <= QUERIES; count++)
        for (int last = 0; last < BLOCKS * 16; last += 7) {
            float q[QUERIES][D], out[QUERIES][D];
            Query queries[QUERIES];
            for (int n = 0; n < count; n++) {
                for (float& v : q[n]) v = uniform();
                queries[n] = {q[n], out[n], last - n < 0 ? 0 : last - n};
            }
            attend(kind, {cache, BYTES, table, D, ROWS}, queries, count, buffer, 96);
            for (int n = 0; n < count; n++) {
                double top = -1e30, total = 0, mixed[D] = {0}, score[BLOCKS * 16];
                for (int p = 0; p <= queries[n].position; p++) {
                    score[p] = 0;
                    for (int d = 0; d < D; d++) score[p] += q[n][d] * keys[p][d];
                    top = score[p] > top ? score[p] : top;
                }
                for (int p = 0; p <= queries[n].position; p++) {
                    const double weight = ::exp(score[p] - top);
                    total += weight;
                    for (int d = 0; d < D; d++) mixed[d] += weight * values[p][d];
                }
                for (int d = 0; d < D; d++) near("attention", out[n][d], mixed[d] / total, 2e-5);
            }
        }
}

int main() {
    for (int kind : {0, 1, 2}) check_products(kind);
    check_attention<uint16_t>(KV_F16, half, single);
    check_attention<float>(KV_F32, [](float x) { return x; }, [](float x) { return x; });
    check_attention<int8_t>(KV_INT8, [](float x) { return (int8_t)lrintf(x); }, [](int8_t x) { return (float)x; });
    for (float x = -80; x < 80; x += 0.37f) {
        float lanes[16];
        store(lanes, exp(set1(x)));
        near("exp", lanes[3] / ::exp((double)x), 1, 3e-7);
    }
    puts(failures ? "checks failed" : "checks passed");
    return failures != 0;
}
