import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NO_ERROR, resultOf, suggestionOf, TIMINGS, VERIFIED } from "../client/testing/server";
import { FIRST_SUGGESTION } from "../client/timing";
import type { CellInput, Ghost, GridExtras } from "../host/surface";
import type { ServerMessage, WireSuggestion } from "../protocol/messages";
import { closePanes, openCard, openPane, selectAndWait, shown } from "./testing/pane";

afterEach(closePanes);

const FORMULA = suggestionOf("s1", "Plan!B2", "=A2*2", 4, { citations: ["Plan!B1", "Plan!A2"] });
const OTHER = suggestionOf("s2", "Plan!B2", "=SUM(A1:A2)", 3, {
  rank: 2,
  confidence: 0.2,
  verdict: { ...VERIFIED, status: "unverified", why: "Nobody has checked it" },
});

async function suggested(
  suggestions: WireSuggestion[] = [FORMULA, OTHER],
  options: Parameters<typeof openPane>[0] = {},
) {
  const pane = await openPane(options);
  await pane.ready();
  await selectAndWait(pane, "Plan!A1");
  pane.server.suggestions = suggestions;
  await selectAndWait(pane, "Plan!B2");
  return { ...pane, card: await openCard() };
}

const written = (pane: {
  excel: { sheet(name: string): { cell(row: number, column: number): { formula: string | null } } };
}) => pane.excel.sheet("Plan").cell(1, 1).formula;
const outcomes = (pane: {
  server: {
    outcomes: Map<
      string,
      { suggestion_id: string; kind: string; reason?: string | null; final_text?: string | null }
    >;
  };
}) => [...pane.server.outcomes.values()].map(({ suggestion_id, kind }) => [suggestion_id, kind]);

