"""The grammar of edits: every line it lets be written is an edit, and the edits there are it admits."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from cellwright.edits import model
from cellwright.edits.text import edit_to_text, edits_from_text
from cellwright.engine import Engine
from cellwright.engine.edit_grammar import OPERATIONS, EditGrammar, EditState
from cellwright.engine.range_text import goes_on, is_whole
from cellwright.engine.tokenizer import TextTokenizer, _byte_alphabet
from cellwright.formula import parse
from cellwright.reference import Range
from cellwright_kernels.bench.shapes import random_state
from cellwright_kernels.checkpoint import quantize
from cellwright_kernels.config import DecoderConfig

SHEETS = ["Sales", "Q1 plan", "Bob's | Übersicht"]
PIECES = [
    "SUM", "IF(", "A1", "B2", "Sales", "FONT", "BORDER_", "Thin", ", ", "#00", '["', '"]', "true", " |",
    '","', "=SUM(", "[[", "]]",
]  # fmt: skip


def tokenizer_json() -> bytes:
    """A vocabulary of bytes as byte-level tokenizers write them (a space is `Ġ`), and some longer pieces."""
    pieces = dict.fromkeys([*_byte_alphabet(), *(piece.replace(" ", "Ġ") for piece in PIECES)])
    vocabulary = {piece: index for index, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="A"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(["<|end|>"])
    return tokenizer.to_str().encode()


TOKENIZER = TextTokenizer(tokenizer_json(), 4096)
BYTES = TOKENIZER.byte_texts


def admits(line: str) -> bool:
    grammar = EditGrammar(TOKENIZER, SHEETS)
    state = grammar.start()
    for character in line.encode().decode("latin-1"):
        assert isinstance(state, EditState)
        following = grammar.step(state, character)
        if following is None:
            return False
        state = following
    return grammar.may_end(state)


@pytest.mark.parametrize(
    "line",
    [
        "FORMULA | Sales!C2 | =SUM(A2:B2)",
        "FORMULA | 'Q1 plan'!C2:C9 | =IF(Sales!$A2>0,\"é\",'Q1 plan'!B2)",
        'INPUT | Sales!B4:C5 | [["Topic","Owner"],["Math",-1.5]]',
        "VALUE | Sales!A1 | Übersicht 2024",
        "VALUE | Sales!A1 | -12.5",
        "FONT_BOLD | Sales!A1:D1 | true",
        "FILL_COLOR | Sales!A1:D1 | #0D2B4E",
        "BORDER_BOTTOM | Sales!A9:G9 | Thin, Continuous, #000000",
        "BORDER_ALL | 'Bob''s | Übersicht'!A9 | None",
        "AUTOFILL | Sales!A1:A10 | Sales!A1:A3",
        "PASTE_FROM | Sales!D2:E3 | 'Q1 plan'!A2:B3 | values",
        'NUMBER_FORMAT | Sales!A1 | "$"#,##0.00',
        "MERGE | Sales!A1:B2",
        "INSERT_ROWS | Sales!3:5",
        'SET_COLUMN_WIDTH | Sales!B:D | {"width":12.5}',
        "FREEZE_PANES | Sales!B2",
    ],
)
def test_edits_are_admitted(line: str) -> None:
    assert edits_from_text(line)
    assert admits(line)


@pytest.mark.parametrize(
    "line",
    [
        "FORMULAS | Sales!C2 | =A1",
        "FORMULA | Other!C2 | =A1",
        "FORMULA | Sales!C2 | =Other!A1",
        "FORMULA | Sales!C2 | =SUM(A1",
        "FORMULA | Sales!C2 | =R[-1]C[0]",
        "FORMULA | Sales!C2 | A1",
        "FORMULA | Sales!C2 | =",
        "FORMULA | Sales!A1:XFD1048576 | =1",
        "FORMULA | Sales!XFE1 | =1",
        "FORMULA | Sales!A1048577 | =1",
        "FORMULA | Sales!C2",
        'INPUT | Sales!B4:C5 | [["Topic","Owner"]]',
        'INPUT | Sales!B4:C4 | [["Topic"]]',
        'INPUT | Sales!B4 | [["=NOSUCH("]]',
        "FONT_BOLD | Sales!A1 | yes",
        "FONT_SIZE | Sales!A1 | 0",
        "FILL_COLOR | Sales!A1 | #12345",
        "TEXT_ORIENTATION | Sales!A1 | 91",
        "AUTOFILL | Sales!A1:A10 | 'Q1 plan'!A1:A3",
        "PASTE_FROM | Sales!D2 | Sales!A2 | everything",
        "MERGE | Sales!A1:B2 | true",
        "INSERT_ROWS | Sales!A3",
        "VALUE | Sales!A1 | two\nlines",
        "VALUE | Sales!A1 | ",
        "",
    ],
)
def test_what_is_no_edit_of_this_workbook_is_refused(line: str) -> None:
    assert not admits(line)


def test_every_operation_of_the_grammar_is_one_of_the_text_form() -> None:
    written = {
        "SET_COLUMN_WIDTH": edit_to_text(model.SetColumnWidth("Sales", 1, 3, 12.0)),
        "INSERT_COLUMNS": edit_to_text(model.InsertColumns("Sales", 1, 2)),
        "FONT_UNDERLINE": edit_to_text(model.SetFont("Sales", Range(0, 0, 0, 0), underline="double")),
        "BORDER_TOP": edit_to_text(model.SetBorders("Sales", Range(0, 0, 0, 0), "top", "dashDot")),
    }
    for operation, line in written.items():
        assert line.startswith(operation + " | ")
        assert operation in OPERATIONS
        assert admits(line)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_random_walk_ends_in_lines_that_parse(operation: str) -> None:
    choice = random.Random(operation)
    grammar = EditGrammar(TOKENIZER, SHEETS)
    ended = 0
    for _ in range(40):
        state, written = grammar.start(), operation + " | "
        for character in written:
            assert isinstance(state, EditState)
            state = grammar.step(state, character)
        for _ in range(60):
            order = choice.sample(range(len(BYTES)), len(BYTES))
            token = next((i for i in order if grammar.advance(state, i) is not None), None)
            assert token is not None or grammar.may_end(state), f"{written!r} can neither go on nor end"
            if token is None:
                break
            state = grammar.advance(state, token)
            assert state is not None
            written += str(BYTES[token])
            if grammar.may_end(state):
                line = written.encode("latin-1").decode()
                assert len(line.splitlines()) == 1
                for edit in edits_from_text(line):
                    if isinstance(edit, model.SetFormulas):
                        parse(str(edit.formulas[0][0]))
                ended += 1
                if choice.random() < 0.2:
                    break
    assert ended >= 5


def test_what_has_no_choice_is_forced() -> None:
    grammar = EditGrammar(TOKENIZER, ["Sales"])
    state = EditState("operation", "PAS")
    assert grammar.forced(state) == "TE_FROM |"
    assert grammar.forced(EditState("sheet", "", "MERGE")) == "Sales!"
    assert grammar.forced(EditState("bar", " ", "FONT_BOLD", "Sales!", "A1")) == "|"
    assert grammar.forced(grammar.start()) == ""


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("A1:", 1, True),
        ("B5:A", 100, True),  # AA5
        ("B5:A", 20, False),
        ("B5:B4", 100, True),  # B40 and so on
        ("B5:B4", 30, False),
        ("XFD9:W", 1 << 40, False),
        ("XFE", 1, False),
        ("A1048577", 1, False),
    ],
)
def test_ranges_go_on_where_some_range_begins_so(text: str, most: int, expected: bool) -> None:
    assert goes_on(text, "cells", most) is expected


def test_whole_ranges() -> None:
    assert is_whole("A1:B2", "cells")
    assert is_whole("3:5", "rows")
    assert not is_whole("5:3", "rows")
    assert not is_whole("A1:", "cells")
    assert not is_whole("A", "columns")


def test_a_model_that_knows_nothing_writes_edits_and_forced_text_costs_no_pass(tmp_path: Path) -> None:
    config = DecoderConfig("llama", TOKENIZER.size, 64, 96, 2, 4, 2, 16, 512)
    path = tmp_path / "tiny.weights"
    quantize(random_state(config), config, tokenizer_json(), 8, path)
    passes = 0
    with Engine.open(path, threads=1) as engine:
        forward = engine.decoder.forward

        def counted(*given: Any, **options: Any) -> Any:
            nonlocal passes
            passes += 1
            return forward(*given, **options)

        engine.decoder.forward = counted  # type: ignore[method-assign]
        grammar = EditGrammar(engine.tokenizer, ["Sales"])
        found = engine.complete("A", grammar=grammar, n=20, temperature=1.0, max_tokens=200, seed=3)
    whole = [completion for completion in found if completion.is_whole]
    assert len(whole) >= 10
    for completion in whole:
        assert edits_from_text(completion.text)
    # the sheet's name and the bars are never drawn
    assert passes < sum(len(completion.tokens) for completion in found)
