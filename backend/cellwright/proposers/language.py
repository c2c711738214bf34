"""The language model at a place of a workbook: it proposes formulas, and says how likely everybody's are.

It reads the place's context (`prompt.context`) and writes under the grammar of formulas with the workbook's
own sheets, tables and names, so that nothing it proposes is unknown to the workbook. Where the context is too
long for the model, or what is typed begins no formula, it has no opinion. Formulas only, for the first cell
of the target. Not covered: edits, ranges of different formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from cellwright.errors import FormulaSyntaxError, UsageError
from cellwright.formula import parse
from cellwright.prompt.model import LanguageModel
from cellwright.prompt.notation import normalise, scan
from cellwright.proposers.completion import propose_completions
from cellwright.proposers.model import Place, formula_candidate
from cellwright.proposers.template import Template, read_template
from cellwright.verify.model import Candidate

BEAMS = 4


class LanguageProposer:
    """A language model as one more proposer, and as the judge of all of them."""

    name = "model"

    def __init__(
        self, model: LanguageModel, label: str = "", beams: int = BEAMS, adapter: str | None = None
    ) -> None:
        """`label` is the name under which its suggestions are logged (a weight file's digest).

        `adapter` is the name of the adapter that `model` answers with.
        """
        self.model = model
        self.label = label
        self.adapter = adapter
        self._beams = beams

    def propose(self, place: Place) -> list[Candidate]:
        """The beams that read as formulas, most likely first, each with its log-probability (nats).

        Where something is typed, also what the model completes it to without the workbook.
        """
        return [*self._in_context(place), *self._as_text(place)]

    def _as_text(self, place: Place) -> list[Candidate]:
        if not place.typed.strip("= "):
            return []
        reason = "Often follows what is typed"
        return [
            formula_candidate(place, read_template(found.formula, place.cell), self.name, reason)
            for found in propose_completions(place.typed, self.model)
        ]

    def _in_context(self, place: Place) -> list[Candidate]:
        prompt = place.prompt
        try:
            answers = self.model.generate(prompt, self._beams)
        except UsageError:  # the context is longer than the model's
            return []
        best = answers[0].log_probability if answers else 0.0
        found: list[Candidate] = []
        for rank, answer in enumerate(answers):
            text = "=" + prompt.read(answer.text)
            if not _is_formula(text):
                continue
            template = read_template(text, place.cell)
            features = {
                "beam_first": float(rank == 0),
                "beam_nearness": 1.0 / (1.0 + best - answer.log_probability),
            }
            reason = "The model expects it here"
            candidate = formula_candidate(place, template, self.name, reason, (), features)
            found.append(replace(candidate, log_probability=answer.log_probability))
        return found

    def log_probabilities(self, place: Place, templates: Sequence[Template]) -> list[float] | None:
        """Log-probability (nats) of each formula at the place; None where the model has no opinion."""
        if not templates:
            return []
        prompt = place.prompt
        try:
            return self.model.score(prompt, [prompt.write(template.text) for template in templates])
        except (UsageError, ValueError):  # too long, or not what is typed
            return None


@lru_cache(maxsize=16)
def formula_size(formula: str) -> int:
    """The pieces of a formula and its end: what a log-probability is spread over."""
    return 1 + sum(lexeme.kind != "space" for lexeme in scan(normalise(formula)))


def _is_formula(text: str) -> bool:
    try:
        parse(text)
    except FormulaSyntaxError:
        return False
    return "#REF!" not in text
