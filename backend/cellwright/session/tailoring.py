"""What serves a workspace: the version in force with what outcomes taught the ranker since.

The registry's state is looked at before every request (one stat of one file), so that a promotion or rollback
by any process takes effect between two requests. Adapters are loaded into the engine's slots while it goes on
answering; a version that can't be loaded is told in the log and what everybody has serves in its place. A
share of the workbooks, the same ones each time, gets the canary.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cellwright.edits.model import SetFormulas
from cellwright.engine import Engine
from cellwright.errors import CellwrightError, FormulaSyntaxError, ModelError
from cellwright.feedback.model import Outcome, OutcomeKind
from cellwright.formula import normalise
from cellwright.proposers.experts import EXPERTS
from cellwright.proposers.language import LanguageProposer
from cellwright.proposers.library import read_library
from cellwright.proposers.model import Proposer
from cellwright.proposers.retrieval import Retrieval
from cellwright.rank.online import Lesson, OnlineRanker
from cellwright.rank.rank import Ranker, Weights, shipped_ranker
from cellwright.rank.stored import read_stored_ranker
from cellwright.registry.versions import Registry, State
from cellwright.suggest.model import Suggestion, Suggestions

log = logging.getLogger(__name__)

_KEPT_REQUESTS = 500
_KEPT_ADAPTERS = 6


@dataclass(frozen=True)
class Serving:
    """What one request is answered with. `version` is None for what everybody has."""

    version: str | None
    experts: Sequence[Proposer]
    cut: Weights
    alone: Weights
    together: Weights
    adapter: str | None = None

    def language(self, shared: LanguageProposer | None) -> LanguageProposer | None:
        """The language model as this version has it."""
        if shared is None or self.adapter is None or not isinstance(shared.model, Engine):
            return shared
        return LanguageProposer(shared.model.adapted(self.adapter), shared.label, adapter=self.version)


@dataclass(frozen=True)
class _Loaded:
    """A version in memory."""

    ranker: Ranker
    experts: Sequence[Proposer]
    adapter: str | None


@dataclass(frozen=True)
class _Asked:
    """A request's candidates, so that its outcome can teach."""

    version: str | None
    context: str
    candidates: tuple[Suggestion, ...]


