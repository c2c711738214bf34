"""Values on the pipe, as JSON has them; the worker's side needs no more of Cellwright than this.

A number, text, truth value or blank is itself; an Excel error is `{"e": "#N/A"}`; what is no value of Excel's
(a function the engine lacks, a circular reference, NaN) is `{"x": reason}`.
"""

from __future__ import annotations

Wire = float | str | bool | dict[str, str] | None
