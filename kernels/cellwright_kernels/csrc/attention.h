// Causal attention of a few queries over one sequence's cache blocks, for one key/value head.
//
// A block holds keys (head_dim, 16) and values (16, head_rows), then for int8 sixteen key scales and sixteen
// value scales. Scores of sixteen positions are one vector: no horizontal sums. Up to QUERIES queries share
// every conversion of keys and values to float. A query's arithmetic runs over dimensions and positions in
// ascending order, whatever it is tiled with.
#pragma once
#include "simd.h"

enum KvKind : int32_t { KV_F16 = 0, KV_F32 = 1, KV_INT8 = 2 };

struct CacheHead {
    const uint8_t* base;  // block 0 of this layer and head
    int64_t block_bytes;
    const int32_t* table;
    int32_t head_dim, head_rows;

    const uint8_t* block(int i) const { return base + table[i] * block_bytes; }
};

struct Query {
    const float* q;  // head_dim, scaled by 1 / sqrt(head_dim)
    float* out;      // head_dim
    int position;
};

template <int KV> struct Element;
template <> struct Element<KV_F16> { typedef uint16_t type; };
template <> struct Element<KV_F32> { typedef float type; };
template <> struct Element<KV_INT8> { typedef int8_t type; };
INLINE V load_kv(const uint16_t* p) { return load_half(p); }
INLINE V load_kv(const float* p) { return load(p); }
INLINE V load_kv(const int8_t* p) { return load_i8(p); }

// Queries that share a pass over the cache; blocks scored and chunks of values mixed at once, by the number of
// queries: as many sums as registers hold, and enough to hide the latency of an addition.
#if CW_AVX512
constexpr int QUERIES = 8;
constexpr int BLOCKS[] = {0, 4, 4, 4, 4, 2, 2, 2, 2}, CHUNKS[] = {0, 4, 4, 4, 4, 2, 2, 2, 2};
#elif CW_AVX2
constexpr int QUERIES = 6;
constexpr int BLOCKS[] = {0, 4, 2, 1, 1, 1, 1}, CHUNKS[] = {0, 4, 2, 1, 1, 1, 1};
#else
constexpr int QUERIES = 4;
constexpr int BLOCKS[] = {0, 2, 2, 1, 1}, CHUNKS[] = {0, 4, 2, 1, 1};
#endif
// So many come from several rows, and what they read is in a cache already.
constexpr int FROM_ROWS = 5;

template <int KV, int NQ, int NB>
INLINE void score_blocks(const CacheHead& head, const Query* queries, int block, float* const* scores) {
    typedef typename Element<KV>::type T;
    const T* keys[NB];
    V sums[NQ][NB];
    for (int k = 0; k < NB; k++) keys[k] = (const T*)head.block(block + k);
    for (int n = 0; n < NQ; n++)
        for (int k = 0; k < NB; k++) sums[n][k] = zero();
    const int ahead = NB * (int)(head.block_bytes / (int64_t)sizeof(T));
    for (int d = 0; d < head.head_dim; d++) {
        V key[NB];
        for (int k = 0; k < NB; k++) {
            key[k] = load_kv(keys[k] + 16 * d);
            // the next blocks are usually the next in memory; a wrong guess costs only the guess. Values
            // are wanted after all scores: a whole head's fit the second level, so they come along now
            if (NQ < FROM_ROWS) {
                __builtin_prefetch(keys[k] + 16 * d + ahead);
                __builtin_prefetch(keys[k] + 16 * d + 16 * head.head_dim, 0, 2);
            }
        }
        for (int n = 0; n < NQ; n++) {
            V q = set1(queries[n].q[d]);
            for (int k = 0; k < NB; k++) sums[n][k] = fma(q, key[k], sums[n][k]);
        }
    }
    for (int k = 0; k < NB; k++) {
        if (KV == KV_INT8) {
            V scale = load((const float*)(keys[k] + 16 * (head.head_dim + head.head_rows)));
            for (int n = 0; n < NQ; n++) sums[n][k] = mul(sums[n][k], scale);
        }
        for (int n = 0; n < NQ; n++) store(scores[n] + 16 * (block + k), sums[n][k]);
    }
}

// Scores of positions 0..position become weights e^(score - max); beyond, up to `end`, zeros. Returns 1 / sum.
INLINE float softmax(float* scores, int position, int end) {
    const int full = (position + 1) / 16 * 16;
    const float minus_infinity = -INFINITY;
    for (int p = position + 1; p < end; p++) scores[p] = minus_infinity;
    V top = set1(minus_infinity);
    for (int p = 0; p <= position; p += 16) top = max(top, load(scores + p));
    V shift = set1(largest(top)), total = zero();
    for (int p = 0; p < full; p += 16) {
        V w = exp(sub(load(scores + p), shift));
        store(scores + p, w);
        total = add(total, w);
    }
    if (full <= position) {
        store(scores + full, exp(sub(load(scores + full), shift)));
        for (int p = position + 1; p < full + 16; p++) scores[p] = 0;
        total = add(total, load(scores + full));
    }
    for (int p = (position / 16 + 1) * 16; p < end; p++) scores[p] = 0;
    return 1.0f / sum(total);
}

