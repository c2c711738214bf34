// A pool of threads for work of some hundred microseconds: spin, then sleep on a futex.
//
// The caller is thread 0. Where a barrier has to sleep although the work is short, some core is busy with
// somebody else's work; spinning against it would cost many times the gain, so the pool then runs the next
// passes on one thread and doubles that pause each time it happens again. Results don't depend on it.
#pragma once
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#include <atomic>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <sched.h>
#endif

constexpr int MAX_THREADS = 16;

static inline void relax() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

// A counter to wait on: spins for about 50 microseconds, then sleeps.
struct Gate {
    std::atomic<uint32_t> value{0};
    std::atomic<uint32_t> sleepers{0};

    // Wait until the value is no longer `seen`; true if it had to sleep.
    bool wait(uint32_t seen) {
        for (int spin = 0; spin < 3000; spin++) {
            if (value.load(std::memory_order_acquire) != seen) return false;
            relax();
        }
        sleepers.fetch_add(1);
        while (value.load() == seen) {
#if defined(__linux__)
            syscall(SYS_futex, (uint32_t*)&value, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
#else
            sched_yield();
#endif
        }
        sleepers.fetch_sub(1);
        return true;
    }
    void advance() {
        value.fetch_add(1);
#if defined(__linux__)
        if (sleepers.load()) syscall(SYS_futex, (uint32_t*)&value, FUTEX_WAKE_PRIVATE, MAX_THREADS, nullptr, nullptr, 0);
#endif
    }
};

struct Pool {
    typedef void (*Job)(void* argument, int thread, int threads);

    int threads = 1;
    int active = 1;
    Gate start;
    Gate phase;
    std::atomic<int> arrived{0};
    std::atomic<int> stalls{0};
    std::atomic<bool> stopping{false};
    Job job = nullptr;
    void* argument = nullptr;
    pthread_t ids[MAX_THREADS];
    int pause = 0, next_pause = 8;

    struct Member { Pool* pool; int index; } members[MAX_THREADS];

    static void* work(void* raw) {
        Member* member = (Member*)raw;
        Pool* pool = member->pool;
        for (uint32_t seen = 0;; seen++) {
            pool->start.wait(seen);
            if (pool->stopping.load()) return nullptr;
            if (member->index < pool->active) {
                pool->job(pool->argument, member->index, pool->active);
            }
            pool->finish();
        }
    }

    // Every worker reports back before the next job may start, taking part or not.
    std::atomic<int> finished{0};
    Gate done;
    void finish() {
        if (finished.fetch_add(1) == threads - 2) {
            finished.store(0);
            done.advance();
        }
    }

    void open(int wanted) {
        threads = wanted < 1 ? 1 : wanted > MAX_THREADS ? MAX_THREADS : wanted;
        for (int k = 1; k < threads; k++) {
            members[k] = {this, k};
            if (pthread_create(&ids[k], nullptr, work, &members[k]) != 0) {
                threads = k;  // as many as the system gives
                break;
            }
        }
    }

    void close() {
        if (threads > 1) {
            stopping.store(true);
            start.advance();
            for (int k = 1; k < threads; k++) pthread_join(ids[k], nullptr);
        }
        threads = 1;
    }

    void barrier() {
        if (active == 1) return;
        uint32_t seen = phase.value.load(std::memory_order_acquire);
        if (arrived.fetch_add(1, std::memory_order_acq_rel) == active - 1) {
            arrived.store(0, std::memory_order_relaxed);
            phase.advance();
        } else if (phase.wait(seen)) {
            stalls.fetch_add(1, std::memory_order_relaxed);
        }
    }

    // Run job on all threads (one, when the host is busy) and return when all are done. `brief`: the work
    // between barriers is short, so that a sleep at one means a busy core.
    void run(Job work_job, void* work_argument, bool brief) {
        if (threads == 1 || pause > 0) {
            if (pause > 0) pause--;
            active = 1;
            work_job(work_argument, 0, 1);
            return;
        }
        job = work_job;
        argument = work_argument;
        active = threads;
        stalls.store(0, std::memory_order_relaxed);
        uint32_t seen = done.value.load();
        start.advance();
        work_job(work_argument, 0, threads);
        done.wait(seen);
        // waking a sleeper makes one barrier late even on an idle machine
        if (brief && stalls.load(std::memory_order_relaxed) > threads) {
            pause = next_pause;
            next_pause = next_pause < 256 ? 2 * next_pause : 256;
        } else if (next_pause > 8) {
            next_pause--;
        }
    }
};
