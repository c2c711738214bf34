"""The machine's own ceilings, measured by a small C probe: bandwidth by level, int8 and float32 rates."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from cellwright_kernels import native, variants

_SOURCE = Path(__file__).parent / "probe.c"
_SECONDS = 0.25
_ROUNDS = 5
_BUFFERS = {"l2": 512 << 10, "l3": 12 << 20, "dram": 256 << 20}


@dataclass(frozen=True)
class Ceilings:
    """Best of some rounds, all threads together: GB/s for reading, 1e9 multiply-adds/s for arithmetic."""

    threads: int
    l2_gb_s: float
    l3_gb_s: float
    dram_gb_s: float
    int8_gmac_s: float
    fp32_gmac_s: float

    def bandwidth(self, resident_bytes: int, l2_bytes: int = 1 << 20, l3_bytes: int = 24 << 20) -> float:
        """GB/s of the level that holds so many bytes."""
        if resident_bytes <= l2_bytes * self.threads:
            return self.l2_gb_s
        return self.l3_gb_s if resident_bytes <= l3_bytes else self.dram_gb_s

    def to_dict(self) -> dict[str, float]:
        """Fields by name."""
        return asdict(self)


def measure(threads: int) -> Ceilings | None:
    """Measure with so many threads at once; None without a compiler or AVX2."""
    if "avx2" not in variants.supported():
        return None
    library = native.load("cellwright-probe", [_SOURCE], variants.FLAGS["avx2"])
    if library is None:
        return None
    library.cw_read.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    library.cw_int8.argtypes = library.cw_float.argtypes = [ctypes.c_int64]
    library.cw_float.restype = ctypes.c_float
    bandwidth = {}
    for level, size in _BUFFERS.items():
        buffers = [np.ones(size, np.uint8) for _ in range(threads)]
        share = size // threads if level == "l3" else size  # the last level is shared
        addresses = [buffer.ctypes.data for buffer in buffers]
        times = max(1, int(4e9 * _SECONDS / share))

        def read(index: int, share: int = share, times: int = times, at: list[int] = addresses) -> None:
            library.cw_read(at[index], share, times)

        bandwidth[level] = _rate(read, threads, share * times) / 1e9
    steps = 20_000_000
    int8 = _rate(lambda _: library.cw_int8(steps), threads, 256 * steps)
    fp32 = _rate(lambda _: library.cw_float(steps), threads, 80 * steps)
    return Ceilings(threads, bandwidth["l2"], bandwidth["l3"], bandwidth["dram"], int8 / 1e9, fp32 / 1e9)


def _rate(work: Callable[[int], object], threads: int, units: int) -> float:
    """Units a second over all threads, best of some rounds."""
    best = 0.0
    for _ in range(_ROUNDS):
        workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        best = max(best, threads * units / (time.perf_counter() - start))
    return best