template <int KV, int NQ, int NC>
INLINE void mix_chunk(const CacheHead& head, const Query* queries, int positions, int chunk, float* const* weights, const float* inverse) {
    typedef typename Element<KV>::type T;
    const int ahead = (int)(head.block_bytes / (int64_t)sizeof(T));
    V sums[NQ][NC];
    for (int n = 0; n < NQ; n++)
        for (int c = 0; c < NC; c++) sums[n][c] = zero();
    for (int start = 0; start < positions; start += 16) {
        const T* values = (const T*)head.block(start / 16) + 16 * head.head_dim + 16 * chunk;
        const int count = positions - start < 16 ? positions - start : 16;
        for (int p = 0; p < count; p++, values += head.head_rows) {
            V v[NC];
            for (int c = 0; c < NC; c++) {
                v[c] = load_kv(values + 16 * c);
                if (NQ < FROM_ROWS && c % 2 == 0) __builtin_prefetch(values + 16 * c + ahead);
            }
            for (int n = 0; n < NQ; n++) {
                V w = set1(weights[n][start + p]);
                for (int c = 0; c < NC; c++) sums[n][c] = fma(w, v[c], sums[n][c]);
            }
        }
    }
    for (int n = 0; n < NQ; n++)
        for (int c = 0; c < NC; c++) {
            V out = mul(sums[n][c], set1(inverse[n]));
            const int at = 16 * (chunk + c), rest = head.head_dim - at;
            if (rest >= 16) {
                store(queries[n].out + at, out);
            } else {
                float lane[16];
                store(lane, out);
                memcpy(queries[n].out + at, lane, sizeof(float) * (size_t)rest);
            }
        }
}

template <int KV, int NQ>
INLINE void attend_tile(const CacheHead& head, const Query* queries, int last, float* const* scores) {
    const int blocks = last / 16 + 1, chunks = head.head_rows / 16;
    constexpr int NB = BLOCKS[NQ], NC = CHUNKS[NQ];
    int block = 0;
    for (; block + NB <= blocks; block += NB) score_blocks<KV, NQ, NB>(head, queries, block, scores);
    for (; block < blocks; block++) score_blocks<KV, NQ, 1>(head, queries, block, scores);
    float inverse[NQ];
    for (int n = 0; n < NQ; n++) {
        inverse[n] = softmax(scores[n], queries[n].position, 16 * blocks);
        if (KV == KV_INT8)
            for (int i = 0; i < blocks; i++) {
                const float* scale = (const float*)(head.block(i) + 16 * (head.head_dim + head.head_rows)) + 16;
                store(scores[n] + 16 * i, mul(load(scores[n] + 16 * i), load(scale)));
            }
    }
    int chunk = 0;
    for (; chunk + NC <= chunks; chunk += NC) mix_chunk<KV, NQ, NC>(head, queries, last + 1, chunk, scores, inverse);
    for (; chunk < chunks; chunk++) mix_chunk<KV, NQ, 1>(head, queries, last + 1, chunk, scores, inverse);
}

template <int KV>
static void attend_kind(const CacheHead& head, const Query* queries, int count, float* buffer, int stride) {
    float* scores[QUERIES];
    int last = 0;
    for (int n = 0; n < count; n++) {
        scores[n] = buffer + (size_t)n * (size_t)stride;
        last = queries[n].position > last ? queries[n].position : last;
    }
    switch (count) {
        case 1: attend_tile<KV, 1>(head, queries, last, scores); break;
        case 2: attend_tile<KV, 2>(head, queries, last, scores); break;
        case 3: attend_tile<KV, 3>(head, queries, last, scores); break;
        case 4: attend_tile<KV, 4>(head, queries, last, scores); break;
#if !CW_NEON
        case 5: attend_tile<KV, 5>(head, queries, last, scores); break;
        case 6: attend_tile<KV, 6>(head, queries, last, scores); break;
#endif
#if CW_AVX512
        case 7: attend_tile<KV, 7>(head, queries, last, scores); break;
        case 8: attend_tile<KV, 8>(head, queries, last, scores); break;
#endif
    }
}

// 1 to QUERIES queries; `buffer` holds as many rows of `stride` floats, stride a multiple of 16 beyond every position.
static void attend(int kind, const CacheHead& head, const Query* queries, int count, float* buffer, int stride) {
    if (kind == KV_F16) attend_kind<KV_F16>(head, queries, count, buffer, stride);
    else if (kind == KV_F32) attend_kind<KV_F32>(head, queries, count, buffer, stride);
    else attend_kind<KV_INT8>(head, queries, count, buffer, stride);
}
