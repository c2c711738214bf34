"""Quantize a checkpoint into the package, as the model that everybody gets.

    python -m cellwright_tuning.ship tuning/checkpoints/mini
    python -m cellwright_tuning.ship CHECKPOINT --bits 4 --target FOLDER     # half the bytes, elsewhere

Prints the digest, which the log keeps beside the command. Bits as in `cellwright_kernels.checkpoint`; four
are rounded by what the matrices are multiplied by (`calibration`).
"""

from __future__ import annotations

import argparse
import shutil
from importlib.resources import files
from pathlib import Path

from cellwright.registry import SHIPPED
from cellwright_kernels.checkpoint import Bits, quantize_checkpoint

CARD = "README.md"


def ship(checkpoint: Path, target: Path, bits: Bits = 8) -> str:
    """Write the weight file and the model card of `checkpoint` into `target`; returns the file's digest."""
    target.mkdir(parents=True, exist_ok=True)
    weights = target / f"{SHIPPED}.cellwright"
    rounding = None
    if bits == 4:
        from cellwright_tuning.calibration import calibrated_rounding  # torch, which int8 does without

        rounding = calibrated_rounding(checkpoint)
    digest = quantize_checkpoint(checkpoint, weights, bits, rounding)
    weights.chmod(0o644)
    shutil.copyfile(checkpoint / CARD, target / "MODEL_CARD.md")
    return digest


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Quantize a checkpoint into the package.")
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--bits", type=int, choices=(4, 8), default=8)
    parser.add_argument("--target", type=Path, default=Path(str(files("cellwright.registry") / "shipped")))
    given = parser.parse_args()
    print(ship(given.checkpoint, given.target, given.bits))