describe("a suggestion", () => {
  it("shows what is selected, the formula, before and after, why, from where, how sure", async () => {
    const { card, server } = await suggested();
    expect(screen.getByLabelText("Selected").textContent).toContain("B2Plan");
    expect(card.textContent).toContain("=A2*2");
    expect(within(card).getByText("Verified")).toBeTruthy();
    expect(card.textContent).toContain("93 % likely");
    expect(card.textContent).toContain("Copies the formula above");
    const row = within(card).getByRole("row", { name: /B2/ });
    expect(row.textContent).toMatch(/empty.*4/);
    expect(screen.getByText("Unverified")).toBeTruthy();
    expect(server.of("selection").at(-1)).toMatchObject({ sheet: "Plan", ranges: ["B2"], active_cell: "B2" });
    await waitFor(() =>
      expect(screen.getByRole("status").textContent).toBe(
        "2 suggestions for Plan!B2. First: =A2*2, Verified.",
      ),
    );
  });

  it("is on the screen before the others have come", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    pane.server.on.selection = (message, reply) => {
      const id = message.request_id ?? "";
      reply({ type: "candidate", request_id: id, workbook_id: "wb", suggestion: FORMULA, timings });
      finish = () => {
        reply({ type: "candidate", request_id: id, workbook_id: "wb", suggestion: OTHER, timings });
        reply(resultOf(id, "wb", ["s1", "s2"]));
      };
    };
    // The server says less than it took, so that all the rest is the wire's.
    const timings = { ...TIMINGS, total_ms: 0.1 };
    let finish = () => {};
    performance.clearMeasures(FIRST_SUGGESTION);
    await pane.select("Plan!B2");
    await openCard();
    expect(pane.session.state.asked?.status).toBe("running");
    finish();
    await screen.findByText("Unverified");
    await waitFor(() => expect(performance.getEntriesByName(FIRST_SUGGESTION)).toHaveLength(1));
    const { lastTiming } = pane.session.state;
    if (!lastTiming) throw new Error("expected a timing");
    expect(lastTiming).toMatchObject({ server_ms: 0.1, context_ms: 1, model_ms: 2, verify_ms: 1 });
    expect(
      lastTiming.client_ms + lastTiming.wire_ms + lastTiming.server_ms + lastTiming.paint_ms,
    ).toBeCloseTo(lastTiming.total_ms, 0);
  });

  it("takes a newer verdict and drops what does not stand", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    pane.server.on.selection = (message, reply) => {
      const id = message.request_id ?? "";
      const candidate = (suggestion: WireSuggestion): ServerMessage => ({
        type: "candidate",
        request_id: id,
        workbook_id: "wb",
        suggestion,
        timings: TIMINGS,
      });
      reply(candidate({ ...FORMULA, verdict: { ...VERIFIED, status: "unverified" } }));
      reply(candidate(OTHER));
      reply(candidate(FORMULA));
      reply(resultOf(id, "wb", ["s1"]));
    };
    await pane.select("Plan!B2");
    await screen.findByText("Verified");
    await waitFor(() =>
      expect(pane.session.state.cards.map(({ suggestion }) => suggestion.id)).toEqual(["s1"]),
    );
  });

  it("selects what a citation cites, and stays", async () => {
    const { card, excel, user, server } = await suggested();
    await user.click(within(card).getByRole("button", { name: "Select Plan!A2" }));
    expect(excel.selected).toBe("Plan!A2");
    const asked = server.of("selection").length;
    for (const handler of excel.handlers.selection) await handler({});
    expect(server.of("selection")).toHaveLength(asked);
    expect(await openCard()).toBeTruthy();
    await waitFor(() => expect(screen.getByLabelText("Selected").textContent).toContain("A2"));
  });

  it("are asked for anew where the person empties the selected cell, not where something is typed", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!B1");
    const asked = () => pane.server.of("selection").length;
    const before = asked();
    const type = async (input: CellInput) => {
      pane.excel.sheet("Plan").enter(0, 1, input);
      const { id: worksheetId } = pane.excel.sheet("Plan");
      const event = { worksheetId, address: "B1", changeType: "RangeEdited", source: "Local" } as const;
      await Promise.all([...pane.excel.handlers.changed].map((handler) => handler(event)));
    };
    await type("=A2");
    await vi.waitFor(() => expect(pane.session.state.selection?.active.formula).toBe("=A2"));
    expect(asked()).toBe(before);
    await type("");
    await vi.waitFor(() => expect(asked()).toBe(before + 1));
    expect(pane.server.of("selection").at(-1)).toMatchObject({ sheet: "Plan", ranges: ["B1"] });
  });

  it("goes when something else is selected, and says to the server that it did", async () => {
    const pane = await suggested();
    pane.server.suggestions = [];
    await pane.select("Plan!C9");
    expect(await shown("Nothing sure enough to show for Plan!C9.")).toBeTruthy();
    await waitFor(() =>
      expect(outcomes(pane)).toEqual([
        ["s1", "superseded"],
        ["s2", "superseded"],
      ]),
    );
    await pane.user.click(screen.getByText("Show unlikely ones"));
    expect(pane.server.of("suggest").at(-1)).toMatchObject({ target: "Plan!C9", include_unlikely: true });
  });

  it("waits where the server is busy, and asks again", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    let times = 0;
    pane.server.suggestions = [FORMULA];
    pane.server.on.selection = (message, reply) => {
      times += 1;
      if (times === 1)
        reply({
          ...NO_ERROR,
          code: "busy",
          message: "too much",
          request_id: message.request_id ?? null,
          retry_after_ms: 60,
        });
      else pane.server.answer(message, reply);
    };
    await pane.select("Plan!B2");
    expect(await screen.findByText(/The server is busy/)).toBeTruthy();
    expect(await openCard()).toBeTruthy();
  });

  it("never takes a cell's text for markup", async () => {
    const evil = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
    const { element } = await suggested([
      {
        ...FORMULA,
        title: evil,
        formula: `="${evil}"`,
        reason: evil,
        preview: [{ ...FORMULA.preview[0], after_text: evil } as WireSuggestion["preview"][number]],
      },
    ]);
    expect(element.querySelectorAll("img, script")).toHaveLength(0);
    expect(element.textContent).toContain(evil);
    expect("hacked" in window).toBe(false);
  });
});

