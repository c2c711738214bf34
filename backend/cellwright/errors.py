"""The tree of Cellwright's errors: what a person is told in one line, what a client gets as a code.

Excel's own errors (`#DIV/0!`, `#REF!`, ...) are values of cells and live in `cellwright.workbook.model`;
they are never raised. Messages say what was expected, what was got, and where.
"""

from __future__ import annotations

from typing import ClassVar


class CellwrightError(Exception):
    """Anything Cellwright refuses or cannot do; the message is one line for a person."""

    code: ClassVar[str] = "error"


class UsageError(CellwrightError):
    """The request itself makes no sense: an unknown sheet, a cell out of range, a missing argument."""

    code: ClassVar[str] = "usage"


class ReferenceSyntaxError(CellwrightError):
    """A text is not an A1 or R1C1 reference."""

    code: ClassVar[str] = "reference_syntax"


class FormulaSyntaxError(CellwrightError):
    """A text is not a formula Excel would take; `position` is where (0-based character offset)."""

    code: ClassVar[str] = "formula_syntax"

    def __init__(self, message: str, position: int = -1) -> None:
        super().__init__(message)
        self.position = position


class FormulaTooLong(FormulaSyntaxError):
    """A formula is longer than the 8,192 characters Excel takes."""

    code: ClassVar[str] = "formula_too_long"


class FormulaTooDeep(FormulaSyntaxError):
    """A formula nests deeper than the 64 levels Excel takes."""

    code: ClassVar[str] = "formula_too_deep"


class WorkbookError(CellwrightError):
    """A file cannot be read as a workbook."""

    code: ClassVar[str] = "workbook"


class NotAWorkbook(WorkbookError):
    """The file is missing, is no zip, or has no workbook part."""

    code: ClassVar[str] = "not_a_workbook"


class UnsupportedFormat(WorkbookError):
    """The file is a spreadsheet in a format that we do not take: .xls, .xlsb, .ods, encrypted, signed."""

    code: ClassVar[str] = "unsupported_format"


class WorkbookCorrupt(WorkbookError):
    """The file is a workbook but its parts contradict the format."""

    code: ClassVar[str] = "workbook_corrupt"


class LimitExceeded(WorkbookError):
    """The file or a part of it is over one of the limits that protect the reader."""

    code: ClassVar[str] = "limit_exceeded"


class EditError(CellwrightError):
    """An edit does not fit the snapshot it is applied to."""

    code: ClassVar[str] = "edit"


class EditSyntaxError(EditError):
    """A line is not an edit in the text form `OPERATION | Sheet!Range | value`."""

    code: ClassVar[str] = "edit_syntax"


class StaleEdit(EditError):
    """The cells that an edit was made for have changed in a way that it cannot be rebased onto."""

    code: ClassVar[str] = "stale"


class UnsupportedWrite(EditError):
    """The patch writer cannot write this edit into this file without loss."""

    code: ClassVar[str] = "unsupported_write"


class FileChanged(CellwrightError):
    """Another program replaced the file between reading and writing; nothing was written."""

    code: ClassVar[str] = "file_changed"


class CalcError(CellwrightError):
    """The calculation worker could not do what was asked; the verdict is then `unverified`."""

    code: ClassVar[str] = "calc"


class CalcTimeout(CalcError):
    """The worker took longer than its cap and was killed."""

    code: ClassVar[str] = "calc_timeout"


class CalcWorkerDied(CalcError):
    """The worker died (out of memory, killed, a fault in the engine)."""

    code: ClassVar[str] = "calc_worker_died"


class StoreError(CellwrightError):
    """The feedback store cannot be opened, read or written."""

    code: ClassVar[str] = "store"


class ModelError(CellwrightError):
    """A model, tokenizer or adapter cannot be loaded or run."""

    code: ClassVar[str] = "model"


class PlannerError(CellwrightError):
    """A larger model or its server gave no plan that can be used; requests are then read without it."""

    code: ClassVar[str] = "planner"


class EngineBusy(CellwrightError):
    """The model has as many requests waiting as it takes."""

    code: ClassVar[str] = "busy"


class MalformedMessage(CellwrightError):
    """Wire text that is no message of the protocol."""

    code: ClassVar[str] = "malformed"


class OutOfOrder(CellwrightError):
    """A message came where the protocol does not allow it; the line is closed."""

    code: ClassVar[str] = "out_of_order"


class UnknownWorkbook(CellwrightError):
    """A message names a workbook that its pane has not opened, or that the server no longer holds."""

    code: ClassVar[str] = "unknown_workbook"


class UnknownSuggestion(CellwrightError):
    """A message names a suggestion that this server does not know."""

    code: ClassVar[str] = "unknown_suggestion"


class RevisionMismatch(CellwrightError):
    """A change was made for a revision that it can't be carried from; the pane has to sync again."""

    code: ClassVar[str] = "revision_mismatch"


class ServerBusy(CellwrightError):
    """There is more work than can be done in time; `retry_after_ms` says when to ask again."""

    code: ClassVar[str] = "busy"

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__(f"the server has too much to do; ask again in {retry_after_ms} ms")
        self.retry_after_ms = retry_after_ms
