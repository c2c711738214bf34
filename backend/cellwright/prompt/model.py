"""What proposers need of a language model; the engine provides it, for training runs a torch engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from .tasks import Prompt


@dataclass(frozen=True)
class Answer:
    """What a model wrote after a prompt, with the log-probability (nats) of all its tokens and the end."""

    text: str
    log_probability: float


class LanguageModel(Protocol):
    """Generates answers and scores given ones."""

    def generate(self, prompt: Prompt, count: int) -> list[Answer]:
        """The `count` most likely answers of a beam search, most likely first; all that `prompt` admits."""

    def score(self, prompt: Prompt, answers: Sequence[str]) -> list[float]:
        """Log-probability (nats) of each answer and its end."""
