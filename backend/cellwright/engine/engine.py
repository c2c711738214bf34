"""The engine: one model, its prefix cache and its adapters behind `generate` and `score`.

Requests run one at a time, in order of arrival; past `max_waiting` of them further ones are refused as
busy, which is better than answering them late. Nothing here imports torch.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cellwright.engine.beam import beam_search
from cellwright.engine.formula_grammar import FormulaGrammar, Scope
from cellwright.engine.grammar import AnswerFilter, Both, Grammar
from cellwright.engine.prefix import PrefixCache
from cellwright.engine.runtime import Runtime
from cellwright.engine.sampling import Cancelled, Completion, greedy, sampled
from cellwright.engine.tokenizer import TextTokenizer
from cellwright.errors import EngineBusy, ModelError, UsageError
from cellwright.prompt.model import Answer
from cellwright.prompt.tasks import Prompt
from cellwright_kernels.cache import BLOCK
from cellwright_kernels.checkpoint import quantize_checkpoint
from cellwright_kernels.decoder import Decoder
from cellwright_kernels.errors import KernelError

MAX_ANSWER_TOKENS = 120


class Engine:
    """A running model. Use `Engine.open`; close it with `close` or as a context manager."""

    def __init__(self, decoder: Runtime, name: str, max_waiting: int = 256, end: str = "") -> None:
        self.name = name
        self.decoder = decoder
        self.tokenizer = TextTokenizer(decoder.tokenizer_json, decoder.vocab_size, end)
        self.prefixes = PrefixCache(decoder)
        self._adapters: dict[str, int] = {}
        self._turn = threading.Lock()
        self._waiting = threading.Semaphore(max_waiting)

    @staticmethod
    def open(
        path: Path, *, bits: int = 4, cache: Path | None = None, threads: int = 0, end: str = ""
    ) -> Engine:
        """Open a weight file, or a Hugging Face directory that is quantized first (into `cache`).

        `end` is the token that ends an answer, by default the one that the tokenizer is known to have.
        Raises ModelError where the file or directory is not a model that the kernels run.
        """
        try:
            if path.is_dir():
                target = (cache or path) / f"model.{bits}bit.cellwright"
                newest = max((p.stat().st_mtime_ns for p in path.glob("*.safetensors")), default=0)
                if not target.is_file() or target.stat().st_mtime_ns < newest:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    quantize_checkpoint(path, target, bits)  # type: ignore[arg-type]
                path = target
            decoder = Decoder(path, threads=threads)
            return Engine(decoder, decoder.weights.digest[:12], end=end)
        except KernelError as error:
            raise ModelError(str(error)) from error

    def close(self) -> None:
        """Free the decoder's threads and memory."""
        self.decoder.shutdown()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load_adapter(self, name: str, folder: Path) -> None:
        """Load a LoRA directory (peft's layout) under a name; a name already taken is replaced."""
        try:
            with self._in_turn():
                slot = self.decoder.load_adapter_folder(folder)
                old = self._adapters.pop(name, None)
                self._adapters[name] = slot
                if old is not None:
                    self._free_slot(old)
        except KernelError as error:
            raise ModelError(str(error)) from error

    def unload_adapter(self, name: str) -> None:
        """Unload an adapter by its name."""
        with self._in_turn():
            self._free_slot(self._slot(name))
            del self._adapters[name]

    def complete(
        self,
        prefix: str,
        *,
        grammar: Grammar | None = None,
        n: int = 1,
        temperature: float = 0.0,
        seed: int = 0,
        max_tokens: int = MAX_ANSWER_TOKENS,
        adapter: str | None = None,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> list[Completion]:
        """Answers to a prefix, most likely first.

        temperature 0: beam search of width `n` (for n = 1 without a grammar, greedy with speculation).
        Else `n` samples, the same for the same seed whatever else the engine does. Raises Cancelled, and
        UsageError for a prefix longer than the context.
        """
        ids = self._prefix_ids(prefix, max_tokens)

        def check() -> None:
            if is_cancelled():
                raise Cancelled("the request was taken back")

        with self._in_turn():
            slot = self._slot(adapter)
            if temperature > 0:
                return self._samples(ids, grammar, n, temperature, seed, max_tokens, slot, check)
            sequence = self.prefixes.open(ids, slot, check, answers=n * (max_tokens + 2 * BLOCK))
            if n == 1 and grammar is None:
                try:
                    tokens, total, whole = greedy(
                        self.decoder,
                        sequence,
                        ids,
                        end=self.tokenizer.end,
                        max_tokens=max_tokens,
                        adapter=slot,
                        check=check,
                    )
                finally:
                    self.decoder.close(sequence)
                return [Completion(self.tokenizer.decode(tokens), tuple(tokens), total, whole)]
            found = beam_search(
                self.decoder,
                sequence,
                ids[-1],
                width=n,
                end=self.tokenizer.end,
                max_tokens=max_tokens,
                adapter=slot,
                grammar=grammar,
                check=check,
            )
        return [Completion(self.tokenizer.decode(t), t, total, True) for t, total in found]

    def log_probabilities(
        self, prefix: str, answers: Sequence[str], *, adapter: str | None = None
    ) -> list[float]:
        """Log-probability (nats) of each answer and its end; all answers in one pass after the prefix."""
        tails = [[*self.tokenizer.encode(answer), self.tokenizer.end] for answer in answers]
        if not tails:
            return []
        ids = self._prefix_ids(prefix, max(map(len, tails)))
        with self._in_turn():
            slot = self._slot(adapter)
            sequence = self.prefixes.open(ids, slot, answers=sum(len(tail) + 2 * BLOCK for tail in tails))
            try:
                scores = self.decoder.score_continuations(sequence, ids[-1], tails, adapter=slot)
            finally:
                self.decoder.close(sequence)
        return [float(part.sum()) for part in scores]

    def generate(self, prompt: Prompt, count: int, *, adapter: str | None = None) -> list[Answer]:
        """The `count` most likely formulas that a prompt admits (the `LanguageModel` of proposers).

        A text typed so far that no formula we write begins with (an external reference, a function of the
        person's own) is completed without the grammar; the caller's parser judges it.
        """
        grammar: Grammar | None = None
        scope = Scope(prompt.sheets, prompt.tables, prompt.names)
        formula = FormulaGrammar(self.tokenizer, scope, stem=prompt.stem)
        if formula.is_open:
            grammar = formula
        if len(prompt.typed) != len(prompt.stem):
            typed = AnswerFilter(
                self.tokenizer, prompt.admits, lambda text: prompt.read(text).startswith(prompt.typed)
            )
            grammar = Both(grammar, typed) if grammar else typed
        found = self.complete(prompt.text, grammar=grammar, n=count, adapter=adapter)
        return [Answer(c.text, c.log_probability) for c in found if c.is_whole]

    def score(self, prompt: Prompt, answers: Sequence[str], *, adapter: str | None = None) -> list[float]:
        """Log-probability (nats) of each answer and its end (the `LanguageModel` of proposers)."""
        return self.log_probabilities(prompt.text, answers, adapter=adapter)

    def adapted(self, adapter: str) -> AdaptedModel:
        """This engine as the model that answers with a loaded adapter."""
        return AdaptedModel(self, adapter)

    def _samples(
        self,
        ids: list[int],
        grammar: Grammar | None,
        n: int,
        temperature: float,
        seed: int,
        max_tokens: int,
        slot: int,
        check: Callable[[], None],
    ) -> list[Completion]:
        drawn: list[Completion] = []
        for index in range(n):
            generator = np.random.Generator(np.random.Philox(key=[seed, index]))
            sequence = self.prefixes.open(ids, slot, check)
            try:
                tokens, total, whole = sampled(
                    self.decoder,
                    sequence,
                    ids[-1],
                    temperature=temperature,
                    uniform=generator.random,
                    end=self.tokenizer.end,
                    max_tokens=max_tokens,
                    adapter=slot,
                    grammar=grammar,
                    encode=self.tokenizer.encode,
                    check=check,
                )
            finally:
                self.decoder.close(sequence)
            drawn.append(Completion(self.tokenizer.decode(tokens), tuple(tokens), total, whole))
        return sorted(drawn, key=lambda c: -c.log_probability)

    def _prefix_ids(self, prefix: str, max_tokens: int) -> list[int]:
        ids = self.tokenizer.encode(prefix)
        if not ids:
            raise UsageError("expected a prefix with at least one token, got an empty one")
        if len(ids) + max_tokens > self.decoder.context:
            raise UsageError(
                f"expected a prefix that leaves {max_tokens} of {self.decoder.context} tokens for the "
                f"answer, got one of {len(ids)}"
            )
        return ids

    def _slot(self, adapter: str | None) -> int:
        if adapter is None:
            return -1
        if adapter not in self._adapters:
            raise UsageError(f"expected a loaded adapter, got {adapter!r}")
        return self._adapters[adapter]

    def _free_slot(self, slot: int) -> None:
        self.prefixes.forget_adapter(slot)
        self.decoder.unload_adapter(slot)

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._waiting.acquire(blocking=False):
            raise EngineBusy("the model has too many requests waiting; try again")
        try:
            with self._turn:
                yield
        except KernelError as error:
            raise ModelError(str(error)) from error
        finally:
            self._waiting.release()


@dataclass(frozen=True)
class AdaptedModel:
    """An engine that answers with one of its adapters (a `LanguageModel` of proposers)."""

    engine: Engine
    adapter: str

    def generate(self, prompt: Prompt, count: int) -> list[Answer]:
        """See `Engine.generate`."""
        return self.engine.generate(prompt, count, adapter=self.adapter)

    def score(self, prompt: Prompt, answers: Sequence[str]) -> list[float]:
        """See `Engine.score`."""
        return self.engine.score(prompt, answers, adapter=self.adapter)
