"""Columns that are calculated row by row: new ones, and empty ones whose header stands there."""

from __future__ import annotations

import re

from cellwright.ask.arithmetic import Names, RowFormula
from cellwright.ask.choices import literal, read_choice
from cellwright.ask.condition_reader import read_condition
from cellwright.ask.frames import Frame, FrameColumn
from cellwright.ask.intents.reading import Reading
from cellwright.ask.intents.writing import column_draft
from cellwright.ask.mentions import columns_in, sheets_in
from cellwright.ask.model import Draft
from cellwright.ask.row_formulas import row_formula_of
from cellwright.ask.rules import row_formula
from cellwright.ask.scene import Scene
from cellwright.ask.settling import settled
from cellwright.ask.targets import Target, read_target
from cellwright.ask.words import number_format_in
from cellwright.edits.model import Fill
from cellwright.reference import Cell, Range
from cellwright.workbook.detect import ColumnKind

_TRIGGER = re.compile(
    r"\b(?:calculat\w*|comput\w*|fill\w*|find|determine|work out|figure out|get|add|creat\w*|"
    r"complete|multiply|divide|subtract|"
    r"populate|derive|convert|increase|decrease|sum|mark|label|flag|indicate|show|put|write|do|"
    r"rank\w*|assign|classify|categori[sz]e|insert|make|need|want|new|look\w*|fetch|bring|pull|match|"
    r"retrieve|"
    r"accumulate|extract|subtract\w*)\b",
    re.I,
)
_DOWN = re.compile(
    r"\bfill\w*\b.*\b(?:rest|other|remaining|all|down|column|cells|rows)\b.*\b(?:using|with|"
    r"according to|based on|by|from|like|as in)\b[^.]*?\b([A-Z]{1,2})(\d+)\b|"
    r"\b(?:drag|auto-?fill|extend|copy)\b.*\bformula\b[^.]*?\b([A-Z]{1,2})(\d+)\b",
    re.I,
)
_MARK = re.compile(
    r"\b(?:mark|label|flag|set|indicate|fill|put|write|enter|show|display)\b.*?\b(?:with|as|"
    r"to)?\s*[\"“']?(?P<yes>true|yes|pass|1|y|high|ok|[A-Z]\w*)[\"”']?(?:\s+(?:if|when|for|where|"
    r"otherwise)\b|\s*$|[.,])",
    re.I,
)
_RANK = re.compile(r"\brank\w*\b", re.I)
_SHARE = re.compile(
    r"\b(?:share|percent(?:age)?|proportion|contribution)\b.*\b(?:of|in)\b.*\b(?:total|overall|sum|whole)\b",
    re.I,
)
_RUNNING = re.compile(
    r"\b(?:running|cumulative|rolling) (?:total|sum)\b|\baccumulat\w+\b|\bcumulat\w+\b|\bso far\b", re.I
)
_LOOK_UP = re.compile(
    r"\b[vx]?look(?:s|ed|ing)?[- ]?up\b|\b(?:fetch|bring|pull|retrieve|get|match|take)\w*\b.*\b(?:from|"
    r"with|in)\b|"
    r"\bfrom (?:the )?(?:sheet |[\"“'])|"
    r"\bfind\b.*\bfor each\b.*\bin (?:the )?[\w \"“”']{1,40}\bsheet\b",
    re.I,
)
_PART = re.compile(
    r"\b(?:extract|get|show|find|add|create|new|taken?|which|insert|make)\b.*\b(year|month|day|weekday|"
    r"quarter)\b",
    re.I,
)
_DATE_CODE = re.compile(r"(?<!\w)(?:[ymd]{1,4}[-/. ]){1,2}(?:yyyy|yy|[md]{1,4})(?!\w)", re.I)
"""A format of dates, as in `in mm-yyyy format`."""
_NOT_COLUMNS = re.compile(
    r"\b(?:charts?|graphs?|plots?|pivot|highlight|sort|filter|freeze|duplicates?)\b", re.I
)


def read(text: str, scene: Scene) -> Reading | None:
    """A calculated column, or None."""
    if _NOT_COLUMNS.search(text) or not _TRIGGER.search(text):
        return None
    looked_up = bool(_LOOK_UP.search(text))
    frame = scene.frame if looked_up else scene.frame_for(text)
    if frame is None:
        return None
    match = _DOWN.search(text)
    if match:
        origin = Cell.parse(f"{match[1] or match[3]}{match[2] or match[4]}".upper())
        if scene.snapshot.sheet(frame.sheet).formula(origin) is not None:
            return Reading("fill", 0.95, lambda: _fill_down(origin, frame, scene))
    target = read_target(text, scene, frame)
    is_elsewhere = target.sheet is not None and target.sheet != frame.sheet and not looked_up
    if target.is_row or target.cell is not None or target.is_new_sheet or is_elsewhere:
        return None
    wanted = _wanted(text, frame, target)
    drafts = _drafts(text, frame, target, wanted, scene)
    if not drafts:
        return None
    score = 0.8 if target.header or target.is_new_column or target.column is not None or wanted else 0.62
    return Reading("column", score, lambda: drafts)


