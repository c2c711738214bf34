"""A planner on our own engine: an imported instruct model, its chat template, and the grammar of plans.

What strangers wrote cannot speak as the system or end the user's turn: every special token of the model's
vocabulary that stands in a message is broken up before the template sees it.
"""

from __future__ import annotations

import threading

from cellwright.ask.planner.messages import INSTRUCTION
from cellwright.ask.planner.model import ContextFull, Message
from cellwright.engine import Engine
from cellwright.engine.formula_grammar import Scope
from cellwright.engine.plan_grammar import PlanGrammar
from cellwright.errors import CellwrightError, ModelError, PlannerError, UsageError
from cellwright.registry.imported import ImportedModel
from cellwright.workbook.model import Snapshot

MAX_TOKENS = 512
_CHARACTERS_A_TOKEN = 2
_FEWEST_TOKENS = 1_024


class EnginePlanner:
    """See the module. Opens the model; close it."""

    def __init__(self, model: ImportedModel, *, threads: int = 0, max_tokens: int = MAX_TOKENS) -> None:
        self._model = model
        self._template = model.chat_template()
        self._max_tokens = max_tokens
        self._engine = Engine.open(model.weights, threads=threads, end=model.end)
        context = self._engine.decoder.context
        if context < max_tokens + _FEWEST_TOKENS:
            self._engine.close()
            raise ModelError(f"expected a context of {max_tokens + _FEWEST_TOKENS:,} tokens, got {context:,}")

    @property
    def name(self) -> str:
        """The name that it was imported under."""
        return self._model.name

    @property
    def most_characters(self) -> int:
        """As much as likely leaves room for the instruction and an answer."""
        room = self._engine.decoder.context - self._max_tokens
        return max(500, room * _CHARACTERS_A_TOKEN - len(INSTRUCTION))

    @property
    def is_local(self) -> bool:
        """Always."""
        return True

    def complete(self, messages: list[Message], snapshot: Snapshot, stop: threading.Event) -> str:
        """The likeliest plan, token by token; raises PlannerError where none is whole in time."""
        scope = Scope(
            frozenset(name.upper() for name in snapshot.sheet_names),
            frozenset(table.name.upper() for table in snapshot.tables),
            frozenset(name.name.upper() for name in snapshot.names),
        )
        grammar = PlanGrammar(self._engine.tokenizer, snapshot.sheet_names, scope)
        try:
            found = self._engine.complete(
                self.prompt(messages),
                grammar=grammar,
                max_tokens=self._max_tokens,
                is_cancelled=stop.is_set,
            )
        except UsageError as error:
            raise ContextFull(f"the workbook does not fit its context: {error}") from error
        except CellwrightError as error:
            raise PlannerError(str(error)) from error
        if not found:
            raise PlannerError(f"it wrote no whole plan within {self._max_tokens} tokens")
        return found[0].text

    def prompt(self, messages: list[Message]) -> str:
        """What the model reads: the messages in its template, nothing in them a marker of the template."""
        special = self._engine.tokenizer.special
        return self._template.render(
            [{"role": message.role, "content": plain(message.content, special)} for message in messages]
        )

    def close(self) -> None:
        """Free the engine."""
        self._engine.close()


def plain(text: str, special: set[str]) -> str:
    """The text with every special token in it broken by a space, so that it is read as text."""
    while True:
        found = next((token for token in special if token and token in text), None)
        if found is None:
            return text
        text = text.replace(found, f"{found[0]} {found[1:]}" if len(found) > 1 else " ")
