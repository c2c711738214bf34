"""A pane's whole journey against a real server: open, select, preview, accept, change, undo, audit, save."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile

from cellwright.protocol import answers as a
from cellwright.protocol import handshake as h
from cellwright.protocol import requests as r
from cellwright.protocol import workbooks as w
from cellwright.reference import Cell
from cellwright.server.rest import samples_folder
from cellwright.workbook.read import read_workbook_bytes

from .client import connected, new_id
from .conftest import Running

PLAN = w.Block(
    sheet="Plan",
    range="A1:D4",
    values=[
        ["Item", "Price", "Count", "Total"],
        ["Nuts", 2, 10, 20],
        ["Bolts", 3, 5, 15],
        ["Gears", 40, 2, None],
    ],
    formulas=[[None] * 4, [None, None, None, "=B2*C2"], [None, None, None, "=B3*C3"], [None] * 4],
)


def test_from_selection_to_exact_undo(server: Running) -> None:
    async def journey() -> None:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            synced = await pane.open_pushed(book, PLAN)
            assert (synced.cells, synced.formulas, synced.needs_chunks) == (15, 2, False)

            selection = w.Selection(
                workbook_id=book, revision=1, sheet="Plan", ranges=["D4"], request_id=new_id(), sent_ms=5.0
            )
            await pane.send(selection)
            found, result = await pane.until_result(selection.request_id or "")
            best = found[0]
            assert (best.formula, best.target) == ("=B4*C4", "Plan!D4")
            assert best.verdict.status == "verified"
            assert result.sent_ms == 5.0
            assert result.timings.total_ms >= result.timings.verify_ms > 0
            first = best.preview[0]
            assert (first.cell, first.before, first.after, first.is_edited) == ("Plan!D4", None, 80.0, True)

            await pane.send(r.Accept(id=new_id(), suggestion_id=best.id))
            plan = await pane.wait(a.Plan)
            assert plan.edits == best.edits
            assert plan.before == [a.CellImage(cell="Plan!D4", formula=None, value=None)]
            assert (await pane.do(plan)).revision == 2
            assert server.service.books[book].state.snapshot.sheet("Plan").formula(Cell(3, 3)) == "=B4*C4"
            recorded = await pane.outcome(best.id, "accepted", final_text="=B4*C4")
            assert recorded.status == "recorded"
            assert not any(isinstance(m, a.VerdictChanged) and m.suggestion_id == best.id for m in pane.seen)

            await pane.send(r.Undo(id=new_id(), workbook_id=book))
            undo = await pane.wait(a.Plan)
            assert (undo.purpose, undo.suggestion_id) == ("undo", best.id)
            before = server.service.books[book].changes
            await pane.do(undo)
            assert len(before) == 2
            assert server.service.books[book].state.snapshot.sheet("Plan").content(Cell(3, 3)).is_blank

            await pane.send(r.History(id=new_id()))
            entry = (await pane.wait(a.HistoryList)).entries[0]
            assert (entry.suggestion_id, entry.outcome, entry.can_undo) == (best.id, "accepted", False)

    asyncio.run(journey())


def test_edited_filled_and_partly_accepted(server: Running) -> None:
    async def journey() -> None:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            await pane.open_pushed(book, PLAN)
            found, _ = await pane.suggest(book, "Plan!D4")
            own = r.Accept(id=new_id(), suggestion_id=found[0].id, final_formula="=B4*C4*1.2")
            await pane.send(own)
            plan = await pane.wait(a.Plan)
            assert plan.preview[0].after == 96.0
            filled = r.Accept(id=new_id(), suggestion_id=found[0].id, fill_to="Plan!D4:D6")
            await pane.send(filled)
            plan = await pane.wait(a.Plan)
            assert [edit.model_dump()["type"] for edit in plan.edits] == ["set_formulas", "fill"]
            assert {cell.cell for cell in plan.preview if cell.is_edited} == {"Plan!D4", "Plan!D5", "Plan!D6"}
            await pane.send(r.Accept(id=new_id(), suggestion_id=found[0].id, final_formula="=SUM(B4"))
            assert (await pane.failure()).code in ("formula_syntax", "edit")
            await pane.send(r.Accept(id=new_id(), suggestion_id=found[0].id, edits=[3]))
            assert (await pane.failure()).code == "usage"

    asyncio.run(journey())


def test_two_panes_of_one_workbook(server: Running) -> None:
    async def journey() -> None:
        book = new_id()
        async with connected(server.url, server.token) as one, connected(server.url, server.token) as two:
            await one.open_pushed(book, PLAN)
            joined = await two.open_pushed(book, PLAN, join=True)
            assert (joined.revision, joined.needs_chunks) == (1, False)
            found, _ = await two.suggest(book, "Plan!D4")
            typed = w.Block(sheet="Plan", range="D4", values=[["free"]])
            delta = w.Delta(
                id=new_id(), workbook_id=book, base_revision=1, changes=[w.CellsChange(block=typed)]
            )
            await one.send(delta)
            assert (await one.wait(w.DeltaApplied)).revision == 2
            told = await two.wait(w.WorkbookChanged)
            assert (told.revision, told.places) == (2, ["Plan!D4"])
            stale = await two.wait(a.VerdictChanged)
            assert (stale.suggestion_id, stale.is_stale) == (found[0].id, True)
            await two.send(r.Accept(id=new_id(), suggestion_id=found[0].id))
            assert (await two.failure()).code == "stale"
            assert (await two.outcome(found[0].id, "stale", reason="D4 was typed over")).status == "recorded"
            await one.send(delta)  # sent twice: applied once
            assert (await one.wait(w.DeltaApplied)).revision == 2

    asyncio.run(journey())


def test_readers_of_a_typed_cell_are_recalculated_before_the_next_preview(server: Running) -> None:
    async def journey() -> None:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            await pane.open_pushed(book, PLAN)
            typed = w.Block(sheet="Plan", range="B2", values=[[7]])
            change = w.Delta(
                id=new_id(), workbook_id=book, base_revision=1, changes=[w.CellsChange(block=typed)]
            )
            await pane.send(change)
            await pane.wait(w.DeltaApplied)
            await pane.send(r.Explain(id=new_id(), workbook_id=book, revision=2, at="Plan!D2"))
            told = await pane.wait(a.Explanation)
            assert (told.formula, told.value, told.value_text) == ("=B2*C2", 70.0, "70")

    asyncio.run(journey())


def test_a_newer_selection_supersedes_and_a_cancelled_request_ends(server: Running) -> None:
    async def journey() -> None:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            await pane.open_pushed(book, PLAN)
            ids = [new_id() for _ in range(3)]
            for number, request_id in enumerate(ids):
                area = f"D{number + 2}"
                await pane.send(
                    w.Selection(
                        workbook_id=book, revision=1, sheet="Plan", ranges=[area], request_id=request_id
                    )
                )
            ends: dict[str, str] = {}
            while len(ends) < 3:
                message = await pane.wait(a.Result)
                ends[message.request_id] = message.status
            assert [ends[key] for key in ids] == ["superseded", "superseded", "complete"]
            audit = r.Audit(id=new_id(), workbook_id=book, revision=1)
            held = server.service
            with held.calculators.hold(book, held.books[book].state.snapshot):  # so that it can't be done yet
                await pane.send(audit)
                await pane.send(r.Cancel(request_id=audit.id))
                assert (await pane.wait(a.Result)).status == "cancelled"
            await pane.send(h.Ping(sent_ms=1.5))
            assert (await pane.wait(h.Pong)).sent_ms == 1.5

    asyncio.run(journey())


def test_what_the_playground_saves_differs_in_the_edited_sheet_alone(server: Running) -> None:
    info = server.sample("sales")
    book = info["workbook_id"]

    async def journey() -> str:
        async with connected(server.url, server.token) as pane:
            assert (await pane.open_kept(book)).revision == 1
            found, _ = await pane.suggest(book, "Report!E6")
            await pane.send(r.Accept(id=new_id(), suggestion_id=found[0].id))
            await pane.do(await pane.wait(a.Plan))
            return found[0].formula or ""

    formula = asyncio.run(journey())
    status, saved = server.call("GET", f"api/workbooks/{book}/file")
    original = (samples_folder() / "sales.xlsx").read_bytes()
    assert status == 200
    assert read_workbook_bytes(saved).sheet("Report").formula(Cell(5, 4)) == formula
    with zipfile.ZipFile(io.BytesIO(saved)) as new, zipfile.ZipFile(io.BytesIO(original)) as old:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
    assert len(changed - {"xl/calcChain.xml", "xl/workbook.xml"}) == 1
    status, body = server.call("GET", f"api/workbooks/{book}")
    assert json.loads(body)["is_modified"] is True
    assert server.call("DELETE", f"api/workbooks/{book}")[0] == 204
    assert server.call("GET", f"api/workbooks/{book}")[0] == 404


def test_cells_come_in_pages_and_as_the_grid_loads_them(server: Running) -> None:
    book = server.sample("budget")["workbook_id"]
    status, body = server.call("GET", f"api/workbooks/{book}/blocks?sheet=Income&rows=3")
    page = json.loads(body)
    assert (status, page["next_row"]) == (200, 3)
    assert page["blocks"][0]["range"] == "A1"
    assert {row for block in page["blocks"] for row in range(len(block["values"]))} <= {0, 1, 2}
    status, model = server.call("GET", f"api/workbooks/{book}/ironcalc")
    assert status == 200
    assert len(model) > 1_000


def test_settings_are_told_to_every_pane_and_kept(server: Running) -> None:
    async def journey() -> None:
        async with connected(server.url, server.token) as one, connected(server.url, server.token) as two:
            await one.send(h.SetSettings(id=new_id(), workspace="finance"))
            assert (await one.wait(h.SettingsChanged)).settings.workspace == "finance"
            assert (await two.wait(h.SettingsChanged)).request_id is None
            await one.send(h.SetSettings(id=new_id(), workspace="default"))
            await one.wait(h.SettingsChanged)

    asyncio.run(journey())
    assert json.loads((server.home / "pane-settings.json").read_text())["workspace"] == "default"


def test_audit_mends_and_repair_and_words(server: Running) -> None:
    broken = PLAN.model_copy(
        update={
            "formulas": [
                [None] * 4,
                [None, None, None, "=B2*C2"],
                [None, None, None, "=B3*C3"],
                [None, None, None, "=B4*C2"],
            ]
        }
    )

    async def journey() -> None:
        async with connected(server.url, server.token) as pane:
            book = new_id()
            await pane.open_pushed(book, broken)
            audit = r.Audit(id=new_id(), workbook_id=book, revision=1)
            await pane.send(audit)
            _, result = await pane.until_result(audit.id)
            assert result.status == "complete"
            repair = r.Repair(id=new_id(), workbook_id=book, revision=1, at="Plan!D4", formula="=SUM(B2:B4")
            await pane.send(repair)
            found, _ = await pane.until_result(repair.id)
            assert "=SUM(B2:B4)" in [suggestion.formula for suggestion in found]

    asyncio.run(journey())
