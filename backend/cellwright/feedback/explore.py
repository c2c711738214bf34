"""A small slice of exploration: now and then a close rival of the best candidate stands first.

Without it the log only ever says how the current ranking's favourites fared, and nothing can be learned
about any other. With probability epsilon the first place is drawn uniformly from the best and its close
rivals, which are as well verified and nearly as likely; in all other requests the best stands first. So with
k of them

    propensity(best) = 1 - epsilon + epsilon / k,     propensity(rival) = epsilon / k

and these are logged with every candidate; the others' propensity of standing first is 0. Nobody is shown
anything that would not be shown otherwise: what is explored is an order.
"""

from __future__ import annotations

import random
from dataclasses import replace

from cellwright.suggest.model import Suggestion, Suggestions
from cellwright.verify.model import Status

CLOSE = 0.5
"""A rival is close that is at least this share as likely as the best."""


def explored(found: Suggestions, epsilon: float, chance: random.Random) -> Suggestions:
    """The suggestions with their propensities, perhaps with a rival in front."""
    shown = found.shown
    if not shown:
        return found
    best = shown[0]
    rivals = [s for s in shown if s is best or _is_rival(s, best)]
    drawn_from = {s.id for s in rivals}
    first = best
    if epsilon > 0 and len(rivals) > 1 and chance.random() < epsilon:
        first = chance.choice(rivals)
    each = epsilon / len(rivals)
    order = [first, *(s for s in found.candidates if s is not first)]
    return replace(
        found,
        candidates=tuple(
            replace(
                s,
                rank=number,
                propensity=1.0 - epsilon + each if s is best else each if s.id in drawn_from else 0.0,
            )
            for number, s in enumerate(order, start=1)
        ),
    )


def _is_rival(suggestion: Suggestion, best: Suggestion) -> bool:
    is_sound = suggestion.verdict.status in (Status.VERIFIED, best.verdict.status)
    return is_sound and suggestion.p_accept >= CLOSE * best.p_accept
