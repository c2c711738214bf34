"""Errors as they travel: from our tree's codes to the protocol's, and nothing of what else went wrong.

An exception that is not of our tree is a fault of ours: the pane hears `internal`, the log gets the place
without the message, which may hold a cell's text.
"""

from __future__ import annotations

import logging
import traceback

from cellwright.errors import CellwrightError, ServerBusy
from cellwright.protocol.handshake import ErrorCode, ErrorMessage
from cellwright.session.book import Book

log = logging.getLogger(__name__)

_CODES: dict[str, ErrorCode] = {
    "usage": "usage",
    "reference_syntax": "usage",
    "formula_syntax": "formula_syntax",
    "formula_too_long": "formula_syntax",
    "formula_too_deep": "formula_syntax",
    "workbook": "workbook",
    "not_a_workbook": "workbook",
    "unsupported_format": "workbook",
    "workbook_corrupt": "workbook",
    "limit_exceeded": "limit_exceeded",
    "edit": "edit",
    "edit_syntax": "edit",
    "unsupported_write": "edit",
    "stale": "stale",
    "file_changed": "stale",
    "calc": "calc",
    "calc_timeout": "calc",
    "calc_worker_died": "calc",
    "store": "store",
    "model": "model",
    "busy": "busy",
    "malformed": "malformed",
    "out_of_order": "out_of_order",
    "unknown_workbook": "unknown_workbook",
    "unknown_suggestion": "unknown_suggestion",
    "revision_mismatch": "revision_mismatch",
}
_RETRY_MS = 500
_INTERNAL = "the server failed; its log says where"


def code_of(error: Exception) -> ErrorCode:
    """The protocol's code of an error; `internal` where it is not of our tree."""
    return _CODES.get(error.code, "internal") if isinstance(error, CellwrightError) else "internal"


def log_failure(error: Exception) -> None:
    """Where a request failed; what the failure says may hold cells and is told at DEBUG only."""
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f"{last[0].filename}:{last[0].lineno}" if last else "nowhere"
    log.error("a request failed with %s at %s", type(error).__name__, place)
    log.debug("the failure in full", exc_info=error)


def error_of(error: Exception, request_id: str | None, book: Book | None = None) -> ErrorMessage:
    """The message that tells a pane of a failure."""
    code = code_of(error)
    if code == "internal":
        log_failure(error)
    retry_after_ms = None
    if code == "busy":
        retry_after_ms = error.retry_after_ms if isinstance(error, ServerBusy) else _RETRY_MS
    return ErrorMessage(
        code=code,
        message=_INTERNAL if code == "internal" else " ".join(str(error).split()),
        request_id=request_id,
        workbook_id=None if book is None else book.id,
        revision=None if book is None else book.revision,
        retry_after_ms=retry_after_ms,
    )
