"""The language model in the serving path: quantized weights, our own kernels, no torch."""

from cellwright.engine.engine import Engine
from cellwright.engine.sampling import Cancelled, Completion

__all__ = ["Cancelled", "Completion", "Engine"]
