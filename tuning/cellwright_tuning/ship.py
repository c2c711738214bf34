"""Quantize a checkpoint into the package, as the model that everybody gets.

    python -m cellwright_tuning.ship tuning/checkpoints/mini

Prints the digest, which the log keeps beside the command. Bits as in `cellwright_kernels.checkpoint`.
"""

from __future__ import annotations

import argparse
import shutil
from importlib.resources import files
from pathlib import Path

from cellwright.registry import SHIPPED
from cellwright_kernels.checkpoint import Bits, quantize_checkpoint

BITS: Bits = 8
CARD = "README.md"


def ship(checkpoint: Path, target: Path) -> str:
    """Write the weight file and the model card of `checkpoint` into `target`; returns the file's digest."""
    target.mkdir(parents=True, exist_ok=True)
    weights = target / f"{SHIPPED}.cellwright"
    digest = quantize_checkpoint(checkpoint, weights, BITS)
    weights.chmod(0o644)
    shutil.copyfile(checkpoint / CARD, target / "MODEL_CARD.md")
    return digest


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Quantize a checkpoint into the package.")
    parser.add_argument("checkpoint", type=Path)
    given = parser.parse_args()
    print(ship(given.checkpoint, Path(str(files("cellwright.registry") / "shipped"))))
