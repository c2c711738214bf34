"""The C++ under AddressSanitizer and UndefinedBehaviorSanitizer, and its threads under ThreadSanitizer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sanitized_passes import sanitized

from cellwright_kernels import native, variants

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parent / "sanitized_passes.py"


def run_sanitized(tmp_path: Path, variant: str, sanitizers: str, library: str, threads: int) -> str:
    compiler = native.compiler(cxx=True)
    assert compiler is not None
    runtime = subprocess.run(
        [compiler, f"-print-file-name={library}"], capture_output=True, text=True, check=True
    ).stdout.strip()
    if not Path(runtime).is_file():
        pytest.skip(f"the compiler has no {library}")
    # built here: with the sanitizer loaded, the compiler would run under it as well
    name, flags = f"cellwright-{variant}", sanitized(variant, sanitizers)
    native.build("cellwright-cpu", [variants.SOURCES / "cpu.c"], (), tmp_path / "cache")
    native.build(name, variants.decoder_sources(), flags, tmp_path / "cache")
    environment = os.environ | {
        "LD_PRELOAD": str(Path(runtime).resolve()),
        # the interpreter itself leaks at exit; what we free is checked by use-after-free and bounds
        "ASAN_OPTIONS": "detect_leaks=0",
        "TSAN_OPTIONS": "halt_on_error=1 report_signal_unsafe=0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, str(SCRIPT), variant, sanitizers, str(threads), str(tmp_path)],
        capture_output=True, text=True, env=environment, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.mark.timeout(900)
def test_clean_under_address_and_undefined(tmp_path: Path, variant: str) -> None:
    assert "passes done" in run_sanitized(tmp_path, variant, "address,undefined", "libasan.so", 2)


@pytest.mark.timeout(900)
def test_clean_under_thread(tmp_path: Path, variant: str) -> None:
    assert "passes done" in run_sanitized(tmp_path, variant, "thread", "libtsan.so", 2)


@pytest.mark.timeout(300)
def test_the_sanitizer_would_speak(tmp_path: Path) -> None:
    """A planted overflow is found, so the two tests above can fail."""
    source = tmp_path / "overflow.cpp"
    source.write_text(
        'extern "C" __attribute__((visibility("default"))) int peek(int n) {'
        " volatile char* p = new char[8]; return p[n]; }"
    )
    flags = ["-fsanitize=address", "-g"]
    library = native.build("overflow", [source], flags, tmp_path)
    assert library is not None
    compiler = native.compiler(cxx=True)
    runtime = subprocess.run(
        [str(compiler), "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    code = f"import ctypes; ctypes.CDLL({str(library)!r}).peek(8)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env=os.environ | {"LD_PRELOAD": str(Path(runtime).resolve()), "ASAN_OPTIONS": "detect_leaks=0"},
    )  # fmt: skip
    assert done.returncode != 0
    assert "heap-buffer-overflow" in done.stderr
