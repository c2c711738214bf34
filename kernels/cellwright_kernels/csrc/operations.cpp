// Single operations for callers outside the forward pass: products (tests and benchmarks hold them against
// the reference one by one) and the choice of a token.
#include "attention.h"
#include "matmul.h"

#include <stdlib.h>

#define EXPORT extern "C" __attribute__((visibility("default")))

// x (rows, columns) -> y (rows, m->rows). The caller gives scratch of x's size in int8 and of a group each.
EXPORT void cw_multiply(const Matrix* m, const float* x, int rows, int8_t* q, float* scale, int32_t* offset, float* y) {
    Activations a = {q, scale, offset, (float*)x, m->columns};
    if (m->kind != F32)
        for (int t = 0; t < rows; t++) quantize_groups(a, t, 0, m->columns / 32);
    for (int b = 0; b < m->rows / 16; b++)
        multiply_block(*m, b, a, rows, [&](int t, V v) { store(y + (size_t)t * m->rows + 16 * b, v); });
}

// RMSNorm of one row into out, quantized into q, scale, offset.
EXPORT void cw_norm(const float* x, const float* weight, float eps, int size, int columns, float* out, int8_t* q, float* scale, int32_t* offset) {
    Activations a = {q, scale, offset, out, columns};
    norm_row(x, weight, eps, size, a, 0, true);
}

// Lowest index of the largest logit.
EXPORT int cw_argmax(const float* logits, int count) {
    int best = 0;
    for (int k = 1; k < count; k++)
        if (logits[k] > logits[best]) best = k;
    return best;
}

// The k largest logits' indices, largest first, lower index first among equals: a heap with the worst on top.
EXPORT void cw_top_k(const float* logits, int count, int k, int32_t* ids) {
    auto worse = [&](int a, int b) { return logits[a] < logits[b] || (logits[a] == logits[b] && a > b); };
    auto sift = [&](int root, int size) {
        for (int child; (child = 2 * root + 1) < size; root = child) {
            if (child + 1 < size && worse(ids[child + 1], ids[child])) child++;
            if (!worse(ids[child], ids[root])) return;
            int32_t swap = ids[child];
            ids[child] = ids[root];
            ids[root] = swap;
        }
    };
    for (int i = 0; i < k; i++) ids[i] = i;
    for (int i = k / 2 - 1; i >= 0; i--) sift(i, k);
    for (int i = k; i < count; i++)
        if (worse(ids[0], i)) {
            ids[0] = i;
            sift(0, k);
        }
    for (int size = k - 1; size > 0; size--) {
        int32_t swap = ids[0];
        ids[0] = ids[size];
        ids[size] = swap;
        sift(0, size);
    }
}

// The first of `ids` at which the cumulated softmax (at this temperature, over `ids` alone) passes `uniform`.
EXPORT int cw_sample(const float* logits, const int32_t* ids, int count, float temperature, double uniform) {
    float top = logits[ids[0]];
    for (int k = 1; k < count; k++) top = logits[ids[k]] > top ? logits[ids[k]] : top;
    double total = 0, passed = 0;
    for (int k = 0; k < count; k++) total += ::exp(((double)logits[ids[k]] - top) / temperature);
    for (int k = 0; k < count; k++) {
        passed += ::exp(((double)logits[ids[k]] - top) / temperature);
        if (passed > uniform * total) return ids[k];
    }
    return ids[count - 1];
}
