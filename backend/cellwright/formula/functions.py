"""What is known of Excel's functions: their arguments, whether volatile, reaching out, prefixed in files.

The facts are in `functions.txt` beside this file, in a table that we wrote; it says what its columns mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

MAX_ARGUMENTS = 255
_SIGNATURE = re.compile(r"([a-z]*)(?:\[([a-z]*)(?:\(([a-z]+)\))?\])?(?:\(([a-z]+)\))?")


class ArgumentKind(StrEnum):
    """What an argument is for, roughly; values are the letters of the table."""

    NUMBER = "n"
    TEXT = "s"
    LOGICAL = "b"
    DATE = "d"
    VALUE = "v"
    CRITERION = "c"
    RANGE = "r"
    ARRAY = "a"
    LAMBDA = "l"


@dataclass(frozen=True, slots=True)
class Function:
    """One worksheet function; `repeated` are the kinds that repeat after the others."""

    name: str
    category: str
    required: tuple[ArgumentKind, ...]
    optional: tuple[ArgumentKind, ...]
    repeated: tuple[ArgumentKind, ...]
    is_volatile: bool = False
    reaches_out: bool = False
    hides: bool = False
    is_macro: bool = False
    file_prefix: str = ""

    @property
    def min_arguments(self) -> int:
        """The fewest arguments it takes."""
        return len(self.required)

    @property
    def max_arguments(self) -> int:
        """The most arguments it takes; Excel's limit is 255."""
        return MAX_ARGUMENTS if self.repeated else len(self.required) + len(self.optional)

    def kind(self, index: int) -> ArgumentKind | None:
        """The kind of the argument at a zero-based position; None past the last."""
        fixed = self.required + self.optional
        if index < len(fixed):
            return fixed[index]
        return self.repeated[(index - len(fixed)) % len(self.repeated)] if self.repeated else None

    def takes(self, count: int) -> bool:
        """Whether it can be called with that many arguments."""
        return self.min_arguments <= count <= self.max_arguments


@cache
def functions() -> dict[str, Function]:
    """All functions by name, in capitals."""
    found: dict[str, Function] = {}
    category = ""
    for line in files(__package__).joinpath("functions.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            category = line[1:-1]
        elif line and not line.startswith("#"):
            name, signature, *flags = line.split()
            found[name] = _function(name, category, signature, frozenset(flags))
    return found


def _function(name: str, category: str, signature: str, flags: frozenset[str]) -> Function:
    match = _SIGNATURE.fullmatch(signature.replace("-", ""))
    unknown = flags - {"volatile", "reaches", "hides", "file", "fileweb", "macro"}
    if match is None or unknown:
        raise ValueError(
            f"expected a signature and flags as functions.txt explains, got {name} {signature} {flags}"
        )
    required, optional, optional_tail, tail = (
        tuple(ArgumentKind(letter) for letter in letters or "") for letters in match.groups()
    )
    return Function(
        name=name,
        category=category,
        required=required,
        optional=optional,
        repeated=optional_tail or tail,
        is_volatile="volatile" in flags,
        reaches_out="reaches" in flags,
        hides="hides" in flags,
        is_macro="macro" in flags,
        file_prefix="_xlfn._xlws." if "fileweb" in flags else "_xlfn." if "file" in flags else "",
    )


def known_function(name: str) -> Function | None:
    """The function of that name (any case, without a file's prefix); None where Excel has none."""
    return functions().get(name.upper())
