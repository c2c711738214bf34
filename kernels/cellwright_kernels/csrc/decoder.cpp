// The forward pass: embedding, layers, head, over a paged cache, on a pool of threads.
//
// Work is split by output rows and heads, never inside a sum, and every row of a batch keeps its own order of
// additions: results are the same for any batch, any cut of the prefix and any number of threads. Between
// phases the threads meet at a barrier; with few rows each thread normalizes and quantizes for itself,
// which is cheaper than meeting.
#include "model.h"
#include "pool.h"

#include <new>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int CHUNK = 256;  // rows that go through the layers together
constexpr int FEW = 4;      // up to so many rows each thread prepares inputs for itself
constexpr size_t LOGIT_FLOATS = 1 << 20;

template <class T>
T* allocate(size_t count) {
    void* memory = nullptr;
    if (posix_memalign(&memory, 64, count * sizeof(T) + 64) != 0) return nullptr;
    memset(memory, 0, count * sizeof(T) + 64);
    return (T*)memory;
}

bool make(Activations& a, int rows, int columns) {
    a = {allocate<int8_t>((size_t)rows * columns), allocate<float>((size_t)rows * columns / 32),
         allocate<int32_t>((size_t)rows * columns / 32), allocate<float>((size_t)rows * columns), columns};
    return a.q && a.scale && a.offset && a.x;
}

void drop(Activations& a) {
    free(a.q), free(a.scale), free(a.offset), free(a.x);
}

struct Private {  // scratch of one thread
    Activations hidden, attention;
    float* scores;
    float* middle;
};

struct Decoder {
    Model model;
    Pool pool;
    FusedAdapter* adapters;  // (slots, layers, OPERATIONS); rank 0 where there is none
    int middle_width;
    float *x, *qkv, *final_x, *logits, *middle;
    size_t final_rows;
    int logit_slab, score_stride;
    Activations hidden, attention, gated;
    Private own[MAX_THREADS];

    const Call* call;
    uint8_t* block_marks;
    int32_t* block_list;
    int blocks_listed;
};

struct Range { int first, last; };
Range share(int units, int thread, int threads) {
    return {(int)((int64_t)units * thread / threads), (int)((int64_t)units * (thread + 1) / threads)};
}

// The rows of one chunk as a thread sees them.
struct Pass {
    Decoder& d;
    const Model& m;
    int thread, threads;
    int first, rows;  // chunk [first, first + rows) of the call
    bool adapted;     // some row has an adapter
    const float* middle;  // (rows, middle_width) for the operation at hand

    int slot(int t) const { return d.call->adapters[first + t]; }
    const FusedAdapter& adapter(int t, int layer, int operation) const {
        return d.adapters[((size_t)slot(t) * m.layers + layer) * OPERATIONS + operation];
    }
    bool few() const { return rows <= FEW; }
    // Heads share out evenly: a thread attends with those that it has projected, without meeting the others.
    bool by_head() const { return m.kv_heads % threads == 0; }
};

void low_rank_row(const FusedAdapter& f, const Activations& a, int t, float* out) {
    for (int b = 0; b < f.middle / 16; b++) {
        V v;
        multiply_tile<1, F32, false>(f.down, b, a, t, &v);
        store(out + 16 * b, v);
    }
}

// A x of every adapted row. Threads share the rows out, or with few rows each computes all for itself.
void low_rank(Pass& p, int layer, int operation, const Activations& a) {
    if (!p.adapted) return;
    Decoder& d = p.d;
    float* out = p.few() ? d.own[p.thread].middle : d.middle;
    Range r = p.few() ? Range{0, p.rows} : share(p.rows, p.thread, p.threads);
    for (int t = r.first; t < r.last; t++) {
        if (p.slot(t) < 0) continue;
        const FusedAdapter& f = p.adapter(t, layer, operation);
        if (f.rank) low_rank_row(f, a, t, out + (size_t)t * d.middle_width);
    }
    if (!p.few()) d.pool.barrier();
    p.middle = out;
}

