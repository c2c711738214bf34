"""Training examples: a prompt and its answer as text, drawn without end from one seed.

An example is reproducible from (seed, shard, index) alone, so a run that stops goes on with the same data,
and shards never share an example.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from cellwright.errors import FormulaSyntaxError
from cellwright.formula import parse
from cellwright.prompt import tasks, vocabulary
from cellwright.prompt.context import formula_prompt
from cellwright.prompt.notation import normalise

from .exclusions import is_excluded
from .grammar import shipped_grammar
from .scene import Scene
from .series import draw_series
from .shapes import shipped_shapes
from .slips import make_slip
from .workbooks import generate_workbook

MAX_CHARACTERS = 320
SURELY_KEPT = 120  # characters; completion and repair draw formulas in proportion to their length up to here
SHAPES_SHARE = 0.25  # formulas drawn from the counts of real use; the rest from the written grammar
SERIES_SHARE = 0.15  # formulas that repeat a pattern
_SLIP_COUNTS = (1,) * 16 + (2,) * 4 + (3,)


@dataclass(frozen=True)
class Example:
    """`prompt` is read, `answer` is learnt; `kind` names the task."""

    kind: str
    prompt: str
    answer: str


def is_held_back(formula: str) -> bool:
    """Whether a formula is of the sixty-fourth part kept for evaluation while training (by checksum)."""
    return zlib.crc32(formula.encode()) % 64 == 0


def draw_formula(random: Random, held_back: bool | None = False) -> str:
    """One generated formula without `=`, no longer than people type; `held_back` None: of either part."""
    grammar, shapes = shipped_grammar(), shipped_shapes()
    while True:
        budget = random.choice((2, 3, 4, 4, 5, 5, 6, 7, 8, 9))
        source = random.random()
        if source < SERIES_SHARE:
            text = draw_series(Scene(random), random)
        elif source < SERIES_SHARE + SHAPES_SHARE:
            text = shapes.draw(Scene(random), random, budget=budget)
        else:
            text = grammar.draw(Scene(random), random, budget=budget)
        text = normalise(text)
        if source < SERIES_SHARE + SHAPES_SHARE and not _parses(text):
            continue  # operators that meet may join what they should part, as a range of two sheets
        if len(text) <= MAX_CHARACTERS and held_back in {None, is_held_back(text)} and not is_excluded(text):
            return text


def _parses(text: str) -> bool:
    try:
        parse(text)
    except FormulaSyntaxError:
        return False
    return True


def draw_typed_formula(random: Random, held_back: bool) -> str:
    """A formula as one meets it while it is typed: each of its characters may be the cursor or a slip.

    So a formula of twice the length is met twice as often.
    """
    while True:
        text = draw_formula(random, held_back)
        if random.random() * SURELY_KEPT < len(text):
            return text


def plain_formulas(random: Random) -> Iterator[str]:
    """Formulas as model text, for the tokenizer; some broken, so that odd characters occur too."""
    while True:
        formula = draw_formula(random)
        yield tasks.completion_text(formula).removeprefix(vocabulary.COMPLETE)
        broken = break_formula(formula, random)
        if broken and random.random() < 0.2:
            yield broken


def break_formula(formula: str, random: Random) -> str | None:
    """`formula` with one to three slips; None where none applied."""
    broken = formula
    for _ in range(random.choice(_SLIP_COUNTS)):
        made = make_slip(broken, random)
        if made is not None:
            broken = normalise(made[1])
    return broken if broken != formula and broken.strip() else None


def completion_example(random: Random, held_back: bool = False) -> Example:
    """A whole formula: every beginning of it is a prompt, so all of it is learnt."""
    text = tasks.completion_text(draw_typed_formula(random, held_back))
    return Example("completion", vocabulary.COMPLETE, text.removeprefix(vocabulary.COMPLETE))


def repair_example(random: Random, held_back: bool = False) -> Example:
    """A broken formula and the right one; one in fifty is right already and stays as it is."""
    while True:
        formula = draw_typed_formula(random, held_back)
        broken = formula if random.random() < 0.02 else break_formula(formula, random)
        if broken:
            prompt = tasks.repair_prompt(broken)
            return Example("repair", prompt.text, prompt.write(formula))


def formula_example(random: Random, held_back: bool = False) -> Example:
    """A region of a workbook hidden, its first formula asked for; sometimes only one cell inside it."""
    while True:
        workbook = generate_workbook(random)
        regions = [
            region
            for region in workbook.regions
            if is_held_back(region.formula) == held_back and not is_excluded(region.formula)
        ]
        if not regions:
            continue
        region = random.choice(regions)
        hidden, cell = region.cells, region.cells[0]
        if len(hidden) >= 3 and random.random() < 0.25:
            cell = random.choice(hidden[1:])
            hidden = (cell,)
        sheet = workbook.snapshot.sheet(region.sheet)
        formula = sheet.formula(cell)
        assert formula is not None
        snapshot = workbook.snapshot.with_sheet(sheet.with_cells(dict.fromkeys(hidden)))
        prompt = formula_prompt(snapshot, region.sheet, cell)
        return Example("formula", prompt.text, prompt.write(formula))


_TASKS = {"completion": completion_example, "repair": repair_example, "formula": formula_example}


def stream(
    mixture: dict[str, float], seed: int, shard: int = 0, start: int = 0, held_back: bool = False
) -> Iterator[Example]:
    """Examples `start`, `start + 1`, ... of a shard; `mixture` weighs the tasks by name."""
    kinds, weights = list(mixture), list(mixture.values())
    index = start
    while True:
        random = Random(f"{seed}/{shard}/{index}")
        yield _TASKS[random.choices(kinds, weights)[0]](random, held_back)
        index += 1
