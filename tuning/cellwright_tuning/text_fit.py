"""Fit the weights that rank repairs and completions, on formulas held back from training.

    python -m cellwright_tuning.text_fit [--tasks 1000] [--model mini] [--write]

A repair task is a generated formula with one to three slips, a completion task a beginning of one. Half of
the formulas are made strange first (other words, numbers and functions of the same arguments), because what
people write is stranger to the model than what its own generator draws, and a weight fitted on the latter
alone would trust it too much. Candidates come from the search that serves, with and without the model; a
conditional logit for each (`proposers/logit.py`) is fitted on four fifths of the tasks, and the last fifth
gives the figures that are printed. Nothing here reads a file of evaluation data.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from random import Random

import numpy as np

from cellwright.engine import Engine
from cellwright.formula.functions import functions, known_function
from cellwright.prompt.model import LanguageModel
from cellwright.prompt.notation import Lexeme, normalise, scan
from cellwright.proposers.completion import WEIGHTS as COMPLETION_WEIGHTS
from cellwright.proposers.completion import find_completions
from cellwright.proposers.logit import Logit
from cellwright.proposers.repair import WEIGHTS as REPAIR_WEIGHTS
from cellwright.proposers.repair import find_repairs
from cellwright.proposers.repair_sense import is_sound
from cellwright.registry import find_model

from .data.examples import break_formula, draw_formula
from .data.words import invented_name, invented_phrase
from .rank_fit import fit
from .ranking import Choice, tabulate

SEED = "text"
SOUND_SHARE = 0.06  # of the tasks: nothing was broken
STRANGE_SHARE = 0.5
HELD = 5  # every fifth task is kept for the figures
LEAST = 10  # a feature that fewer candidates have is left out


def estranged(formula: str, random: Random) -> str:
    """`formula` with other texts, sheets, names, numbers and functions, each the same wherever it stands."""
    others: dict[str, str] = {}
    pieces: list[str] = []
    for lexeme in scan(formula):
        if lexeme.text not in others:
            others[lexeme.text] = _other(lexeme, random)
        pieces.append(others[lexeme.text])
    text = normalise("".join(pieces))
    return text if is_sound(text) else formula


def _other(lexeme: Lexeme, random: Random) -> str:
    function = known_function(lexeme.text) if lexeme.kind == "word" else None
    if function is not None:
        alike = [
            name
            for name, other in sorted(functions().items())
            if other.required == function.required and other.repeated == function.repeated
        ]
        return random.choice(alike) if random.random() < 0.5 else lexeme.text
    if lexeme.kind == "string" and len(lexeme.text) > 3 and lexeme.text[1] not in "<>=":
        return f'"{invented_phrase(random, 2)}"'
    if lexeme.kind == "sheet":
        return f"{invented_name(random)}!"
    if lexeme.kind == "word" and lexeme.text not in {"TRUE", "FALSE"}:
        return invented_name(random)
    if lexeme.kind == "number" and len(lexeme.text) > 1 and lexeme.text.isdigit():
        return str(random.randint(2, 5000))
    return lexeme.text


def draw_formulas(count: int) -> Iterator[tuple[int, Random, str]]:
    """(number, its random source, formula) of each task."""
    for number in range(count):
        random = Random(f"{SEED}/{number}")
        formula = draw_formula(random, held_back=True)
        yield number, random, estranged(formula, random) if random.random() < STRANGE_SHARE else formula


def repair_choices(count: int, model: LanguageModel | None) -> Iterator[Choice]:
    """One choice a generated slip: its candidates' features, and which is the formula before the slip."""
    for number, random, formula in draw_formulas(count):
        broken = formula if random.random() < SOUND_SHARE else break_formula(formula, random)
        if broken is not None:
            found = find_repairs(broken, model)
            texts = [normalise(repair.text) for repair in found]
            yield _choice(number, "repair", texts, [repair.features for repair in found], formula)


def completion_choices(count: int, model: LanguageModel | None) -> Iterator[Choice]:
    """One choice a beginning, a quarter to all but one character long."""
    for number, random, formula in draw_formulas(count):
        if len(formula) > 1:
            typed = formula[: random.randint(max(1, len(formula) // 4), len(formula) - 1)]
            found = find_completions(typed, model)
            texts = [completion.text for completion in found]
            yield _choice(number, "completion", texts, [completion.features for completion in found], formula)


def _choice(
    number: int, kind: str, texts: list[str], features: list[dict[str, float]], formula: str
) -> Choice:
    target = normalise(formula)
    return Choice(number, kind, features, texts.index(target) if target in texts else -1)


def fit_choices(choices: list[Choice]) -> Logit:
    """Weights of largest posterior probability; features are scaled to unit spread while they are fitted."""
    table = tabulate(choices, LEAST)
    spread = np.maximum(table.features.std(axis=0), 1e-3)
    fitted = fit(replace(table, features=table.features / spread))
    scales = dict(zip(table.names, spread.tolist(), strict=True))
    return Logit(fitted.bias, {name: value / scales[name] for name, value in fitted.features.items()})


def shares(choices: list[Choice], weights: Logit) -> dict[str, float]:
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


def write(path: Path, provenance: dict[str, str | int], parts: dict[str, Logit]) -> None:
    """The TOML that `proposers/logit.py` reads."""
    lines = ["# Fitted by `python -m cellwright_tuning.text_fit` on generated formulas; don't edit by hand."]
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
    parser = argparse.ArgumentParser(description="Fit the weights that rank repairs and completions.")
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--model", default="mini", help="a registered model or a path")
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    options = parser.parse_args()
    engine = Engine.open(find_model(options.model))
    kinds = (
        (REPAIR_WEIGHTS, "search", repair_choices),
        (COMPLETION_WEIGHTS, "endings", completion_choices),
    )
    for file, alone, choices_of in kinds:
        parts: dict[str, Logit] = {}
        for part, model in ((alone, None), ("model", engine)):
            choices = list(choices_of(options.tasks, model))
            kept = [choice for choice in choices if choice.group % HELD]
            parts[part] = fit_choices(kept)
            figures = shares([choice for choice in choices if choice.group % HELD == 0], parts[part])
            print(file, part, {name: round(value, 3) for name, value in figures.items()}, file=sys.stderr)
        if options.write:
            provenance: dict[str, str | int] = {
                "command": f"python -m cellwright_tuning.text_fit --tasks {options.tasks} --write",
                "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
                "data": f"generated formulas, seed {SEED}",
                "model": engine.name,
            }
            write(Path(str(files("cellwright.proposers").joinpath(file))), provenance, parts)


if __name__ == "__main__":
    main()
