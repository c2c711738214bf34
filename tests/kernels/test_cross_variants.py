"""Every variant's arithmetic in a C++ program of its own; NEON through a cross compiler and an emulator."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from cellwright_kernels import native, variants

SOURCE = Path(__file__).parent / "variant_check.cpp"
FLAGS = ("-std=c++17", "-O2", "-ffp-contract=off", "-Wall", "-Werror=return-type", f"-I{variants.SOURCES}")


def check(tmp_path: Path, compiler: str, flags: tuple[str, ...], runner: list[str]) -> None:
    program = tmp_path / "check"
    command = [compiler, *FLAGS, *flags, str(SOURCE), "-o", str(program), "-lm"]
    built = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert built.returncode == 0, built.stderr[-3000:]
    done = subprocess.run([*runner, str(program)], capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.strip() == "checks passed", done.stdout + done.stderr


@pytest.mark.slow
def test_variant(tmp_path: Path, variant: str) -> None:
    compiler = native.compiler(cxx=True)
    assert compiler is not None
    check(tmp_path, compiler, variants.FLAGS[variant], [])


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() in ("aarch64", "arm64"), reason="NEON runs natively here")
def test_neon_emulated(tmp_path: Path) -> None:
    compiler, emulator = shutil.which("aarch64-linux-gnu-g++"), shutil.which("qemu-aarch64")
    if compiler is None or emulator is None:
        pytest.skip("needs aarch64-linux-gnu-g++ and qemu-aarch64")
    check(tmp_path, compiler, (*variants.FLAGS["neon"], "-static"), [emulator])
    library = tmp_path / "decoder.so"
    sources = [str(path) for path in variants.decoder_sources() if path.suffix == ".cpp"]
    command = [
        compiler, *FLAGS, *variants.FLAGS["neon"], "-fno-exceptions", "-fno-rtti", "-fPIC", "-shared",
        *sources, "-o", str(library),
    ]  # fmt: skip
    whole = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert whole.returncode == 0, whole.stderr[-3000:]