// Sixteen outputs of row t plus bias and B (A x).
INLINE V finish(const Pass& p, int layer, int operation, int b, int t, V v) {
    const float* bias = p.m.layer[layer].bias[operation];
    if (bias) v = add(v, load(bias + 16 * b));
    if (p.adapted && p.slot(t) >= 0) {
        const FusedAdapter& f = p.adapter(t, layer, operation);
        if (f.rank) {
            const float* up = f.up + (size_t)b * f.rank * 16;
            const float* mid = p.middle + (size_t)t * p.d.middle_width + f.offsets[b];
            V delta = zero();
            for (int r = 0; r < f.rank; r++) delta = fma(load(up + 16 * r), set1(mid[r]), delta);
            v = add(v, delta);
        }
    }
    return v;
}

// Normalized and quantized rows of x: shared out with a barrier, or for each thread alone with few rows.
const Activations& normalized(Pass& p, const float* weight) {
    Decoder& d = p.d;
    const Model& m = p.m;
    const Activations& a = p.few() ? d.own[p.thread].hidden : d.hidden;
    const bool quantize = m.layer[0].matrix[QKV].kind != F32;
    Range r = p.few() ? Range{0, p.rows} : share(p.rows, p.thread, p.threads);
    for (int t = r.first; t < r.last; t++)
        norm_row(d.x + (size_t)t * m.hidden_padded, weight, m.eps, m.hidden, a, t, quantize);
    if (!p.few()) d.pool.barrier();
    return a;
}

void head_norm(float* x, const float* weight, int size, float eps) {
    float squares[16] = {0};
    for (int c = 0; c < size; c++) squares[c % 16] += x[c] * x[c];
    float factor = 1.0f / sqrtf(sum(load(squares)) / (float)size + eps);
    for (int c = 0; c < size; c++) x[c] = x[c] * factor * weight[c];
}

void rotate(float* x, const float* cos, const float* sin, int half) {
    for (int c = 0; c < half; c++) {
        float a = x[c], b = x[c + half];
        x[c] = a * cos[c] - b * sin[c];
        x[c + half] = b * cos[c] + a * sin[c];
    }
}

uint16_t half_bits(float x) {
    uint16_t lanes[16];
    store_half(lanes, set1(x));
    return lanes[0];
}

// Write one head's key (transposed) or value at a position of a sequence's last blocks.
void store_position(const Model& m, int layer, int head, int sequence, int position, const float* x, bool key) {
    const int offset = position % 16, n = m.head_dim;
    const int32_t* table = m.tables + (size_t)sequence * m.table_stride;
    uint8_t* base = m.cache + (((int64_t)layer * m.kv_heads + head) * m.blocks + table[position / 16]) * m.head_bytes;
    const int start = key ? offset : 16 * n + offset * m.head_rows, step = key ? 16 : 1;
    if (m.kv_kind == KV_F32) {
        float* out = (float*)base + start;
        for (int c = 0; c < n; c++) out[step * c] = x[c];
    } else if (m.kv_kind == KV_F16) {
        uint16_t* out = (uint16_t*)base + start;
        int c = 0;
        for (; c + 16 <= n; c += 16) {
            uint16_t lanes[16];
            store_half(lanes, load(x + c));
            for (int k = 0; k < 16; k++) out[step * (c + k)] = lanes[k];
        }
        for (; c < n; c++) out[step * c] = half_bits(x[c]);
    } else {
        float top = 0;
        for (int c = 0; c < n; c++) top = fabsf(x[c]) > top ? fabsf(x[c]) : top;
        float scale = top * (1.0f / 127.0f), inverse = scale > 0 ? 1.0f / scale : 0.0f;
        int8_t* out = (int8_t*)base + start;
        for (int c = 0; c < n; c++) out[step * c] = (int8_t)lrintf(fminf(fmaxf(x[c] * inverse, -127.0f), 127.0f));
        ((float*)(base + 16 * (n + m.head_rows)))[(key ? 0 : 16) + offset] = scale;
    }
}

// The key or value of row t, for its own sequence and for those that share the row.
void store_cache(const Pass& p, int layer, int head, int t, const float* x, bool key) {
    const Call& call = *p.d.call;
    const int row = p.first + t, position = call.positions[row];
    store_position(p.m, layer, head, call.sequences[row], position, x, key);
    if (!call.copy_offsets) return;
    for (int k = call.copy_offsets[row]; k < call.copy_offsets[row + 1]; k++)
        store_position(p.m, layer, head, call.copies[k], position, x, key);
}

