"""`python -m cellwright_kernels.bench`: run the engine benchmark without the product's command line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from cellwright_kernels.bench.engine import COMMON, INSTRUCTIONS, PEERS, Options, report
from cellwright_kernels.bench.shapes import SHAPES


def main() -> None:
    """Parse, measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description="Measure the decoder against other runtimes.")
    parser.add_argument("--shapes", nargs="+", default=list(SHAPES), choices=list(SHAPES))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--depths", nargs="+", type=int, default=[0, 512, 1024])
    parser.add_argument("--peers", nargs="+", default=list(PEERS))
    parser.add_argument("--instructions", default=COMMON, choices=INSTRUCTIONS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--folder", type=Path, help="keep weight files here between runs")
    parser.add_argument("--json", type=Path, help="write the result here")
    given = parser.parse_args()
    options = Options(
        given.shapes, given.threads, given.depths, given.peers, given.rounds, given.steps, given.folder,
        given.instructions,
    )  # fmt: skip
    result, text = report(options, lambda line: print(line, file=sys.stderr, flush=True))
    print(text)
    for name, value in result["metrics"].items():
        if "_vs_" in name:
            print(f"{name:<48} {value['value']:.2f} ({value['low']:.2f} to {value['high']:.2f})")
    if given.json:
        given.json.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
