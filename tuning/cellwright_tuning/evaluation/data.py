"""Evaluation data from disk: folders, tar archives and jsonl, plain or compressed with zstandard."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import zstandard

from cellwright.errors import UsageError


def read_bytes(path: Path) -> bytes:
    """A file's bytes, decompressed where its name ends in `.zst`."""
    data = path.read_bytes()
    if path.suffix != ".zst":
        return data
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)) as reader:
        return reader.read()


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a `.jsonl` or `.jsonl.zst`; raises UsageError that names a broken line."""
    if not path.is_file():
        raise UsageError(f"expected a .jsonl or .jsonl.zst file, got {path}")
    for number, line in enumerate(read_bytes(path).decode().splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except json.JSONDecodeError as error:
                raise UsageError(f"expected JSON in line {number} of {path.name}: {error.msg}") from error


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """A folder with the data: `path` itself, or a temporary one where `path` is a tar archive."""
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise UsageError(f"expected a folder or a tar archive, got {path}")
    with tempfile.TemporaryDirectory(prefix="cellwright-eval-") as folder:
        try:
            with tarfile.open(fileobj=io.BytesIO(read_bytes(path))) as archive:
                archive.extractall(folder, filter="data")
        except tarfile.ReadError as error:
            raise UsageError(f"expected a tar archive, got {path.name}: {error}") from error
        yield Path(folder)


def workbooks(folder: Path, suffixes: tuple[str, ...] = (".xlsx",)) -> list[Path]:
    """Every workbook below a folder, in the order of their contents' hashes, so that names don't matter."""
    found = [p for p in folder.rglob("*") if p.suffix.lower() in suffixes and p.is_file()]
    return sorted(found, key=lambda p: hashlib.sha256(p.read_bytes()).digest())


def data_sha256(path: Path) -> str:
    """One hash of a file, or of the sorted hashes of all files below a folder."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    hashes = sorted(hashlib.sha256(p.read_bytes()).hexdigest() for p in path.rglob("*") if p.is_file())
    return hashlib.sha256("".join(hashes).encode()).hexdigest()
