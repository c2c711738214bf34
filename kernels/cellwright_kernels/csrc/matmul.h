// Quantized activations, and products of packed matrices with them.
//
// y[t][n] = sum over groups g, in ascending order, of (ws[n][g] * as[t][g]) * (exact integer dot product),
// one fused multiply-add a group. A row's result is therefore the same whatever T is tiled with it.
#pragma once
#include "dot.h"

enum Kind : int32_t { INT4 = 0, INT8 = 1, F32 = 2 };

struct Matrix {
    int32_t kind, rows, columns, unused;
    const uint8_t* data;
    const uint16_t* scales;
};

// Rows of activations of one width: int8 with a scale and -8 times the sum a group, and the floats they came from.
struct Activations {
    int8_t* q;
    float* scale;
    int32_t* offset;
    float* x;
    int32_t columns;

    const int8_t* row(int t) const { return q + (size_t)t * columns; }
    float* floats(int t) const { return x + (size_t)t * columns; }
    size_t group(int t) const { return (size_t)t * (columns / 32); }
};

// Quantize groups [first, last) of row t: q = round(x * (127 / max)), scale = max / 127.
INLINE void quantize_groups(const Activations& a, int t, int first, int last) {
    const float* x = a.floats(t);
    int8_t* q = a.q + (size_t)t * a.columns;
    for (int g = first; g < last; g++) {
        V low = load(x + 32 * g), high = load(x + 32 * g + 16);
        float top = largest(max(abs(low), abs(high)));
        V inverse = set1(top > 0 ? 127.0f / top : 0.0f);
        I i = round_int(mul(low, inverse)), j = round_int(mul(high, inverse));
        store_i8(q + 32 * g, i);
        store_i8(q + 32 * g + 16, j);
        a.scale[a.group(t) + g] = top * (1.0f / 127.0f);
        a.offset[a.group(t) + g] = offset_of(isum(iadd(i, j)));
    }
}

// x / sqrt(mean(x^2) + eps) * weight into the floats of row t, then quantized. `size` <= columns; the rest
// of x and of the weight is zero.
INLINE void norm_row(const float* x, const float* weight, float eps, int size, const Activations& a, int t, bool quantize) {
    V squares = zero();
    for (int c = 0; c < a.columns; c += 16) {
        V v = load(x + c);
        squares = fma(v, v, squares);
    }
    V factor = set1(1.0f / sqrtf(sum(squares) / (float)size + eps));
    float* out = a.floats(t);
    for (int c = 0; c < a.columns; c += 16) store(out + c, mul(mul(load(x + c), factor), load(weight + c)));
    if (quantize) quantize_groups(a, t, 0, a.columns / 32);
}

// So far ahead, because weights beyond the last-level cache come from memory: 8 KiB decodes a 60 M model in
// 0.93 ms where 1 KiB takes 1.55; within the cache the distance makes no difference.
constexpr int PREFETCH_BYTES = 8192;

// Rows [t, t + T) of the activations with block b of the matrix: out[T] vectors of 16 outputs.
template <int T, int KIND, bool PREFETCH>
INLINE void multiply_tile(const Matrix& m, int b, const Activations& a, int t0, V* out) {
    for (int t = 0; t < T; t++) out[t] = zero();
    if (KIND == F32) {
        const float* w = (const float*)m.data + (size_t)b * m.columns * 16;
        const float* x[T];
        for (int t = 0; t < T; t++) x[t] = a.floats(t0 + t);
        for (int c = 0; c < m.columns; c++) {
            V line = load(w + 16 * (size_t)c);
            for (int t = 0; t < T; t++) out[t] = fma(line, set1(x[t][c]), out[t]);
        }
        return;
    }
    constexpr int bytes = KIND == INT4 ? 256 : 512;
    const int groups = m.columns / 32;
    const uint8_t* w = m.data + (size_t)b * groups * bytes;
    const uint16_t* s = m.scales + (size_t)b * groups * 16;
    const int8_t* q[T];
    const float* scale[T];
    const int32_t* offset[T];
    for (int t = 0; t < T; t++) {
        q[t] = a.row(t0 + t);
        scale[t] = a.scale + a.group(t0 + t);
        offset[t] = a.offset + a.group(t0 + t);
    }
    for (int g = 0; g < groups; g++) {
        if (PREFETCH) {
            for (int line = 0; line < bytes; line += 64) __builtin_prefetch(w + PREFETCH_BYTES + line);
            __builtin_prefetch(s + PREFETCH_BYTES / 16);
        }
        const int8_t* part[T];
        int32_t part_offset[T];
        I dot[T];
        for (int t = 0; t < T; t++) part[t] = q[t] + 32 * g, part_offset[t] = offset[t][g];
        if (KIND == INT4) dot_int4<T>(w, part, part_offset, dot);
        else dot_int8<T>(w, part, part_offset, dot);
        V ws = load_half(s);
        for (int t = 0; t < T; t++) out[t] = fma(mul(ws, set1(scale[t][g])), to_float(dot[t]), out[t]);
        w += bytes;
        s += 16;
    }
}