void project_qkv(Pass& p, int layer) {
    Decoder& d = p.d;
    const Model& m = p.m;
    const Layer& l = m.layer[layer];
    const Activations& a = normalized(p, l.attention_norm);
    low_rank(p, layer, QKV, a);
    const int units = m.heads + 2 * m.kv_heads, blocks = m.head_rows / 16, width = units * m.head_rows;
    const float scale = 1.0f / sqrtf((float)m.head_dim);
    const auto project = [&](int unit) {
        multiply_blocks(l.matrix[QKV], unit * blocks, (unit + 1) * blocks, a, p.rows, [&](int b, int t, V v) {
            store(d.qkv + (size_t)t * width + 16 * b, finish(p, layer, QKV, b, t, v));
        });
        const bool query = unit < m.heads, key = !query && unit < m.heads + m.kv_heads;
        const float* weight = query ? l.q_norm : key ? l.k_norm : nullptr;
        for (int t = 0; t < p.rows; t++) {
            float* x = d.qkv + (size_t)t * width + (size_t)unit * m.head_rows;
            if (weight) head_norm(x, weight, m.head_dim, m.eps);
            if (query || key) {
                size_t at = (size_t)d.call->positions[p.first + t] * (m.head_dim / 2);
                rotate(x, m.cos + at, m.sin + at, m.head_dim / 2);
            }
            if (query)
                for (int c = 0; c < m.head_dim; c++) x[c] *= scale;
            else
                store_cache(p, layer, (unit - m.heads) % m.kv_heads, t, x, key);
        }
    };
    if (!p.by_head()) {
        Range r = share(units, p.thread, p.threads);
        for (int unit = r.first; unit < r.last; unit++) project(unit);
        return;
    }
    const int group = m.heads / m.kv_heads;
    Range r = share(m.kv_heads, p.thread, p.threads);
    for (int q = r.first * group; q < r.last * group; q++) project(q);
    for (int h = r.first; h < r.last; h++) project(m.heads + h);
    for (int h = r.first; h < r.last; h++) project(m.heads + m.kv_heads + h);
}

// Attention of all rows; thread k takes its own heads, or else every k-th of (tile of rows, key/value head).
void attend_rows(Pass& p, int layer) {
    Decoder& d = p.d;
    const Model& m = p.m;
    const Call& call = *d.call;
    const int width = (m.heads + 2 * m.kv_heads) * m.head_rows, group = m.heads / m.kv_heads;
    const bool by_head = p.by_head(), split = p.rows == 1 && !by_head;  // one row: share out query heads instead
    const Range mine = by_head ? share(m.kv_heads, p.thread, p.threads) : Range{0, m.kv_heads};
    const int tile = group >= QUERIES ? 1 : QUERIES / group;
    int task = 0;
    for (int t = 0; t < p.rows;) {
        int n = 1;
        while (n < tile && t + n < p.rows && call.sequences[p.first + t + n] == call.sequences[p.first + t]) n++;
        const int32_t* table = m.tables + (size_t)call.sequences[p.first + t] * m.table_stride;
        for (int h = mine.first; h < mine.last; h++) {
            CacheHead head = {m.cache + ((int64_t)layer * m.kv_heads + h) * m.blocks * m.head_bytes, m.head_bytes,
                              table, m.head_dim, m.head_rows};
            if (!by_head && !split && task++ % p.threads != p.thread) continue;
            Query queries[QUERIES];
            int count = 0;
            const int passes = (n * group + QUERIES - 1) / QUERIES, most = (n * group + passes - 1) / passes;
            for (int k = 0; k < n * group; k++) {
                const int row = t + k / group, q = h * group + k % group;
                if (split && task++ % p.threads != p.thread) continue;
                queries[count++] = {d.qkv + (size_t)row * width + (size_t)q * m.head_rows,
                                    d.attention.floats(row) + (size_t)q * m.head_dim, call.positions[p.first + row]};
                if (count == most) {
                    attend(m.kv_kind, head, queries, count, d.own[p.thread].scores, d.score_stride);
                    count = 0;
                }
            }
            if (count) attend(m.kv_kind, head, queries, count, d.own[p.thread].scores, d.score_stride);
        }
        t += n;
    }
}

