// What Python hands over: plain structures with pointers into arrays that Python keeps alive.
// `native_backend.py` declares the same structures; keep the two in step.
#pragma once
#include "attention.h"
#include "matmul.h"

enum Operation : int32_t { QKV = 0, OUTPUT = 1, GATE_UP = 2, DOWN = 3, OPERATIONS = 4 };

struct Layer {
    Matrix matrix[OPERATIONS];
    const float* bias[OPERATIONS];  // null where there is none
    const float *attention_norm, *mlp_norm;
    const float *q_norm, *k_norm;  // null where there is none
};

struct Model {
    int32_t vocab, hidden, hidden_padded, intermediate_padded;
    int32_t layers, heads, kv_heads, head_dim;
    int32_t head_rows, attention_padded, kv_kind, positions;
    int32_t table_stride, threads, adapter_slots;
    float eps;
    Matrix embed, head;
    const float* norm;
    const Layer* layer;
    const float *cos, *sin;  // (positions, head_dim / 2)
    uint8_t* cache;          // (layers, kv_heads, blocks) of head_bytes
    int64_t head_bytes, blocks;
    const int32_t* tables;  // (sequences, table_stride)
};

struct FusedAdapter {
    int32_t rank, middle;  // middle: rows of `down`, padded
    Matrix down;
    const float* up;
    const int32_t* offsets;
};

struct Call {
    int32_t rows, logit_rows, subset_size, target_count;
    const int32_t *tokens, *sequences, *positions, *adapters;
    const int32_t *logit_row;       // (logit_rows)
    const int32_t* subset;     // (subset_size), null for the whole vocabulary
    const int32_t* offsets;    // (logit_rows + 1) into subset, or into targets
    const int32_t* targets;    // (target_count)
    const int32_t* copies;     // further sequences that get a row's keys and values
    const int32_t* copy_offsets;  // (rows + 1), null where no row has any
    float* out;
};