def _wanted(text: str, frame: Frame, target: Target) -> list[FrameColumn]:
    """The columns of the table that stand empty and are asked for."""
    if target.header:
        known = frame.named(target.header)
        return [known] if known is not None and not known.is_filled else []
    if target.column is not None:
        known = frame.at(target.column)
        return [known] if known is not None and not known.is_filled else []
    found = [mention.column for mention in columns_in(text, frame)]
    return list(dict.fromkeys(column for column in found if not column.is_filled))


def _drafts(text: str, frame: Frame, target: Target, wanted: list[FrameColumn], scene: Scene) -> list[Draft]:
    if wanted:
        return _fill_known(text, frame, wanted, target, scene)
    header = target.header or _header_from(text)
    special = _looked_up(text, frame, scene) or _special(text, frame, scene, header)
    formula = special or row_formula_of(text, Names(scene, frame), header)
    if formula is None:
        return []
    style = number_format_in(_format_words(text))
    if style is not None:
        formula = RowFormula(formula.text, formula.starts, style, formula.reads)
    title = f"Calculate {header or 'a column'}"
    return [column_draft(scene, frame, formula, target, header or _name_for(text), title)]


def _format_words(text: str) -> str:
    """The part of a text that says how results look."""
    match = re.search(
        r"\b(?:with|in|as|using)\s+(?:a |the )?(percent\w*|currency|accounting|\w+ decimals?|date)\b[^.]*",
        text,
        re.I,
    )
    return match[0] if match and re.search(r"format|type|style|decimals?", match[0], re.I) else ""


def _fill_known(
    text: str, frame: Frame, wanted: list[FrameColumn], target: Target, scene: Scene
) -> list[Draft]:
    """Columns whose headers stand there, with those that they need before them."""
    drafts: list[Draft] = []
    done: set[int] = set()

    def fill(column: FrameColumn, depth: int) -> None:
        if column.column in done or depth > 3:
            return
        done.add(column.column)
        names = Names(scene, frame, column)
        own = text if depth == 0 and len(wanted) == 1 else f"calculate {column.name}"
        formula = _special(own, frame, scene, column.name) if depth == 0 and len(wanted) == 1 else None
        formula = formula or row_formula_of(own, names, column.name)
        if formula is None:
            formula = row_formula_of(f"calculate {column.name}", names, column.name)
        if formula is None:
            found = names.lookup(column.name)
            formula = None if found is None else RowFormula(f"={found}", 0, None, tuple(names.reads))
        if formula is None:
            return
        for needed in formula.reads:
            if not needed.is_filled and needed in wanted:
                fill(needed, depth + 1)
            elif not needed.is_filled:
                formula = _inlined(formula, needed, frame, scene)
        place = Target(column=column.column)
        drafts.append(column_draft(scene, frame, formula, place, "", f"Fill {column.name}"))

    for column in wanted:
        fill(column, 0)
    return drafts


def _inlined(formula: RowFormula, needed: FrameColumn, frame: Frame, scene: Scene) -> RowFormula:
    """The formula with that of an empty column in place of its cell, so that the column stays as it is."""
    inner = row_formula_of(f"calculate {needed.name}", Names(scene, frame, needed), needed.name)
    if inner is None or needed in inner.reads:
        return formula
    cell = re.compile(rf"(?<![\w$!]){re.escape(frame.cell(needed))}(?!\w)")
    text = cell.sub(lambda _: f"({inner.text.removeprefix('=')})", formula.text)
    reads = tuple(dict.fromkeys((*(one for one in formula.reads if one != needed), *inner.reads)))
    return RowFormula(text, max(formula.starts, inner.starts), formula.number_format, reads)


def _looked_up(text: str, frame: Frame, scene: Scene) -> RowFormula | None:
    """A column of another sheet that the text names, found by the key that both tables have."""
    if not _LOOK_UP.search(text):
        return None
    best: tuple[float, str, Names] | None = None
    for sheet, _, _ in sheets_in(text, scene.snapshot):
        for other in scene.frames(sheet) if sheet != frame.sheet else ():
            for mention in columns_in(text, other):
                if any(mention.column.stems == mine.stems for mine in frame.columns):
                    continue
                names = Names(scene, frame)
                found = names.lookup(mention.column.name)
                if found is not None and (best is None or mention.score > best[0]):
                    best = mention.score, found, names
    return None if best is None else RowFormula(f"={best[1]}", 0, None, tuple(best[2].reads))