class Tailoring:
    """See the module; called from the service's threads."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._lock = threading.Lock()
        self._shipped = _Loaded(shipped_ranker(), EXPERTS, None)
        self._registries: dict[str, Registry] = {}
        self._states: dict[str, tuple[int, State]] = {}
        self._loaded: OrderedDict[tuple[str, str], _Loaded] = OrderedDict()
        self._rankers: dict[tuple[str, str | None], OnlineRanker] = {}
        self._asked: OrderedDict[str, _Asked] = OrderedDict()

    def serving(self, workspace: str, book_id: str, language: LanguageProposer | None) -> Serving:
        """What a request about a workbook is answered with."""
        with self._lock:
            state = self._state(workspace)
            version = state.current
            if state.canary is not None and _part_of(state.canary, book_id) < state.share:
                version = state.canary
            loaded = self._shipped
            if version is not None:
                try:
                    loaded = self._load(workspace, version, language)
                except CellwrightError as error:
                    log.error("version %s can't serve, what is shipped does: %s", version, error)
                    version = None
            online = self._online(workspace, version)
            ranker = loaded.ranker
            return Serving(
                version,
                loaded.experts,
                ranker.cut,
                online.weights(ranker.experts),
                online.weights(ranker.model),
                loaded.adapter,
            )

    def remember(self, found: Suggestions) -> None:
        """Keep a request's candidates until its outcome comes."""
        with self._lock:
            version = found.candidates[0].adapter if found.candidates else None
            asked = _Asked(version, found.context_hash, found.candidates)
            for suggestion in found.candidates:
                if suggestion.is_shown:
                    self._asked[suggestion.id] = asked
            while len(self._asked) > _KEPT_REQUESTS:
                self._asked.popitem(last=False)

    def learn(self, workspace: str, outcome: Outcome) -> bool:
        """Let the ranker learn from an outcome, for the next request on; False where it says nothing."""
        if not outcome.was_shown or outcome.kind not in _HUMAN:
            return False
        with self._lock:
            asked = self._asked.get(outcome.suggestion_id)
            if asked is None:
                return False
            lesson = lesson_of(asked.candidates, outcome, asked.context)
            if lesson is None:
                return False
            loaded = self._shipped
            if asked.version is not None:
                loaded = self._loaded.get((workspace, asked.version), self._shipped)
            with_model = asked.candidates[0].model is not None
            online = self._online(workspace, asked.version)
            if not online.learn(loaded.ranker.model if with_model else loaded.ranker.experts, lesson):
                return False
            online.write(self.registry(workspace).online(asked.version))
            return True

    def registry(self, workspace: str) -> Registry:
        """The versions of a workspace."""
        return self._registries.setdefault(workspace, Registry(self._home, workspace))

    def _state(self, workspace: str) -> State:
        registry = self.registry(workspace)
        try:
            changed = registry.state_file.stat().st_mtime_ns
        except OSError:
            return State()
        known = self._states.get(workspace)
        if known is not None and known[0] == changed:
            return known[1]
        try:
            state = registry.state()
        except CellwrightError as error:
            log.error("%s", error)
            return known[1] if known is not None else State()
        self._states[workspace] = (changed, state)
        return state

    def _online(self, workspace: str, version: str | None) -> OnlineRanker:
        key = (workspace, version)
        if key not in self._rankers:
            path = self.registry(workspace).online(version)
            try:
                self._rankers[key] = OnlineRanker.read(path)
            except CellwrightError as error:
                log.error("the ranker starts anew: %s", error)
                self._rankers[key] = OnlineRanker()
        return self._rankers[key]

    def _load(self, workspace: str, name: str, language: LanguageProposer | None) -> _Loaded:
        key = (workspace, name)
        engine = None if language is None else language.model
        known = self._loaded.get(key)
        if known is not None and (known.adapter is not None or not isinstance(engine, Engine)):
            self._loaded.move_to_end(key)
            return known
        registry = self.registry(workspace)
        version, path = registry.version(name), registry.path(name)
        ranker = self._shipped.ranker
        if (path / "ranker.json").is_file():
            ranker = read_stored_ranker(path / "ranker.json")
        experts = self._shipped.experts
        if (path / "library.zst").is_file():
            experts = (*experts, Retrieval(read_library(path / "library.zst")))
        adapter = None
        if version.base and isinstance(engine, Engine):
            if version.base != engine.name:
                raise ModelError(f"expected an adapter of the model {engine.name}, got one of {version.base}")
            adapter = f"{self.registry(workspace).folder.name}/{name}"
            engine.load_adapter(adapter, path / "adapter")
        loaded = self._loaded[key] = _Loaded(ranker, experts, adapter)
        self._make_room(engine)
        return loaded

    def _make_room(self, engine: object) -> None:
        adapted = [key for key, loaded in self._loaded.items() if loaded.adapter is not None]
        for key in adapted[: max(0, len(adapted) - _KEPT_ADAPTERS)]:
            old = self._loaded.pop(key)
            if old.adapter is not None and isinstance(engine, Engine):
                engine.unload_adapter(old.adapter)


_HUMAN = (OutcomeKind.ACCEPTED, OutcomeKind.EDITED, OutcomeKind.REJECTED)


def lesson_of(candidates: Sequence[Suggestion], outcome: Outcome, context: str) -> Lesson | None:
    """What an outcome says of its request's candidates; None where the suggestion is not among them."""
    position = next((i for i, s in enumerate(candidates) if s.id == outcome.suggestion_id), None)
    if position is None:
        return None
    features = [suggestion.candidate.features for suggestion in candidates]
    identity = hashlib.sha256(f"{context}|{outcome.user}".encode()).hexdigest()[:16]
    if outcome.kind is OutcomeKind.ACCEPTED and outcome.final_text is None:
        return Lesson(features, position, identity=identity)
    final = None if outcome.final_text is None else _identity(outcome.final_text, candidates[position])
    wanted = next((i for i, s in enumerate(candidates) if _formula(s) == final), None) if final else None
    if outcome.kind is OutcomeKind.ACCEPTED:
        return Lesson(features, position if wanted is None else wanted, identity=identity)
    return Lesson(features, wanted, rejected=None if final else position, identity=identity)


def _formula(suggestion: Suggestion) -> str | None:
    edit = suggestion.candidate.edits[0] if suggestion.candidate.edits else None
    if not isinstance(edit, SetFormulas) or edit.formulas[0][0] is None:
        return None
    return _identity(edit.formulas[0][0], suggestion)


def _identity(formula: str, suggestion: Suggestion) -> str | None:
    try:
        return normalise(formula, suggestion.target.range.first)
    except FormulaSyntaxError:
        return None


def _part_of(version: str, book_id: str) -> float:
    """A number from 0 to 1 that a workbook keeps while a version is a canary."""
    return int.from_bytes(hashlib.sha256(f"{version}|{book_id}".encode()).digest()[:4], "big") / 2**32