describe("accepting", () => {
  it("writes nothing before, then exactly that, tells the server the plan and the outcome", async () => {
    const pane = await suggested();
    expect(written(pane)).toBeNull();
    await pane.user.click(within(pane.card).getByText("Accept"));
    await screen.findByText("Undo");
    expect(written(pane)).toBe("=A2*2");
    const [delta] = pane.server.of("delta");
    expect(delta?.changes).toEqual([{ type: "plan", plan_id: pane.server.plans[0]?.plan_id }]);
    await waitFor(() =>
      expect(outcomes(pane)).toEqual([
        ["s1", "accepted"],
        ["s2", "ignored"],
      ]),
    );
    expect(pane.session.state.waitingOutcomes).toBe(0);
  });

  it("takes it back exactly, formats included, and says so", async () => {
    const pane = await suggested();
    pane.excel.sheet("Plan").cell(1, 1).format = "@";
    const before = structuredClone(pane.excel.image());
    await pane.user.click(within(pane.card).getByText("Accept"));
    await pane.user.click(await screen.findByText("Undo"));
    await shown("Taken back, as it was before.");
    expect(pane.excel.image()).toEqual(before);
    await waitFor(() => expect(outcomes(pane)).toContainEqual(["s1", "undone"]));
    expect(pane.server.of("undo")[0]).toMatchObject({ suggestion_id: "s1" });
  });

  it("asks before an undo overwrites what was typed since", async () => {
    const pane = await suggested();
    await pane.user.click(within(pane.card).getByText("Accept"));
    await screen.findByText("Undo");
    pane.excel.sheet("Plan").enter(1, 1, "mine");
    await pane.user.click(screen.getByText("Undo"));
    expect(await shown(/Plan!B2 changed since/)).toBeTruthy();
    expect(pane.excel.sheet("Plan").cell(1, 1).value).toBe("mine");
    await pane.user.click(screen.getByText("Undo all the same"));
    await shown("Taken back, as it was before.");
    expect(pane.excel.sheet("Plan").cell(1, 1).type).toBe("Empty");
  });

  it("shows a conflict and writes nothing where the cells changed meanwhile", async () => {
    const pane = await suggested();
    pane.excel.sheet("Plan").enter(1, 1, "typed meanwhile");
    await pane.user.click(within(pane.card).getByText("Accept"));
    expect(await shown("Plan!B2 changed since this was suggested. Nothing was written.")).toBeTruthy();
    expect(pane.excel.sheet("Plan").cell(1, 1).value).toBe("typed meanwhile");
    await waitFor(() => expect(outcomes(pane)).toEqual([["s1", "stale"]]));
    expect(pane.server.of("delta")).toEqual([]);
  });

  it("says what Excel refused, and lets the person try again", async () => {
    const pane = await suggested();
    pane.excel.sheet("Plan").isProtected = true;
    await pane.user.click(within(pane.card).getByText("Accept"));
    expect(await shown("Plan!B2 is protected.")).toBeTruthy();
    pane.excel.sheet("Plan").isProtected = false;
    await pane.user.click(within(pane.card).getByText("Accept"));
    await screen.findByText("Undo");
    expect(written(pane)).toBe("=A2*2");
  });

  it("writes the formula as the person edited it", async () => {
    const pane = await suggested();
    await pane.user.click(within(pane.card).getByText("Edit"));
    const field = screen.getByLabelText("Formula to write");
    await pane.user.clear(field);
    await pane.user.type(field, "=A2*3{Enter}");
    await screen.findByText("Undo");
    expect(written(pane)).toBe("=A2*3");
    expect(pane.server.of("accept")[0]?.final_formula).toBe("=A2*3");
    await waitFor(() =>
      expect(
        [...pane.server.outcomes.values()].find(({ suggestion_id }) => suggestion_id === "s1"),
      ).toMatchObject({ kind: "edited", final_text: "=A2*3" }),
    );
  });

  it("fills down as far as the neighbour's data goes", async () => {
    const pane = await suggested();
    await pane.user.click(await within(pane.card).findByText("Fill to B3"));
    await screen.findByText("Undo");
    expect(pane.server.of("accept")[0]?.fill_to).toBe("Plan!B2:B3");
  });

  it("needs a yes of its own where a formula reaches out", async () => {
    const risky = suggestionOf("s1", "Plan!B2", '=WEBSERVICE("http://x")', 0, {
      verdict: { ...VERIFIED, risks: ["WEBSERVICE"] },
    });
    const pane = await suggested([risky]);
    const accept = within(pane.card).getByText("Accept").closest("button") as HTMLButtonElement;
    expect(accept.disabled).toBe(true);
    await pane.user.keyboard("{Enter}");
    expect(pane.server.of("accept")).toEqual([]);
    await pane.user.click(within(pane.card).getByLabelText("I know; write it all the same"));
    await pane.user.click(accept);
    await screen.findByText("Undo");
  });
});