def _special(text: str, frame: Frame, scene: Scene, header: str | None) -> RowFormula | None:
    """Ranks, shares of a total, running totals, parts of dates, marks by a condition."""
    said = re.sub(r"\b(?:in )?(?:ascending|descending|increasing|decreasing) order\b", " ", text, flags=re.I)
    if header is not None:
        said = said.replace(header, " ")
    named = [m.column for m in columns_in(said, frame) if m.column.is_filled]
    numeric = [column for column in named if column.kind is ColumnKind.NUMBER] or named
    names = Names(scene, frame)
    if numeric:
        column = numeric[-1]
        cell = names.cell(column)
        letters, first, last = column.letters, frame.first + 1, frame.last + 1
        whole = f"${letters}${first}:${letters}${last}"
        if _RANK.search(text):
            order = (
                ",1"
                if re.search(r"\b(?:ascending|lowest|smallest) first\b|\bascending\b", text, re.I)
                else ""
            )
            return RowFormula(f"=RANK({cell},{whole}{order})", 0, None, (column,))
        if _SHARE.search(text):
            return RowFormula(f"={cell}/SUM({whole})", 0, "0.00%", (column,))
        if _RUNNING.search(text):
            return RowFormula(f"=SUM(${letters}${first}:{cell})", 0, None, (column,))
        part = _PART.search(text)
        dates = [one for one in named if one.kind is ColumnKind.DATE]
        shown = _DATE_CODE.search(text)
        if shown and dates:
            code = shown[0].lower()
            return RowFormula(f'=TEXT({names.cell(dates[-1])},"{code}")', 0, None, (dates[-1],))
        if part and dates:
            return _part_of_date(part[1].lower(), names, dates[-1])
    choice = read_choice(text, frame, scene, header)
    if choice is not None:
        return RowFormula(f"={choice}")
    return _marked(text, frame, scene)


def _part_of_date(part: str, names: Names, column: FrameColumn) -> RowFormula:
    cell = names.cell(column)
    formula = f"=ROUNDUP(MONTH({cell})/3,0)" if part == "quarter" else f"={part.upper()}({cell})"
    return RowFormula(formula, 0, "0", (column,))


def _marked(text: str, frame: Frame, scene: Scene) -> RowFormula | None:
    """`mark the rows whose X is at least 5 with True`, `"Yes" if ..., otherwise "No"`."""
    cut = re.search(r"\b(?:if|when|where|whose|that have|for which)\b", text, re.I)
    if cut is None:
        return None
    tail = text[cut.end() :]
    otherwise = re.search(r"[,;.]?\s*\b(?:otherwise|else|other wise)\b,?(.*)$", tail, re.I)
    condition_text = tail[: otherwise.start()] if otherwise else tail
    shown = re.search(r"\b(?:with|as|to)\s+[\"“']?(\w[\w ]*?)[\"”']?\s*$", condition_text)
    head = text[: cut.start()]
    yes = None
    if shown and not re.search(r"\d|than", shown[1]):
        yes, condition_text = shown[1], condition_text[: shown.start()]
    else:
        before = re.search(
            r"[\"“']([^\"”']+)[\"”']\s*$|\b(?:with|as|to)\s+(\w+)\s*$|\b(?:put|write|show|display|"
            r"enter|set)\s+(\w+)\s*$",
            head.strip(),
            re.I,
        )
        if before:
            yes = next(group for group in before.groups() if group)
    if yes is None or not re.search(
        r"\b(?:mark|label|flag|put|write|show|display|enter|set|classify|assign|indicate|fill)\b", head, re.I
    ):
        return None
    condition = read_condition(condition_text, frame)
    if condition is None:
        return None
    condition = settled(condition, frame, scene.snapshot)
    test = row_formula(condition, frame, frame.columns[0])
    no = '""'
    if otherwise:
        word = re.search(r"[\"“']([^\"”']+)[\"”']|\b(?:with|as|to|put|write|show|be)\s+(\w+)", otherwise[1])
        if word:
            no = literal(next(group for group in word.groups() if group))
    elif yes.lower() in ("true", "yes"):
        no = '""'
    return RowFormula(f"=IF({test},{literal(yes)},{no})")


def _header_from(text: str) -> str | None:
    """The name that a text gives to what it calculates: `calculate the revenue for each ...` -> Revenue."""
    match = re.search(
        r"\b(?:calculate|compute|find|determine|work out|figure out|get|add)\s+(?:the |a |each |"
        r"all )?(?:\w+ly )?((?:(?!for\b|of\b|by\b|in\b|from\b|to\b|using\b|"
        r"with\b)[A-Za-z]+\s?){1,3})",
        text,
        re.I,
    )
    if match is None:
        return None
    words = match[1].strip()
    return (
        words[:1].upper() + words[1:]
        if words and words.lower() not in ("it", "them", "results", "new column")
        else None
    )


def _name_for(text: str) -> str:
    return "Result"


def _fill_down(origin: Cell, frame: Frame, scene: Scene) -> list[Draft]:
    """The formula of a cell, filled to the end of the table."""
    source = scene.snapshot.sheet(frame.sheet)
    text = source.formula(origin)
    assert text is not None
    rest = Range(origin.row + 1, origin.column, frame.last, origin.column)
    if rest.top > rest.bottom:
        return []
    edits = (
        Fill(frame.sheet, Range.of(origin), Range(origin.row, origin.column, frame.last, origin.column)),
    )
    filled = scene.filled(frame.sheet, rest)
    lost = f"{filled} filled cells in {rest.a1}" if filled else ""
    cited = (frame.place(Range.of(origin)),)
    return [Draft(f"Fill {rest.a1} with the formula of {origin.a1}: {text}", edits, "fill", cited, lost)]
