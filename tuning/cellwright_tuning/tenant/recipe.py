"""Recipes of tuning: a TOML file read strictly, so that a mistyped key is told and not ignored."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from cellwright.errors import UsageError

_Table = TypeVar("_Table")
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


class Method(StrEnum):
    """How an adapter learns."""

    SUPERVISED = "supervised"
    DPO = "dpo"
    KTO = "kto"
    GRPO = "grpo"


@dataclass(frozen=True)
class AdapterShape:
    """LoRA: `y += alpha / rank * B A x` beside the projections."""

    rank: int = 16
    alpha: int = 32
    targets: list[str] = field(default_factory=lambda: list(PROJECTIONS))

    def __post_init__(self) -> None:
        _expect(1 <= self.rank <= 256, "a rank from 1 to 256", self.rank)
        _expect(self.alpha > 0, "a positive alpha", self.alpha)
        unknown = sorted(set(self.targets) - set(PROJECTIONS))
        _expect(bool(self.targets) and not unknown, f"targets among {', '.join(PROJECTIONS)}", self.targets)


@dataclass(frozen=True)
class Rollouts:
    """Answers that GRPO draws in the environment."""

    prompts_per_step: int = 6
    group: int = 6
    temperature: float = 1.0
    max_tokens: int = 48
    max_prompt_tokens: int = 448
    clip: float = 0.2
    kl: float = 0.02


@dataclass(frozen=True)
class Training:
    """One phase: how an adapter learns, how long at most, from how much at a time."""

    method: Method = Method.SUPERVISED
    steps: int = 200
    minutes: float = 10.0
    learning_rate: float = 1e-3
    tokens_per_step: int = 8192
    max_tokens: int = 512
    replay: float = 0.2
    warmup_steps: int = 10
    clip_norm: float = 1.0
    beta: float = 0.1
    checkpoint_every: int = 20
    seed: int = 1
    rollouts: Rollouts = field(default_factory=Rollouts)

    def __post_init__(self) -> None:
        object.__setattr__(self, "method", _method(self.method))
        _expect(self.steps >= 1, "at least one step", self.steps)
        _expect(self.minutes > 0, "a positive number of minutes", self.minutes)
        _expect(self.learning_rate > 0, "a positive learning rate", self.learning_rate)
        _expect(0 <= self.replay < 1, "a share of replayed data from 0 to below 1", self.replay)
        _expect(self.tokens_per_step >= self.max_tokens >= 32, "tokens_per_step >= max_tokens >= 32",
                (self.tokens_per_step, self.max_tokens))  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """A whole run: phases one after another on one adapter, within `minutes` and `memory_mb` in all."""

    name: str
    phases: list[Training] = field(default_factory=list)
    adapter: AdapterShape = field(default_factory=AdapterShape)
    minutes: float = 25.0
    memory_mb: int = 8192
    threads: int = 2
    ranker_tasks: int = 800
    gate_tasks: int = 200
    gate_general: int = 20

    def __post_init__(self) -> None:
        _expect(bool(self.name.strip()), "a name", self.name)
        _expect(self.minutes > 0, "a positive number of minutes", self.minutes)
        _expect(self.memory_mb >= 512, "a memory of at least 512 MiB", self.memory_mb)
        _expect(self.threads >= 1, "at least one thread", self.threads)


def read_recipe(path: Path) -> Recipe:
    """A recipe; raises UsageError that names an unknown key or a value of the wrong kind."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"expected a recipe, got {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"expected TOML in {path.name}: {error}") from error
    return recipe_of(table, path.name)


def recipe_of(table: dict[str, Any], where: str) -> Recipe:
    """A recipe from its table."""
    if "name" not in table:
        raise UsageError(f"expected a name in {where}, got none")
    return _read(Recipe, table, where)


def _read(kind: type[_Table], table: dict[str, Any], where: str) -> _Table:
    hints = get_type_hints(kind)
    known = [entry.name for entry in fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(table) - set(known))
    if unknown:
        raise UsageError(f"expected the keys {', '.join(known)} in {where}, got {', '.join(unknown)}")
    values: dict[str, Any] = {}
    for name, value in table.items():
        hint, at = hints[name], f"{where}: {name}"
        if hint == list[Training]:
            if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
                raise UsageError(f"expected tables [[{name}]], got {value!r} ({where})")
            values[name] = [_read(Training, entry, f"{at}[{i}]") for i, entry in enumerate(value)]
        elif isinstance(hint, type) and is_dataclass(hint):
            if not isinstance(value, dict):
                raise UsageError(f"expected a table, got {value!r} ({at})")
            values[name] = _read(hint, value, at)
        else:
            values[name] = _value(hint, value, at)
    try:
        return kind(**values)
    except UsageError as error:
        raise UsageError(f"{error} ({where})") from error


def _value(hint: Any, value: Any, at: str) -> Any:
    kinds: dict[Any, tuple[type, ...]] = {float: (int, float), int: (int,), str: (str,), Method: (str,)}
    if not isinstance(value, kinds.get(hint, (list,))) or isinstance(value, bool):
        raise UsageError(f"expected {getattr(hint, '__name__', 'a list')}, got {value!r} ({at})")
    return float(str(value)) if hint is float else value


def _method(value: str) -> Method:
    try:
        return Method(value)
    except ValueError as error:
        raise UsageError(f"expected a method of {', '.join(Method)}, got {value!r}") from error


def _expect(holds: bool, what: str, got: object) -> None:
    if not holds:
        raise UsageError(f"expected {what}, got {got!r}")
