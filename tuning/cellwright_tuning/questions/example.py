"""One harvested question, as it lies on disk between harvest and fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellwright.ask.questions.features import Arrays


@dataclass(frozen=True)
class Example:
    """One question: arrays of its candidates, which are right, which give the same answer (ids)."""

    id: str
    fold: int
    arrays: Arrays
    right: NDArray[np.bool_]
    answer: NDArray[np.int32]