void add_to_residual(Pass& p, int layer, int operation, const Activations& a) {
    const Model& m = p.m;
    const Matrix& matrix = m.layer[layer].matrix[operation];
    Range r = share(matrix.rows / 16, p.thread, p.threads);
    multiply_blocks(matrix, r.first, r.last, a, p.rows, [&](int b, int t, V v) {
        float* x = p.d.x + (size_t)t * m.hidden_padded + 16 * b;
        store(x, add(load(x), finish(p, layer, operation, b, t, v)));
    });
}

void project_output(Pass& p, int layer) {
    Decoder& d = p.d;
    const bool quantize = p.m.layer[layer].matrix[OUTPUT].kind != F32;
    Activations a = d.attention;
    if (p.few()) {
        // the floats are everybody's, the quantized copy is this thread's
        const Activations& own = d.own[p.thread].attention;
        a.q = own.q, a.scale = own.scale, a.offset = own.offset;
    }
    Range r = p.few() ? Range{0, p.rows} : share(p.rows, p.thread, p.threads);
    if (quantize)
        for (int t = r.first; t < r.last; t++) quantize_groups(a, t, 0, a.columns / 32);
    if (!p.few()) d.pool.barrier();
    low_rank(p, layer, OUTPUT, a);
    add_to_residual(p, layer, OUTPUT, a);
}

INLINE V silu(V x) { return div(x, add(set1(1.0f), exp(sub(zero(), x)))); }

void project_gate_up(Pass& p, int layer) {
    Decoder& d = p.d;
    const Layer& l = p.m.layer[layer];
    const Matrix& matrix = l.matrix[GATE_UP];
    const Activations& a = normalized(p, l.mlp_norm);
    low_rank(p, layer, GATE_UP, a);
    const bool quantize = matrix.kind != F32;
    Range r = share(p.m.intermediate_padded / 32, p.thread, p.threads);
    for (int g = r.first; g < r.last; g++) {
        // sixteen rows of gate, sixteen of up, and again
        multiply_blocks(matrix, 4 * g, 4 * g + 4, a, p.rows, [&](int b, int t, V v) {
            float* x = d.gated.floats(t) + 16 * (b / 2);
            V y = finish(p, layer, GATE_UP, b, t, v);
            store(x, b % 2 ? mul(load(x), y) : silu(y));
        });
        if (quantize)
            for (int t = 0; t < p.rows; t++) quantize_groups(d.gated, t, g, g + 1);
    }
}

void run_chunk(Pass& p) {
    Decoder& d = p.d;
    const Model& m = p.m;
    for (int t = p.thread; t < p.rows; t += p.threads)
        copy_row(m.embed, d.call->tokens[p.first + t], d.x + (size_t)t * m.hidden_padded);
    d.pool.barrier();
    for (int layer = 0; layer < m.layers; layer++) {
        project_qkv(p, layer);
        if (!p.by_head()) d.pool.barrier();
        attend_rows(p, layer);
        d.pool.barrier();
        project_output(p, layer);
        d.pool.barrier();
        project_gate_up(p, layer);
        d.pool.barrier();
        low_rank(p, layer, DOWN, d.gated);
        add_to_residual(p, layer, DOWN, d.gated);
        d.pool.barrier();
    }
    const Call& call = *d.call;
    for (int i = p.thread; i < call.logit_rows; i += p.threads) {
        const int t = call.logit_row[i] - p.first;
        if (t >= 0 && t < p.rows)
            memcpy(d.final_x + (size_t)i * m.hidden_padded, d.x + (size_t)t * m.hidden_padded, sizeof(float) * m.hidden_padded);
    }
    d.pool.barrier();
}

// log(sum of e^logit), the constant that turns logits into log probabilities.
float log_sum(const float* logits, int vocab) {
    V top = set1(-INFINITY), total = zero();
    int c = 0;
    for (; c + 16 <= vocab; c += 16) top = max(top, load(logits + c));
    float highest = largest(top), rest = 0;
    for (int k = c; k < vocab; k++) highest = logits[k] > highest ? logits[k] : highest;
    for (int k = 0; k < c; k += 16) total = add(total, exp(sub(load(logits + k), set1(highest))));
    for (; c < vocab; c++) rest += expf(logits[c] - highest);
    return highest + logf(sum(total) + rest);
}