template <int KIND, class Sink>
INLINE void multiply_block_kind(const Matrix& m, int b, const Activations& a, int rows, Sink sink) {
    V out[TILE];
    int t = 0;
    for (; t + TILE <= rows; t += TILE) {
        multiply_tile<TILE, KIND, false>(m, b, a, t, out);
        for (int k = 0; k < TILE; k++) sink(t + k, out[k]);
    }
    if (TILE > 4 && t + 4 <= rows) {
        multiply_tile<4, KIND, false>(m, b, a, t, out);
        for (int k = 0; k < 4; k++) sink(t + k, out[k]);
        t += 4;
    }
    for (; t + 2 <= rows && rows > 1; t += 2) {
        multiply_tile<2, KIND, false>(m, b, a, t, out);
        sink(t, out[0]);
        sink(t + 1, out[1]);
    }
    if (t < rows) {
        multiply_tile<1, KIND, true>(m, b, a, t, out);
        sink(t, out[0]);
    }
}

#if CW_AVX512
// Blocks b and b + 1 with rows [t0, t0 + T): a broadcast of activations serves both, so that loads do not bound
// the products. The same sums in the same order as `multiply_tile`.
template <int T, int KIND>
INLINE void multiply_pair(const Matrix& m, int b, const Activations& a, int t0, V (*out)[T]) {
    constexpr int bytes = KIND == INT4 ? 256 : 512;
    const int groups = m.columns / 32;
    const uint8_t* w = m.data + (size_t)b * groups * bytes;
    const uint16_t* s = m.scales + (size_t)b * groups * 16;
    const size_t next = (size_t)groups * bytes;
    for (int t = 0; t < T; t++) out[0][t] = out[1][t] = zero();
    for (int g = 0; g < groups; g++, w += bytes, s += 16) {
        const int8_t* q[T];
        int32_t offset[T];
        I first[T], second[T];
        for (int t = 0; t < T; t++) q[t] = a.row(t0 + t) + 32 * g, offset[t] = a.offset[a.group(t0 + t) + g];
        if (KIND == INT4) dot_int4_pair<T>(w, w + next, q, offset, first, second);
        else dot_int8_pair<T>(w, w + next, q, offset, first, second);
        V left = load_half(s), right = load_half(s + (size_t)groups * 16);
        for (int t = 0; t < T; t++) {
            V scale = set1(a.scale[a.group(t0 + t) + g]);
            out[0][t] = fma(mul(left, scale), to_float(first[t]), out[0][t]);
            out[1][t] = fma(mul(right, scale), to_float(second[t]), out[1][t]);
        }
    }
}

template <int KIND, class Sink>
INLINE void multiply_pair_kind(const Matrix& m, int b, const Activations& a, int rows, Sink sink) {
    V out[2][PAIR_TILE];
    int t = 0;
    for (; t + PAIR_TILE <= rows; t += PAIR_TILE) {
        multiply_pair<PAIR_TILE, KIND>(m, b, a, t, out);
        for (int half = 0; half < 2; half++)
            for (int k = 0; k < PAIR_TILE; k++) sink(b + half, t + k, out[half][k]);
    }
    for (; t < rows; t++)
        for (int half = 0; half < 2; half++) {
            V v;
            multiply_tile<1, KIND, false>(m, b + half, a, t, &v);
            sink(b + half, t, v);
        }
}
#endif

// All rows of the activations with block b; sink(t, V) takes sixteen outputs of row t.
template <class Sink>
INLINE void multiply_block(const Matrix& m, int b, const Activations& a, int rows, Sink sink) {
    if (m.kind == INT4) multiply_block_kind<INT4>(m, b, a, rows, sink);
    else if (m.kind == INT8) multiply_block_kind<INT8>(m, b, a, rows, sink);
    else multiply_block_kind<F32>(m, b, a, rows, sink);
}

// All rows of the activations with blocks [first, last); sink(b, t, V) takes sixteen outputs of row t, block by
// block in ascending order for every row.
template <class Sink>
INLINE void multiply_blocks(const Matrix& m, int first, int last, const Activations& a, int rows, Sink sink) {
    int b = first;
#if CW_AVX512
    if (rows >= PAIR_TILE && m.kind != F32)
        for (; b + 2 <= last; b += 2) {
            if (m.kind == INT4) multiply_pair_kind<INT4>(m, b, a, rows, sink);
            else multiply_pair_kind<INT8>(m, b, a, rows, sink);
        }
#endif
    for (; b < last; b++) multiply_block(m, b, a, rows, [&](int t, V v) { sink(b, t, v); });
}

// Row `id` of a matrix as floats: embedding lookup.
INLINE void copy_row(const Matrix& m, int id, float* out) {
    const int b = id / 16, lane = id % 16, groups = m.columns / 32;
    if (m.kind == F32) {
        const float* w = (const float*)m.data + (size_t)b * m.columns * 16 + lane;
        for (int c = 0; c < m.columns; c++) out[c] = w[16 * (size_t)c];
        return;
    }
    for (int g = 0; g < groups; g++) {
        size_t at = (size_t)b * groups + g;
        float line[16];
        store(line, load_half(m.scales + 16 * at));
        for (int c = 0; c < 32; c++) {
            int j = c / 4, i = c % 4, w;
            if (m.kind == INT8) {
                w = ((const int8_t*)m.data)[512 * at + 64 * j + 4 * lane + i];
            } else {
                uint8_t pair = m.data[256 * at + 64 * (j % 4) + 4 * lane + i];
                w = (j < 4 ? pair & 15 : pair >> 4) - 8;
            }
            out[32 * g + c] = (float)w * line[lane];
        }
    }
}
