"""The weight file: one memory-mapped file with config, tensors, hashes and the tokenizer inside.

    magic      8 bytes   b"CWKRNL01"
    length     8 bytes   little-endian size of the header in bytes
    digest    32 bytes   sha256 of the header; it names the model, for the header holds all other hashes
    header               JSON, padded with spaces so that the data starts on a 64-byte boundary
    data                 tensors, each on a 64-byte boundary (matrix: data, then scales), then tokenizer.json

The header: {"version", "bits", "config", "file_bytes", "tensors": {name: {"kind", "rows", "columns",
"offset", "bytes", "scales_offset", "scales_bytes", "sha256"}}, "tokenizer": {"offset", "bytes", "sha256"}}.
Kinds are those of `packing`, and `vector` for one-dimensional float32. sha256 covers data and scales.
Everything is little-endian.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from cellwright_kernels.config import GROUP, LANES, DecoderConfig
from cellwright_kernels.errors import UnsupportedModel, WeightFormatError
from cellwright_kernels.layout import check_tensors
from cellwright_kernels.packing import Kind, PackedMatrix, data_bytes, scale_count

MAGIC = b"CWKRNL01"
_PREFIX_BYTES = len(MAGIC) + 8 + 32
_ALIGN = 64
_MAX_HEADER_BYTES = 1 << 26

Tensor = PackedMatrix | NDArray[np.float32]


@dataclass(frozen=True)
class WeightFile:
    """An open weight file. Arrays are read-only views of the map; they live as long as this object."""

    path: Path
    config: DecoderConfig
    bits: int
    digest: str
    """sha256 of the header in hex: two files with the same digest hold the same model."""
    matrices: Mapping[str, PackedMatrix]
    vectors: Mapping[str, NDArray[np.float32]]
    tokenizer: bytes
    """tokenizer.json as it was given; empty where there was none."""
    file_bytes: int


def write(
    path: Path, config: DecoderConfig, bits: int, tensors: Mapping[str, Tensor], tokenizer: bytes
) -> str:
    """Write a weight file (temporary name, fsync, rename) and return its digest."""
    entries: dict[str, dict[str, Any]] = {}
    position = 0
    for name, tensor in tensors.items():
        data, scales = _parts(tensor)
        position = _aligned(position)
        entry: dict[str, Any] = {"offset": position, "bytes": data.nbytes}
        position = _aligned(position + data.nbytes)
        entry |= {"scales_offset": position, "scales_bytes": scales.nbytes}
        position += scales.nbytes
        digest = hashlib.sha256(data)
        digest.update(scales)
        shape = (tensor.rows, tensor.columns) if isinstance(tensor, PackedMatrix) else (tensor.size, 1)
        kind = tensor.kind if isinstance(tensor, PackedMatrix) else "vector"
        entries[name] = {
            "kind": kind,
            "rows": shape[0],
            "columns": shape[1],
            **entry,
            "sha256": digest.hexdigest(),
        }
    tokenizer_offset = _aligned(position)
    header = {
        "version": 1,
        "bits": bits,
        "config": config.to_dict(),
        "data_bytes": tokenizer_offset + len(tokenizer),
        "tensors": entries,
        "tokenizer": {
            "offset": tokenizer_offset,
            "bytes": len(tokenizer),
            "sha256": hashlib.sha256(tokenizer).hexdigest(),
        },
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (_aligned(_PREFIX_BYTES + len(text)) - _PREFIX_BYTES - len(text))
    digest_bytes = hashlib.sha256(text).digest()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(MAGIC + len(text).to_bytes(8, "little") + digest_bytes + text)
            start = out.tell()
            for name, tensor in tensors.items():
                data, scales = _parts(tensor)
                out.seek(start + entries[name]["offset"])
                out.write(data)
                out.seek(start + entries[name]["scales_offset"])
                out.write(scales)
            out.seek(start + tokenizer_offset)
            out.write(tokenizer)
            out.truncate(start + tokenizer_offset + len(tokenizer))
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return digest_bytes.hex()


def read(path: Path, verify: bool = True) -> WeightFile:
    """Map a weight file. `verify` checks every hash (about 1 ms a MiB); the header's is always checked.

    Raises WeightFormatError for a file that is missing, truncated, tampered with, of another layout, or
    holds NaN or infinite scales.
    """
    if sys.byteorder != "little":
        raise UnsupportedModel("expected a little-endian machine: weight files are little-endian")
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < _PREFIX_BYTES:
                raise WeightFormatError(f"expected a weight file, got {size} bytes ({path})")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise WeightFormatError(f"expected a readable weight file, got {error.strerror} ({path})") from error
    whole = np.frombuffer(mapped, np.uint8)
    if mapped[: len(MAGIC)] != MAGIC:
        raise WeightFormatError(f"expected {MAGIC!r} at the start, got {mapped[: len(MAGIC)]!r} ({path})")
    header_bytes = int.from_bytes(mapped[8:16], "little")
    start = _PREFIX_BYTES + header_bytes
    if header_bytes > _MAX_HEADER_BYTES or start > size or start % _ALIGN:
        raise WeightFormatError(f"expected a header within the file, got a length of {header_bytes} ({path})")
    text = mapped[_PREFIX_BYTES:start]
    digest = mapped[16:48]
    if hashlib.sha256(text).digest() != digest:
        raise WeightFormatError(f"expected the header that the file's digest names; it was changed ({path})")
    try:
        header = json.loads(text)
        if header["version"] != 1:
            raise WeightFormatError(f"expected version 1, got {header['version']!r} ({path})")
        config = DecoderConfig.from_dict(header["config"])
        if start + header["data_bytes"] != size:
            raise WeightFormatError(
                f"expected {start + header['data_bytes']} bytes, got {size}: truncated ({path})"
            )
        data = whole[start:]
        matrices: dict[str, PackedMatrix] = {}
        vectors: dict[str, NDArray[np.float32]] = {}
        for name, entry in header["tensors"].items():
            tensor = _tensor(name, entry, data, verify)
            if isinstance(tensor, PackedMatrix):
                matrices[name] = tensor
            else:
                vectors[name] = tensor
        check_tensors(config, matrices, vectors)
        tokenizer = _slice(data, "tokenizer", header["tokenizer"]["offset"], header["tokenizer"]["bytes"])
        if verify and hashlib.sha256(tokenizer.data).hexdigest() != header["tokenizer"]["sha256"]:
            raise WeightFormatError("expected the tokenizer that the header names; it was changed")
        bits = int(header["bits"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WeightFormatError(f"expected a complete header, got {error!r} ({path})") from error
    except WeightFormatError as error:
        raise error if str(path) in str(error) else WeightFormatError(f"{error} ({path})") from error
    return WeightFile(path, config, bits, digest.hex(), matrices, vectors, tokenizer.tobytes(), size)


def _parts(tensor: Tensor) -> tuple[memoryview, memoryview]:
    if isinstance(tensor, PackedMatrix):
        return tensor.data.data, tensor.scales.view(np.uint8).data
    return np.ascontiguousarray(tensor, np.float32).view(np.uint8).data, memoryview(b"")


def _aligned(position: int) -> int:
    return -(-position // _ALIGN) * _ALIGN


def _slice(data: NDArray[np.uint8], name: str, offset: int, size: int) -> NDArray[np.uint8]:
    if offset < 0 or size < 0 or offset % _ALIGN or offset + size > data.size:
        raise WeightFormatError(f"expected {name} within the file, got offset {offset} and {size} bytes")
    return data[offset : offset + size]


def _tensor(name: str, entry: dict[str, Any], data: NDArray[np.uint8], verify: bool) -> Tensor:
    part = _slice(data, name, entry["offset"], entry["bytes"])
    scales = _slice(data, name, entry["scales_offset"], entry["scales_bytes"]).view(np.float16)
    rows, columns, kind = entry["rows"], entry["columns"], entry["kind"]
    if verify:
        digest = hashlib.sha256(part.data)
        digest.update(scales.view(np.uint8).data)
        if digest.hexdigest() != entry["sha256"]:
            raise WeightFormatError(f"expected the tensor that the header names; it was changed: {name}")
    if kind == "vector":
        vector = part.view(np.float32)
        if vector.size != rows or not np.isfinite(vector).all():
            raise WeightFormatError(f"expected {rows} finite numbers in {name}, got {vector.size} or NaN")
        return vector
    if kind not in ("int4", "int8", "f32"):
        raise WeightFormatError(f"expected kind int4, int8, f32 or vector, got {kind!r}: {name}")
    fits = rows % LANES == 0 and columns % GROUP == 0 and part.size == data_bytes(kind, rows, columns)
    if not fits or scales.size != scale_count(kind, rows, columns):
        raise WeightFormatError(f"expected {kind} of {rows} x {columns}, got {part.size} bytes: {name}")
    if not np.isfinite(scales).all() or (kind == "f32" and not np.isfinite(part.view(np.float32)).all()):
        raise WeightFormatError(f"expected finite weights, got NaN or infinity: {name}")
    return PackedMatrix(cast(Kind, kind), rows, columns, part, scales)