// Logits of rows [first, first + rows) of the wanted ones, into the slab or straight into the result.
void run_head(Pass& p, int first, int rows) {
    Decoder& d = p.d;
    const Model& m = p.m;
    const Call& call = *d.call;
    Range r = share(rows, p.thread, p.threads);
    for (int t = r.first; t < r.last; t++)
        norm_row(d.final_x + (size_t)(first + t) * m.hidden_padded, m.norm, m.eps, m.hidden, d.hidden, t, m.head.kind != F32);
    d.pool.barrier();
    const bool direct = !call.subset && !call.target_count && m.vocab % 16 == 0;
    float* out = direct ? call.out + (size_t)first * m.vocab : d.logits;
    const size_t stride = direct ? m.vocab : m.head.rows;
    const auto keep = [&](int b, int t, V v) { store(out + t * stride + 16 * b, v); };
    Range blocks = share(call.subset ? d.blocks_listed : m.head.rows / 16, p.thread, p.threads);
    if (!call.subset) multiply_blocks(m.head, blocks.first, blocks.last, d.hidden, rows, keep);
    else
        for (int i = blocks.first; i < blocks.last; i++)
            multiply_blocks(m.head, d.block_list[i], d.block_list[i] + 1, d.hidden, rows, keep);
    d.pool.barrier();
    if (direct) return;
    for (int t = r.first; t < r.last; t++) {
        const float* row = d.logits + t * stride;
        const int i = first + t;
        if (!call.subset && !call.target_count) {
            memcpy(call.out + (size_t)i * m.vocab, row, sizeof(float) * m.vocab);
            continue;
        }
        const int32_t* ids = call.subset ? call.subset : call.targets;
        const float shift = call.subset ? 0.0f : log_sum(row, m.vocab);
        for (int k = call.offsets[i]; k < call.offsets[i + 1]; k++) call.out[k] = row[ids[k]] - shift;
    }
    d.pool.barrier();
}

void job(void* raw, int thread, int threads) {
    Decoder& d = *(Decoder*)raw;
    const Call& call = *d.call;
    for (int first = 0; first < call.rows; first += CHUNK) {
        const int rows = call.rows - first < CHUNK ? call.rows - first : CHUNK;
        Pass p = {d, d.model, thread, threads, first, rows, false, nullptr};
        for (int t = 0; t < rows; t++) p.adapted |= p.slot(t) >= 0;
        run_chunk(p);
    }
    Pass p = {d, d.model, thread, threads, 0, call.rows, false, nullptr};
    for (int first = 0; first < call.logit_rows; first += d.logit_slab)
        run_head(p, first, call.logit_rows - first < d.logit_slab ? call.logit_rows - first : d.logit_slab);
}

void list_blocks(Decoder& d, const Call& call) {
    const int blocks = d.model.head.rows / 16;
    memset(d.block_marks, 0, (size_t)blocks);
    for (int k = 0; k < call.subset_size; k++) d.block_marks[call.subset[k] / 16] = 1;
    d.blocks_listed = 0;
    for (int b = 0; b < blocks; b++)
        if (d.block_marks[b]) d.block_list[d.blocks_listed++] = b;
}

bool reserve_middle(Decoder& d, int width) {
    if (width <= d.middle_width) return true;
    free(d.middle);
    d.middle = allocate<float>((size_t)CHUNK * width);
    bool ok = d.middle != nullptr;
    for (int k = 0; k < d.pool.threads; k++) {
        free(d.own[k].middle);
        d.own[k].middle = allocate<float>((size_t)FEW * width);
        ok = ok && d.own[k].middle;
    }
    d.middle_width = ok ? width : 0;
    return ok;
}

}  // namespace