describe("plans of several edits", () => {
  const PLAN: WireSuggestion = {
    ...suggestionOf("p1", "Plan!B2", "=A2*2"),
    kind: "edit",
    formula: null,
    title: "Tidy up",
    edits: [
      { type: "set_formulas", sheet: "Plan", range: "B2", formulas: [["=A2*2"]], array: false },
      { type: "delete_rows", sheet: "Plan", at: 2, count: 1 },
      { type: "set_values", sheet: "Plan", range: "A1", values: [[9]] },
      { type: "merge", sheet: "Plan", range: "D1:E1" },
    ],
    edit_lines: [
      "FORMULA | Plan!B2 | =A2*2",
      "DELETE_ROWS | Plan!3:3 | {}",
      "VALUE | Plan!A1 | 9",
      "MERGE | Plan!D1:E1 | true",
    ],
    preview: [
      {
        cell: "Plan!B2",
        before: null,
        after: 4,
        formula_before: null,
        formula_after: "=A2*2",
        before_text: "",
        after_text: "4",
        is_verified: true,
        is_edited: true,
      },
      {
        cell: "Plan!A1",
        before: 1,
        after: 9,
        formula_before: null,
        formula_after: null,
        before_text: "1",
        after_text: "9",
        is_verified: true,
        is_edited: true,
      },
    ],
  };

  it("has a tick for each, none on what takes something away or overwrites", async () => {
    const pane = await openPane({ minor: 12 });
    await pane.ready();
    pane.server.suggestions = [PLAN];
    await selectAndWait(pane, "Plan!B2");
    const card = (await screen.findByText("Accept 1 of 4")).closest<HTMLElement>(
      "[data-suggestion]",
    ) as HTMLElement;
    const ticks = within(card).getAllByRole<HTMLInputElement>("checkbox");
    expect(ticks.map(({ checked, disabled }) => [checked, disabled])).toEqual([
      [true, false],
      [false, false],
      [false, false],
      [false, true],
    ]);
    expect(card.textContent).toContain("this version of Excel cannot do this");
    await pane.user.click(ticks[0] as HTMLInputElement);
    expect((within(card).getByText("Accept 0 of 4").closest("button") as HTMLButtonElement).disabled).toBe(
      true,
    );
    await pane.user.click(ticks[2] as HTMLInputElement);
    await pane.user.click(within(card).getByText("Accept 1 of 4"));
    await screen.findByText("Undo");
    expect(pane.server.of("accept")[0]?.edits).toEqual([2]);
    expect(pane.excel.sheet("Plan").cell(0, 0).value).toBe(9);
    expect(written(pane)).toBeNull();
    await waitFor(() => expect(outcomes(pane)).toContainEqual(["p1", "edited"]));
  });
});

