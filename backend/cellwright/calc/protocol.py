"""Frames on the pipe to a worker: two lengths, then JSON, then bytes (the calculation image).

A frame is `>II` (length of the JSON, length of the bytes) and the two parts. JSON, not pickle: nothing that
a worker sends can run here. Both sides refuse a frame over MAX_FRAME.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

MAX_FRAME = 1 << 30
_HEAD = struct.Struct(">II")
HEAD_SIZE = _HEAD.size

Message = dict[str, object]


class BrokenFrame(Exception):
    """The other side closed the pipe or sent what is no frame."""


def pack(message: Message, blob: bytes = b"") -> bytes:
    """The bytes of one frame; non-finite numbers are refused (ValueError)."""
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    return _HEAD.pack(len(body), len(blob)) + body + blob


def unpack_head(head: bytes) -> tuple[int, int]:
    """The lengths of a frame's two parts."""
    if len(head) != HEAD_SIZE:
        raise BrokenFrame(f"expected {HEAD_SIZE} bytes of a frame's head, got {len(head)}")
    body, blob = _HEAD.unpack(head)
    if body > MAX_FRAME or blob > MAX_FRAME:
        raise BrokenFrame(f"expected a frame of at most {MAX_FRAME} bytes, got {body} + {blob}")
    return body, blob


def read_frame(read: Callable[[int], bytes]) -> tuple[Message, bytes]:
    """One frame from a function that reads exactly n bytes (fewer at the end); raises BrokenFrame."""
    body_size, blob_size = unpack_head(read(HEAD_SIZE))
    body, blob = read(body_size), read(blob_size) if blob_size else b""
    if len(body) != body_size or len(blob) != blob_size:
        raise BrokenFrame("the pipe was closed in the middle of a frame")
    message = json.loads(body)
    if not isinstance(message, dict):
        raise BrokenFrame(f"expected a JSON object, got {type(message).__name__}")
    return message, blob
