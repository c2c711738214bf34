"""Which compiled variant of the kernels this machine runs, and how each is compiled."""

from __future__ import annotations

import ctypes
import functools
import platform
from pathlib import Path

from cellwright_kernels import native
from cellwright_kernels.errors import KernelError

SOURCES = Path(__file__).parent / "csrc"
FLAGS = {
    "avx512": (
        "-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx512vnni", "-mfma", "-mf16c",
        "-mprefer-vector-width=512",
    ),
    "avxvnni": ("-mavx2", "-mavxvnni", "-mfma", "-mf16c"),
    "avx2": ("-mavx2", "-mfma", "-mf16c"),
    "neon": ("-march=armv8.2-a+dotprod+fp16",),
}  # fmt: skip
"""Best first; the flags of each variant."""
_BITS = {"avx2": 1, "avx512": 2, "neon": 4, "avxvnni": 8}


def decoder_sources() -> list[Path]:
    """The C++ units and their headers."""
    return [SOURCES / "decoder.cpp", SOURCES / "operations.cpp", *sorted(SOURCES.glob("*.h"))]


@functools.cache
def supported() -> tuple[str, ...]:
    """Variants that this processor can run, best first; empty without a compiler or on other processors."""
    if platform.machine() not in ("x86_64", "AMD64", "aarch64", "arm64"):
        return ()
    library = native.load("cellwright-cpu", [SOURCES / "cpu.c"])
    if library is None:
        return ()
    bits = library.cw_cpu_variants()
    return tuple(name for name in FLAGS if bits & _BITS[name])


@functools.cache
def load(variant: str | None = None) -> tuple[str, ctypes.CDLL] | None:
    """The best variant's library, or the one asked for; None where there is no compiler.

    Raises KernelError for a variant that this processor cannot run.
    """
    available = supported()
    if variant is not None and variant not in FLAGS:
        raise KernelError(f"expected one of {', '.join(FLAGS)}, got {variant!r} (variant)")
    if variant is not None and available and variant not in available:
        raise KernelError(f"expected a variant this processor runs ({', '.join(available)}), got {variant}")
    if not available:
        return None
    chosen = variant or available[0]
    library = native.load(f"cellwright-{chosen}", decoder_sources(), FLAGS[chosen])
    return None if library is None else (chosen, library)
