"""The errors of this package; `cellwright.engine` turns them into the product's own tree."""

from __future__ import annotations


class KernelError(Exception):
    """Anything the kernels refuse; the message is one line: expected, got, where."""


class WeightFormatError(KernelError):
    """A weight file, checkpoint or tensor is truncated, tampered with, not finite or of another layout."""


class UnsupportedModel(KernelError):
    """A checkpoint's architecture or an option of it that the decoder does not implement."""


class AdapterMismatch(KernelError):
    """A LoRA adapter was made for another model, or uses what the decoder does not implement."""


class ContextOverflow(KernelError):
    """A sequence would grow past the context length, or the key/value cache has no free block."""