EXPORT void cw_close(Decoder* d) {
    if (!d) return;
    const int threads = d->pool.threads;
    d->pool.close();
    for (int k = 0; k < threads; k++) {
        drop(d->own[k].hidden), drop(d->own[k].attention);
        free(d->own[k].scores), free(d->own[k].middle);
    }
    drop(d->hidden), drop(d->attention), drop(d->gated);
    free(d->x), free(d->qkv), free(d->final_x), free(d->logits), free(d->middle);
    free(d->adapters), free(d->block_marks), free(d->block_list);
    d->~Decoder();
    free(d);
}

// A decoder over a model whose arrays the caller keeps alive; null when memory runs out.
EXPORT Decoder* cw_open(const Model* model) {
    void* memory = allocate<Decoder>(1);
    if (!memory) return nullptr;
    Decoder* d = new (memory) Decoder();
    const Model& m = d->model = *model;
    d->pool.open(m.threads);
    d->logit_slab = (int)(LOGIT_FLOATS / (size_t)m.head.rows);
    d->logit_slab = d->logit_slab < 1 ? 1 : d->logit_slab > CHUNK ? CHUNK : d->logit_slab;
    d->score_stride = (m.positions + 31) / 16 * 16;
    const int width = (m.heads + 2 * m.kv_heads) * m.head_rows;
    bool ok = make(d->hidden, CHUNK, m.hidden_padded) && make(d->attention, CHUNK, m.attention_padded) &&
              make(d->gated, CHUNK, m.intermediate_padded);
    d->x = allocate<float>((size_t)CHUNK * m.hidden_padded);
    d->qkv = allocate<float>((size_t)CHUNK * width);
    d->logits = allocate<float>((size_t)d->logit_slab * m.head.rows);
    d->adapters = allocate<FusedAdapter>((size_t)m.adapter_slots * m.layers * OPERATIONS);
    d->block_marks = allocate<uint8_t>((size_t)m.head.rows / 16);
    d->block_list = allocate<int32_t>((size_t)m.head.rows / 16);
    ok = ok && d->x && d->qkv && d->logits && d->adapters && d->block_marks && d->block_list;
    for (int k = 0; k < d->pool.threads; k++) {
        ok = make(d->own[k].hidden, FEW, m.hidden_padded) && ok;
        ok = make(d->own[k].attention, FEW, m.attention_padded) && ok;
        d->own[k].scores = allocate<float>((size_t)QUERIES * d->score_stride);
        ok = ok && d->own[k].scores;
    }
    if (ok) return d;
    cw_close(d);
    return nullptr;
}

// Fill a slot with layers * OPERATIONS fused adapters, or clear it with null. 0, or -1 when memory runs out.
EXPORT int cw_set_adapter(Decoder* d, int slot, const FusedAdapter* fused) {
    const size_t count = (size_t)d->model.layers * OPERATIONS;
    FusedAdapter* into = d->adapters + (size_t)slot * count;
    memset((void*)into, 0, count * sizeof(FusedAdapter));
    if (!fused) return 0;
    for (size_t k = 0; k < count; k++)
        if (!reserve_middle(*d, fused[k].middle)) return -1;
    memcpy((void*)into, fused, count * sizeof(FusedAdapter));
    return 0;
}

// A child of fork has none of the threads: run on the calling one from now on.
EXPORT void cw_after_fork(Decoder* d) { d->pool.threads = 1; }

// One pass. 0, or 1 when a result is not finite, or -1 when memory runs out. The caller has checked all ids.
EXPORT int cw_forward(Decoder* d, const Call* call) {
    if ((size_t)call->logit_rows > d->final_rows) {
        free(d->final_x);
        d->final_x = allocate<float>((size_t)call->logit_rows * d->model.hidden_padded);
        d->final_rows = d->final_x ? (size_t)call->logit_rows : 0;
        if (!d->final_x) return -1;
    }
    d->call = call;
    if (call->subset) list_blocks(*d, *call);
    d->pool.run(job, d, call->rows <= FEW);
    const size_t results = call->target_count ? (size_t)call->target_count
                           : call->subset     ? (size_t)call->subset_size
                                              : (size_t)call->logit_rows * d->model.vocab;
    float bad = 0;
    for (size_t k = 0; k < results; k++) bad += call->out[k] - call->out[k];
    return bad == bad ? 0 : 1;
}