describe("the keyboard", () => {
  it("accepts with Enter, undoes with Alt+Z", async () => {
    const pane = await suggested();
    pane.card.focus();
    await pane.user.keyboard("{Enter}");
    await screen.findByText("Undo");
    expect(written(pane)).toBe("=A2*2");
    pane.element.querySelector<HTMLElement>("#tab-suggest")?.focus();
    await pane.user.keyboard("{Alt>}z{/Alt}");
    await shown("Taken back, as it was before.");
  });

  it("rejects with a reason in one key and goes on to the next", async () => {
    const pane = await suggested();
    pane.card.focus();
    await pane.user.keyboard("2");
    await waitFor(() =>
      expect([...pane.server.outcomes.values()]).toMatchObject([
        { suggestion_id: "s1", kind: "rejected", reason: "wrong_cells" },
      ]),
    );
    await waitFor(() => expect(document.activeElement?.getAttribute("data-suggestion")).toBe("s2"));
    await pane.user.keyboard("1");
    await waitFor(() => expect(pane.server.outcomes.size).toBe(2));
    expect(written(pane)).toBeNull();
  });

  it("moves between suggestions with the arrows, edits with E, fills with Shift+Enter", async () => {
    const pane = await suggested();
    pane.card.focus();
    await pane.user.keyboard("{ArrowDown}");
    expect(pane.session.state.openCard).toBe("s2");
    await waitFor(() => expect(document.activeElement?.getAttribute("data-suggestion")).toBe("s2"));
    await pane.user.keyboard("{ArrowUp}");
    await waitFor(() => expect(document.activeElement?.getAttribute("data-suggestion")).toBe("s1"));
    await pane.user.keyboard("e");
    // Typing a digit into the field is typing, not a rejection.
    await pane.user.keyboard("1");
    expect(pane.session.state.cards).toHaveLength(2);
    await pane.user.keyboard("{Escape}");
    await screen.findByText("Fill to B3");
    (await openCard()).focus();
    await pane.user.keyboard("{Shift>}{Enter}{/Shift}");
    await vi.waitFor(() => expect(pane.server.of("accept")[0]?.fill_to).toBe("Plan!B2:B3"));
  });
});

describe("in the playground", () => {
  function grid() {
    const drawn: (readonly Ghost[])[] = [];
    let tab: () => boolean = () => false;
    const extras: GridExtras = {
      showGhosts: (ghosts) => void drawn.push(ghosts),
      clearGhosts: () => void drawn.push([]),
      onTab: (handler) => {
        tab = handler;
        return () => {};
      },
      unsupportedEdits: ["merge"],
      keptWorkbook: () => null,
      onWorkbook: () => () => {},
    };
    return { drawn, extras, tab: () => tab() };
  }

  it("draws ghosts on the cells, Tab accepts, and they go", async () => {
    const { drawn, extras, tab } = grid();
    const pane = await suggested([FORMULA], { extras });
    await waitFor(() =>
      expect(drawn.at(-1)).toEqual([{ sheet: "Plan", cell: "B2", text: "4", tone: "new" }]),
    );
    expect(written(pane)).toBeNull();
    // Once: what the person sent away with Escape does not come back by itself.
    expect(drawn.filter((ghosts) => ghosts.length > 0)).toHaveLength(1);
    expect(tab()).toBe(true);
    await screen.findByText("Undo");
    expect(written(pane)).toBe("=A2*2");
    expect(drawn.at(-1)).toEqual([]);
    expect(tab()).toBe(false);
  });
});

describe("other languages", () => {
  it("shows formulas as Excel does there, and reads what is typed so", async () => {
    const pane = await suggested([suggestionOf("s1", "Plan!B2", "=SUM(A1:A2,1.5)", 4)], {
      language: "de-DE",
      prepare: (_server, excel) => {
        excel.decimal = ",";
      },
    });
    await waitFor(() => expect(pane.card.textContent).toContain("=SUMME(A1:A2;1,5)"));
    await pane.user.click(within(pane.card).getByText("Edit"));
    const field = screen.getByLabelText<HTMLTextAreaElement>("Formula to write");
    expect(field.value).toBe("=SUMME(A1:A2;1,5)");
    await pane.user.clear(field);
    await pane.user.type(field, "=MITTELWERT(A1:A2;2,5){Enter}");
    await screen.findByText("Undo");
    expect(written(pane)).toBe("=AVERAGE(A1:A2,2.5)");
  });
});
