"""Fit the weights that rank repairs and completions, on formulas that the model did not learn from.

    python -m cellwright_tuning.text_fit --people DIR ... [--tasks 1000] [--model mini] [--write]

A repair task is a formula with one to three slips, a completion task a beginning of one. The formulas are
generated ones that are held back from training, and those of people's workbooks whose ledger entry allows
weights (`people_formulas`; the longer ones, as one meets them while they are typed). Half of the generated
ones are made strange first (other words, numbers and functions of the same arguments), because what people
write is stranger to the model than what its own generator draws, and a weight fitted on the latter alone
would trust it too much. Candidates come from the search that serves; the weights for use without a model are
fitted on what is left of them without it. A conditional logit for each (`proposers/logit.py`) is fitted on
four fifths of the tasks, and the last fifth gives the figures that are printed. Nothing here reads a file of
evaluation data.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Collection, Iterator, Sequence
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
from cellwright.proposers.endings import endings
from cellwright.proposers.logit import Logit
from cellwright.proposers.repair import WEIGHTS as REPAIR_WEIGHTS
from cellwright.proposers.repair import find_repairs
from cellwright.proposers.repair_sense import ODDITIES, is_sound
from cellwright.registry import find_model

from .data.examples import break_formula, draw_formula
from .data.words import invented_name, invented_phrase
from .people_formulas import people_formulas
from .rank_fit import fit
from .ranking import Choice, tabulate

SEED = "text"
SOUND_SHARE = 0.06  # of the tasks: nothing was broken
SPACED_SHARE = 0.06  # of them: only a space is too many
STRANGE_SHARE = 0.5
OF_MODEL = ("log_probability", "beamed", "unsearched")  # features that only a model gives
CUTS = 3  # beginnings of a generated formula
PEOPLE_CUTS = 12  # of a person's, of which there are few
PEOPLE_SLIPS = 3
PEOPLE_KEPT = 60  # characters; shorter ones in proportion to their length
MISSED_SHARE = 0.1
MISSED = "completion that no rule finds"
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


def draw_formulas(count: int, people: Sequence[str] = ()) -> Iterator[tuple[int, Random, str, bool]]:
    """(number, its random source, formula, is it a person's): `count` generated ones, then people's."""
    for number in range(count):
        random = Random(f"{SEED}/{number}")
        formula = draw_formula(random, held_back=True)
        strange = random.random() < STRANGE_SHARE
        yield number, random, estranged(formula, random) if strange else formula, False
    for number, formula in enumerate(people, count):
        random = Random(f"{SEED}/{formula}")
        if random.random() * PEOPLE_KEPT < len(formula):
            yield number, random, formula, True


def mistyped(formula: str, random: Random) -> str | None:
    """`formula` as it may be typed: with slips, a space inside an operator, or as it is."""
    kind = random.random()
    if kind < SOUND_SHARE:
        return formula
    if kind < SOUND_SHARE + SPACED_SHARE:
        pairs = [lexeme for lexeme in scan(formula) if lexeme.text in {">=", "<=", "<>"}]
        if pairs:
            pair = random.choice(pairs)
            spaced = " ".join(pair.text)
            return formula[: pair.start] + spaced + formula[pair.start + len(pair.text) :]
    return break_formula(formula, random)


def repair_choices(count: int, model: LanguageModel | None, people: Sequence[str] = ()) -> Iterator[Choice]:
    """One choice a slip: its candidates' features, and which is the formula before the slip."""
    for number, random, formula, is_real in draw_formulas(count, people):
        for _ in range(PEOPLE_SLIPS if is_real else 1):
            broken = mistyped(formula, random)
            if broken is not None:
                found = [(normalise(repair.text), repair.features) for repair in find_repairs(broken, model)]
                yield _choice(number, "repair", found, formula, is_real=is_real)


def completion_choices(
    count: int, model: LanguageModel | None, people: Sequence[str] = ()
) -> Iterator[Choice]:
    """`CUTS` choices a formula, each a beginning of it, later ones oftener.

    The model costs most of the time, and where no rule finds the formula there is little to learn: of these
    beginnings a part is asked for, and each stands for `1 / MISSED_SHARE` (`count_of`).
    """
    for number, random, formula, is_real in draw_formulas(count, people):
        for _ in range(0 if len(formula) < 2 else PEOPLE_CUTS if is_real else CUTS):
            share = 1 - 0.75 * random.random() ** 1.5
            typed = formula[: min(len(formula) - 1, max(1, round(share * len(formula))))]
            is_met = any(ending.text == formula for ending in endings(typed))
            if is_met or random.random() < MISSED_SHARE:
                found = [(one.text, one.features) for one in find_completions(typed, model)]
                kind = "completion" if is_met else MISSED
                yield _choice(number, kind, found, formula, is_real=is_real)


def count_of(choice: Choice) -> float:
    """For how many like it a choice stands."""
    return 1 / MISSED_SHARE if choice.kind == MISSED else 1.0


def _choice(
    number: int, kind: str, found: list[tuple[str, dict[str, float]]], formula: str, *, is_real: bool
) -> Choice:
    target = normalise(formula)
    rights = [i for i, (text, _) in enumerate(found) if text == target]
    return Choice(number, kind, [features for _, features in found], rights[0] if rights else -1, is_real)


def without_model(choice: Choice) -> Choice:
    """The choice as it is where no model serves: its candidates and its opinion are missing."""
    kept = [
        i
        for i, f in enumerate(choice.features)
        if not f.get("unsearched", "by_rule" not in f and "beamed" in f)
    ]
    features = [
        {name: value for name, value in choice.features[i].items() if not name.startswith(OF_MODEL)}
        for i in kept
    ]
    right = kept.index(choice.right) if choice.right in kept else -1
    return choice._replace(features=features, right=right)


def fit_choices(choices: Sequence[Choice], against: Collection[str] = ()) -> Logit:
    """Weights of largest posterior probability; features are scaled to unit spread while they are fitted.

    Features of `against` may only speak against a candidate: those that came out for it are left out, and
    the rest is fitted again.
    """
    fitted = _fit(choices)
    wrong = {name for name, value in fitted.features.items() if value > 0 and name in against}
    if not wrong:
        return fitted
    kept = [
        choice._replace(
            features=[{n: v for n, v in features.items() if n not in wrong} for features in choice.features]
        )
        for choice in choices
    ]
    return fit_choices(kept, against)


def _fit(choices: Sequence[Choice]) -> Logit:
    table = tabulate(choices, LEAST)
    counts = np.array([count_of(choice) for choice in choices])
    spread = np.maximum(table.features.std(axis=0), 1e-3)
    fitted = fit(replace(table, features=table.features / spread), counts=counts)
    scales = dict(zip(table.names, spread.tolist(), strict=True))
    return Logit(fitted.bias, {name: value / scales[name] for name, value in fitted.features.items()})


def shares(choices: Sequence[Choice], weights: Logit) -> dict[str, float]:
    """Of the choices: how often the right one is among the candidates, first, among the first five."""
    offered = first = five = 0.0
    for choice in choices:
        scores = [weights.score(features) for features in choice.features]
        if choice.right < 0:
            continue
        place = sum(score > scores[choice.right] for score in scores)
        count = count_of(choice)
        offered, first, five = offered + count, first + count * (place == 0), five + count * (place < 5)
    total = max(1.0, sum(map(count_of, choices)))
    return {"offered": offered / total, "top1": first / total, "top5": five / total}


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
    parser.add_argument("--tasks", type=int, default=1000, help="of each kind, generated ones")
    parser.add_argument("--people", type=Path, nargs="*", default=[], help="folders or archives of workbooks")
    parser.add_argument("--model", default="mini", help="a registered model or a path")
    parser.add_argument("--write", action="store_true", help="put the weights into the package")
    options = parser.parse_args()
    engine = Engine.open(find_model(options.model), threads=1)
    people = people_formulas(options.people)
    kinds = (
        (REPAIR_WEIGHTS, "search", repair_choices),
        (COMPLETION_WEIGHTS, "endings", completion_choices),
    )
    names = " ".join(path.name for path in options.people)
    provenance: dict[str, str | int] = {
        "command": f"python -m cellwright_tuning.text_fit --tasks {options.tasks} --people {names} --write",
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "data": f"{options.tasks} generated formulas, seed {SEED}; {len(people)} of {names or 'nobody'}",
        "model": engine.name,
    }
    for file, alone, choices_of in kinds:
        choices = list(choices_of(options.tasks, engine, people))
        parts: dict[str, Logit] = {}
        for part, offered in ((alone, [without_model(choice) for choice in choices]), ("model", choices)):
            against = ODDITIES if file == REPAIR_WEIGHTS else ()
            parts[part] = fit_choices([choice for choice in offered if choice.group % HELD], against)
            held = [choice for choice in offered if choice.group % HELD == 0]
            for is_real in (False, True):
                figures = shares([choice for choice in held if choice.is_real == is_real], parts[part])
                told = {name: round(value, 3) for name, value in figures.items()}
                print(file, part, "people's" if is_real else "generated", told, file=sys.stderr)
        if options.write:
            write(Path(str(files("cellwright.proposers").joinpath(file))), provenance, parts)


if __name__ == "__main__":
    main()
