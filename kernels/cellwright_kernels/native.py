"""Compile C or C++ sources once, keep the library in a cache, and load it through ctypes.

A library is looked for in this order: prebuilt in the wheel (`_prebuilt/`), in the cache folder, and else
it is compiled into the cache folder. Its file name holds the hash of the sources, the flags and the
platform, so a changed source never meets an old library. The file is written under a temporary name and
renamed, so that processes may race. Without a compiler `load` warns once per process and returns None;
the caller then uses its numpy or Python path.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from cellwright_kernels.errors import KernelError

PREBUILT = Path(__file__).parent / "_prebuilt"
_COMPILE_TIMEOUT_S = 300
_C_FLAGS = ("-std=c11",)
_CXX_FLAGS = ("-std=c++17", "-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics")
_COMMON_FLAGS = ("-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-ffp-contract=off", "-pthread")

_cache_dir = Path.home() / ".cache" / "cellwright" / "native"
_loaded: dict[Path, ctypes.CDLL] = {}
_warned = False


class CompileError(KernelError):
    """The compiler is there but rejected our sources; the message ends with its first error line."""


def set_cache_dir(path: Path) -> None:
    """Keep compiled libraries in `path` from now on (default `~/.cache/cellwright/native`)."""
    global _cache_dir
    _cache_dir = path


def library_name(name: str, sources: Sequence[Path], flags: Sequence[str]) -> str:
    """The file name of a library: `name`, then a hash of sources, flags and platform."""
    digest = hashlib.sha256()
    for part in (sys.platform, platform.machine(), *_COMMON_FLAGS, *_C_FLAGS, *_CXX_FLAGS, *flags):
        digest.update(part.encode() + b"\0")
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return f"{name}-{digest.hexdigest()[:20]}.so"


def compiler(cxx: bool) -> str | None:
    """The path of a C (or C++) compiler on this machine, or None."""
    names = ("c++", "g++", "clang++") if cxx else ("cc", "gcc", "clang")
    return next((found for found in map(shutil.which, names) if found), None)


def build(name: str, sources: Sequence[Path], flags: Sequence[str], folder: Path) -> Path | None:
    """Compile `sources` into `folder` unless it is there already; None where there is no compiler.

    Files that end in `.h` or `.inc` are hashed with the rest and not passed to the compiler. Raises
    CompileError when the compiler fails.
    """
    target = folder / library_name(name, sources, flags)
    if target.is_file():
        return target
    import signal
    import subprocess  # these cost a cold start 20 ms, and a compiled library needs none
    import tempfile

    units = [str(source) for source in sources if source.suffix not in (".h", ".inc")]
    cxx = any(not unit.endswith(".c") for unit in units)
    found = compiler(cxx)
    if found is None:
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-", suffix=".so")
    os.close(handle)
    command = [
        found,
        *_COMMON_FLAGS,
        *(_CXX_FLAGS if cxx else _C_FLAGS),
        *flags,
        *units,
        "-o",
        temporary,
        "-lm",
    ]
    try:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            _, errors = process.communicate(timeout=_COMPILE_TIMEOUT_S)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)  # the compiler proper is a child of what we started
            process.communicate()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise CompileError(
                f"{Path(found).name} took more than {_COMPILE_TIMEOUT_S} s on {name}"
            ) from error
        if process.returncode != 0:
            lines = errors.splitlines()
            first = next((line for line in lines if "error" in line), lines[0] if lines else "no output")
            raise CompileError(f"{Path(found).name} failed on {name}: {first}")
        Path(temporary).replace(target)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return target


def load(
    name: str, sources: Sequence[Path], flags: Sequence[str] = (), cache_dir: Path | None = None
) -> ctypes.CDLL | None:
    """The library built from `sources`, or None (and one warning a process) where it can't be had.

    `sources` are C (`.c`) or C++ (`.cpp`) files and the headers they include. Exported functions need
    `extern "C"` and `__attribute__((visibility("default")))`. `flags` come after the common ones
    (-O3 -fPIC -shared ...). The library is loaded once per process and stays.
    """
    folder = cache_dir or _cache_dir
    file_name = library_name(name, sources, flags)
    for candidate in (PREBUILT / file_name, folder / file_name):
        if candidate in _loaded:
            return _loaded[candidate]
    path: Path | None = PREBUILT / file_name
    reason = "no C/C++ compiler was found"
    if not (path and path.is_file()):
        try:
            path = build(name, sources, flags, folder)
        except (CompileError, OSError) as error:
            path, reason = None, str(error)
    if path is None:
        _warn_once(f"{name}: no native library ({reason}); the slow Python path is used instead")
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        _warn_once(
            f"{name}: the native library does not load ({error}); the slow Python path is used instead"
        )
        return None
    _loaded[path] = library
    return library


def _warn_once(message: str) -> None:
    global _warned
    if not _warned:
        _warned = True
        warnings.warn(message, RuntimeWarning, stacklevel=3)
