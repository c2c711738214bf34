"""The experts that work without a language model, in the order in which equal offers are kept."""

from __future__ import annotations

from cellwright.proposers.aggregates import Aggregates
from cellwright.proposers.analogy import Analogy
from cellwright.proposers.carry import Carry
from cellwright.proposers.consistency import Consistency
from cellwright.proposers.continuation import Continuation
from cellwright.proposers.crossref import CrossReference
from cellwright.proposers.crosstotals import CrossTotals
from cellwright.proposers.dress import Dress
from cellwright.proposers.example import Example
from cellwright.proposers.formats import Formats
from cellwright.proposers.lookup import Lookup
from cellwright.proposers.model import Proposer
from cellwright.proposers.moves import Moves
from cellwright.proposers.names import Names
from cellwright.proposers.pairs import Pairs
from cellwright.proposers.refill import Refill
from cellwright.proposers.series import Series
from cellwright.proposers.siblings import Siblings

EXPERTS: tuple[Proposer, ...] = (
    Siblings(),
    Series(),
    Aggregates(),
    Analogy(),
    CrossReference(),
    CrossTotals(),
    Carry(),
    Pairs(),
    Names(),
    Moves(),
    Refill(),
    Dress(),
    Lookup(),
    Consistency(),
    Example(),
    Continuation(),
    Formats(),
)
