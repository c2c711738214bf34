"""Fit the weights that rank repairs, on slips that our generator makes in formulas held back from training.

    python -m cellwright_tuning.repair_fit [--tasks 2500] [--model mini] [--write]

Each task is a generated formula with one to three slips; its candidates come from the search that serves,
with and without the model. Two conditional logits (`proposers/repair_rank.py`) are fitted on four fifths of
the tasks; the last fifth gives the figures that are printed. Nothing here reads a file of evaluation data.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from random import Random

from cellwright.engine import Engine
from cellwright.prompt.model import LanguageModel
from cellwright.prompt.notation import normalise
from cellwright.proposers.repair import find_repairs
from cellwright.proposers.repair_rank import RepairWeights
from cellwright.registry import find_model

from .data.examples import break_formula, draw_formula
from .rank_fit import fit
from .ranking import Choice, tabulate

SEED = "repair"
SOUND_SHARE = 0.03  # of the tasks: nothing was broken
HELD = 5  # every fifth task is kept for the figures
LEAST = 10  # a feature that fewer candidates have is left out


def draw_choices(count: int, model: LanguageModel | None) -> Iterator[Choice]:
    """One choice a generated slip: its candidates' features, and which is the formula before the slip."""
    for number in range(count):
        random = Random(f"{SEED}/{number}")
        formula = draw_formula(random, held_back=True)
        broken = formula if random.random() < SOUND_SHARE else break_formula(formula, random)
        if broken is None:
            continue
        found = find_repairs(broken, model)
        texts = [normalise(repair.text) for repair in found]
        right = texts.index(normalise(formula)) if normalise(formula) in texts else -1
        yield Choice(number, "repair", [repair.features for repair in found], right)


def fit_choices(choices: list[Choice]) -> RepairWeights:
    """Weights of largest posterior probability."""
    fitted = fit(tabulate(choices, LEAST))
    return RepairWeights(fitted.bias, {name: value for name, value in fitted.features.items() if value})


def shares(choices: list[Choice], weights: RepairWeights) -> dict[str, float]:
    """Of the choices: how often the right one is among the candidates, first, among the first five."""
    offered = first = five = 0
    for choice in choices:
        scores = [weights.score(features) for features in choice.features]
        if choice.right < 0:
            continue
        place = sum(score > scores[choice.right] for score in scores)
        offered, first, five = offered + 1, first + (place == 0), five + (place < 5)
    count = max(1, len(choices))
    return {"offered": offered / count, "top1": first / count, "top5": five / count}


def write(path: Path, provenance: dict[str, str | int], parts: dict[str, RepairWeights]) -> None:
    """The TOML that `repair_rank` reads."""
    lines = ["# Fitted by `python -m cellwright_tuning.repair_fit` on generated slips; don't edit by hand."]
    lines += ["# Logits a unit of a feature; none being right has score 0.", "[provenance]"]
    lines += [
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
        for key, value in provenance.items()
    ]
    for part, weights in parts.items():
        lines += ["", f"[{part}]", f"bias = {weights.bias:.3f}", "", f"[{part}.features]"]
        lines += [f"{name} = {value:.3f}" for name, value in sorted(weights.features.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Fit; the module's docstring says how."""
    parser = argparse.ArgumentParser(description="Fit the weights that rank repairs on generated slips.")
    parser.add_argument("--tasks", type=int, default=2500)
    parser.add_argument(
        "--model", default="mini", help="a registered model or a path, as in `cellwright eval`"
    )
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    options = parser.parse_args()
    engine = Engine.open(find_model(options.model))
    parts: dict[str, RepairWeights] = {}
    for part, model in (("search", None), ("model", engine)):
        choices = list(draw_choices(options.tasks, model))
        kept = [choice for choice in choices if choice.group % HELD]
        parts[part] = fit_choices(kept)
        figures = shares([choice for choice in choices if choice.group % HELD == 0], parts[part])
        print(part, len(kept), {name: round(value, 3) for name, value in figures.items()}, file=sys.stderr)
    if options.write:
        provenance: dict[str, str | int] = {
            "command": f"python -m cellwright_tuning.repair_fit --tasks {options.tasks} --write",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "data": f"generated slips, seed {SEED}",
            "model": engine.name,
        }
        write(Path(str(files("cellwright.proposers").joinpath("repair_weights.toml"))), provenance, parts)


if __name__ == "__main__":
    main()
