"""Compile, cache, load; and what happens where there is no compiler or the source is wrong."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from cellwright_kernels import native
from cellwright_kernels.prebuild import prebuild

SOURCE = """
__attribute__((visibility("default"))) int twice(int x) { return FACTOR * x; }
"""

needs_compiler = pytest.mark.skipif(native.compiler(cxx=False) is None, reason="no C compiler here")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "twice.c"
    path.write_text(SOURCE)
    return path


def ended(process: int, within_s: float = 10) -> bool:
    """Whether a process is gone, or goes before the time is up."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


@needs_compiler
def test_compiles_once_and_loads(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    library = native.load("twice", [source], ["-DFACTOR=2"], cache)
    assert library is not None
    assert library.twice(21) == 42
    (built,) = cache.iterdir()
    stamp = built.stat().st_mtime_ns
    assert native.build("twice", [source], ["-DFACTOR=2"], cache) == built
    assert built.stat().st_mtime_ns == stamp
    assert native.load("twice", [source], ["-DFACTOR=2"], cache) is library


@needs_compiler
def test_flags_and_sources_name_the_file(source: Path, tmp_path: Path) -> None:
    before = native.library_name("twice", [source], ["-DFACTOR=2"])
    assert native.library_name("twice", [source], ["-DFACTOR=3"]) != before
    source.write_text(SOURCE + "\n")
    assert native.library_name("twice", [source], ["-DFACTOR=2"]) != before


@needs_compiler
def test_a_wrong_source_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "wrong.c"
    path.write_text("int f(void) { return nowhere; }")
    cache = tmp_path / "cache"
    with pytest.raises(native.CompileError, match="nowhere"):
        native.build("wrong", [path], [], cache)
    assert list(cache.iterdir()) == []


def test_a_compiler_that_hangs_is_stopped_with_its_children(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler, child = tmp_path / "slow-cc", tmp_path / "child"
    compiler.write_text(f"#!/bin/sh\nsleep 60 &\necho $! > {child}\nwait\n")
    compiler.chmod(0o755)
    monkeypatch.setattr(native, "compiler", lambda cxx: str(compiler))
    monkeypatch.setattr(native, "_COMPILE_TIMEOUT_S", 5)
    cache = tmp_path / "cache"
    with pytest.raises(native.CompileError, match="slow-cc took more than 5 s"):
        native.build("twice", [source], [], cache)
    assert list(cache.iterdir()) == []
    assert ended(int(child.read_text()))


def test_without_a_compiler_one_warning_and_none(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "compiler", lambda cxx: None)
    monkeypatch.setattr(native, "_warned", False)
    with pytest.warns(RuntimeWarning, match="no C/C\\+\\+ compiler"):
        first = native.load("twice", [source], ["-DFACTOR=2"], tmp_path)
    assert first is None
    assert native.load("twice", [source], ["-DFACTOR=3"], tmp_path) is None  # a second warning would fail


@needs_compiler
def test_prebuilt_libraries_come_first(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "PREBUILT", tmp_path / "prebuilt")
    native.build("twice", [source], ["-DFACTOR=5"], native.PREBUILT)
    monkeypatch.setattr(native, "compiler", lambda cxx: None)
    library = native.load("twice", [source], ["-DFACTOR=5"], tmp_path / "cache")
    assert library is not None
    assert library.twice(4) == 20
    assert not (tmp_path / "cache").exists()


@needs_compiler
@pytest.mark.slow
def test_prebuild_makes_every_variant_and_drops_stale_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(native, "PREBUILT", tmp_path)
    (tmp_path / "cellwright-cpu-0123.so").touch()
    names = prebuild()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert any(name.startswith("cellwright-cpu-") for name in names)
    assert len(names) >= 2
