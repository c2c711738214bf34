"""`python -m cellwright_kernels.prebuild`: compile this platform's variants into the package, for a wheel.

Files carry the hash of their sources, so a stale one is never loaded; it is removed here all the same.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from cellwright_kernels import native, variants


def prebuild() -> list[str]:
    """Compile the processor probe and every variant of this architecture; the names of the files.

    Raises CompileError where the compiler rejects a source; SystemExit where there is no compiler.
    """
    arm = platform.machine() in ("aarch64", "arm64")
    names = [name for name in variants.FLAGS if (name == "neon") == arm]
    units: list[tuple[str, list[Path], tuple[str, ...]]] = [
        ("cellwright-cpu", [variants.SOURCES / "cpu.c"], ())
    ]
    units += [(f"cellwright-{name}", variants.decoder_sources(), variants.FLAGS[name]) for name in names]
    built = []
    for name, sources, flags in units:
        path = native.build(name, sources, flags, native.PREBUILT)
        if path is None:
            raise SystemExit("expected a C and a C++ compiler, got none")
        for old in native.PREBUILT.glob(f"{name}-*.so"):
            if old != path:
                old.unlink()
        built.append(path.name)
    return built


if __name__ == "__main__":
    print("\n".join(prebuild()), file=sys.stdout)
