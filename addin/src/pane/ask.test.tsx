import { cleanup, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NO_ERROR, resultOf, suggestionOf, TIMINGS, VERIFIED } from "../client/testing/server";
import type { ServerMessage, Turn, WireStep, WireSuggestion } from "../protocol/messages";
import { closePanes, openPane, shown, type TestPane } from "./testing/pane";

afterEach(async () => {
  cleanup();
  await closePanes();
});

const TURN: Turn = { request: "Tidy up", place: "Plan!B2", summary: "Doubles; deletes row 3" };

const PLAN: WireSuggestion = {
  ...suggestionOf("p1", "Plan!B2", "=A2*2", 4),
  kind: "edit",
  formula: null,
  title: "Formula Plan!B2 =A2*2 (+1)",
  edits: [
    { type: "set_formulas", sheet: "Plan", range: "B2", formulas: [["=A2*2"]], array: false },
    { type: "delete_rows", sheet: "Plan", at: 2, count: 1 },
  ],
  edit_lines: ["FORMULA | Plan!B2 | =A2*2", "DELETE_ROWS | Plan!3:3"],
};

const STEPS: WireStep[] = [
  {
    number: 1,
    title: "Double column A",
    edits: [0],
    edit_lines: ["FORMULA | Plan!B2 | =A2*2"],
    preview: PLAN.preview,
    citations: [],
    verdict: VERIFIED,
    destroys: "",
    is_ticked: true,
  },
  {
    number: 2,
    title: "Delete row 3",
    edits: [1],
    edit_lines: ["DELETE_ROWS | Plan!3:3"],
    preview: [],
    citations: [],
    verdict: VERIFIED,
    destroys: "row 3 of Plan",
    is_ticked: false,
  },
];

/** A pane on its Ask view whose server answers with `PLAN`, knows "How much?", and asks back otherwise. */
async function asking(): Promise<TestPane> {
  const pane = await openPane();
  await pane.ready();
  pane.server.suggestions = [PLAN];
  pane.server.on.ask = (message, reply) => {
    const { id: request_id, text } = message;
    if (text === "Tidy up") {
      for (const step of STEPS) reply({ type: "plan_step", request_id, step });
      reply({
        type: "asked_plan",
        request_id,
        workbook_id: message.workbook_id,
        suggestion: PLAN,
        steps: STEPS,
        left_out: ["sing a song"],
        turn: TURN,
      });
    } else if (text === "How much?")
      reply({
        type: "answer",
        request_id,
        workbook_id: message.workbook_id,
        suggestion_id: "a1",
        text: "The total of A1:A3 is 6.",
        formula: "=SUM(Plan!A1:A3)",
        value: "6",
        citations: ["Plan!A1:A3"],
        confidence: 0.4,
        turn: { request: text, place: "Plan!A1:A3", summary: "6" },
      });
    else
      reply({
        type: "asked_back",
        request_id,
        text: "Which column?",
        choices: [{ label: "Count", request: "How much?" }],
      });
    reply(resultOf(request_id, message.workbook_id, text === "Tidy up" ? ["p1"] : []));
  };
  await pane.user.click(screen.getByRole("tab", { name: "Ask" }));
  return pane;
}

async function type(pane: TestPane, text: string): Promise<void> {
  await pane.user.type(screen.getByLabelText("What you want, or want to know"), `${text}{Enter}`);
}

describe("Ask", () => {
  it("shows a plan's steps, ticks none that destroys, does what is ticked, and takes it back", async () => {
    const pane = await asking();
    await type(pane, "Tidy up");
    const first = await screen.findByRole<HTMLInputElement>("checkbox", { name: "Double column A" });
    const second = screen.getByRole<HTMLInputElement>("checkbox", { name: "Delete row 3" });
    expect([first.checked, second.checked]).toEqual([true, false]);
    expect(screen.getByText("Would lose row 3 of Plan")).toBeTruthy();
    expect(screen.getByText(/left out: sing a song/)).toBeTruthy();
    expect(pane.excel.sheet("Plan").cell(1, 1).type).toBe("Empty");

    await pane.user.click(first);
    expect(screen.getByText<HTMLElement>("Do 0 steps").closest("button")?.disabled).toBe(true);
    await pane.user.click(first);
    await pane.user.click(screen.getByText("Do 1 step"));
    await screen.findByText("Undo");
    expect(pane.server.of("accept")[0]).toMatchObject({ suggestion_id: "p1", edits: [0] });
    expect(pane.excel.sheet("Plan").cell(1, 1).formula).toBe("=A2*2");
    await vi.waitFor(() =>
      expect([...pane.server.outcomes.values()].at(-1)).toMatchObject({
        suggestion_id: "p1",
        kind: "edited",
      }),
    );
    expect(screen.queryByText(/^Do \d step/)).toBeNull();

    await pane.user.click(screen.getByText("Undo"));
    await vi.waitFor(() => expect(pane.excel.sheet("Plan").cell(1, 1).type).toBe("Empty"));
  });

  it("answers with the value, the formula and its cells, and hears whether it was right", async () => {
    const pane = await asking();
    await type(pane, "How much?");
    const view = within((await shown("The total of A1:A3 is 6.")).closest("li") as HTMLElement);
    expect(view.getByText("Not sure: 40 % likely right")).toBeTruthy();
    await pane.user.click(view.getByRole("button", { name: "Select Plan!A1:A3" }));
    expect(pane.excel.selected).toBe("Plan!A1:A3");
    await pane.user.click(screen.getByText("Wrong"));
    await vi.waitFor(() =>
      expect([...pane.server.outcomes.values()].at(-1)).toMatchObject({
        suggestion_id: "a1",
        kind: "rejected",
        reason: "wrong_result",
      }),
    );
    expect(screen.queryByText("Right")).toBeNull();
  });

  it("writes an answer's formula into the selected cell, seen before it is written, and takes it back", async () => {
    const pane = await asking();
    await pane.select("Plan!D9");
    const written = suggestionOf("w1", "Plan!D9", "=SUM(Plan!A1:A3)", 6);
    pane.server.suggestions = [written];
    pane.server.on.write = (message, reply) => {
      const { id: request_id, workbook_id } = message;
      reply({ type: "candidate", request_id, workbook_id, suggestion: written, timings: TIMINGS });
      reply(resultOf(request_id, workbook_id, ["w1"]));
    };
    await type(pane, "How much?");
    await pane.user.click(await screen.findByRole("button", { name: "Write it into D9" }));
    await screen.findByText("Accept");
    expect(pane.server.of("write")[0]).toMatchObject({ at: "Plan!D9", formula: "=SUM(Plan!A1:A3)" });
    expect(pane.excel.sheet("Plan").cell(8, 3).type).toBe("Empty");

    await pane.user.click(screen.getByText("Accept"));
    await screen.findByText("Undo");
    expect(pane.excel.sheet("Plan").cell(8, 3).formula).toBe("=SUM(Plan!A1:A3)");
    const last = () => [...pane.server.outcomes.values()].at(-1);
    await vi.waitFor(() => expect(last()).toMatchObject({ suggestion_id: "w1", kind: "accepted" }));
    await pane.user.click(screen.getByText("Undo"));
    await vi.waitFor(() => expect(pane.excel.sheet("Plan").cell(8, 3).type).toBe("Empty"));
  });

  it("says why an answer cannot stand in a cell, and drops what is not wanted there", async () => {
    const pane = await asking();
    await pane.select("Plan!A2");
    pane.server.on.write = (message, reply) =>
      reply({ ...NO_ERROR, code: "edit", message: "it reads itself", request_id: message.id });
    await type(pane, "How much?");
    await pane.user.click(await screen.findByText("Write it into A2"));
    expect((await screen.findByRole("alert")).textContent).toBe("That did not work: it reads itself.");
    const written = suggestionOf("w2", "Plan!A2", "=SUM(Plan!A1:A3)", 6);
    pane.server.on.write = ({ id: request_id, workbook_id }, reply) => {
      reply({ type: "candidate", request_id, workbook_id, suggestion: written, timings: TIMINGS });
      reply(resultOf(request_id, workbook_id, ["w2"]));
    };
    await pane.user.click(screen.getByText("Write it into A2"));
    await pane.user.click(await screen.findByText("Cancel"));
    expect(screen.queryByText("Accept")).toBeNull();
    expect([...pane.server.outcomes.values()].at(-1)).toMatchObject({
      suggestion_id: "w2",
      kind: "rejected",
    });
  });

  it("asks back with choices, and sends what was said before with what comes after", async () => {
    const pane = await asking();
    await type(pane, "Hm");
    await pane.user.click(await screen.findByText("Count"));
    await shown("The total of A1:A3 is 6.");
    await type(pane, "Tidy up");
    await screen.findByText("Do 1 step");
    const [hm, much, tidy] = pane.server.of("ask");
    expect([hm?.history, much?.history]).toEqual([[], []]);
    expect(tidy?.history).toEqual([{ request: "How much?", place: "Plan!A1:A3", summary: "6" }]);

    await pane.user.click(screen.getByText("Wrong cells"));
    await vi.waitFor(() =>
      expect([...pane.server.outcomes.values()].at(-1)).toMatchObject({
        suggestion_id: "p1",
        kind: "rejected",
        reason: "wrong_cells",
      }),
    );
    expect(screen.queryByText("Do 1 step")).toBeNull();
    await pane.user.click(screen.getByText("New conversation"));
    expect(screen.queryByText("Which column?")).toBeNull();
    expect(pane.session.state.exchanges).toEqual([]);
  });

  it("says what the server says of how it was answered", async () => {
    const pane = await asking();
    const known = pane.server.on.ask;
    pane.server.on.ask = (message, reply) => {
      const progress = { type: "progress", request_id: message.id, done: 0, total: 0 } as const;
      reply({ ...progress, phase: "model", warning: "" });
      reply({
        ...progress,
        phase: "search",
        warning: "big: no answer within 5 s. Reading the request without it",
      });
      known?.(message, reply);
    };
    await type(pane, "How much?");
    await shown("big: no answer within 5 s. Reading the request without it");
    await shown("The total of A1:A3 is 6.");
  });

  it("stops when the person wants, and says so", async () => {
    const pane = await asking();
    pane.server.on.ask = () => {};
    pane.server.on.cancel = (message, reply) =>
      reply({ ...resultOf(message.request_id, "wb", []), status: "cancelled" } as ServerMessage);
    await type(pane, "Wait");
    await pane.user.click(await screen.findByText("Stop"));
    await shown("Stopped.");
    expect(pane.server.of("cancel")[0]?.request_id).toBe(pane.server.of("ask")[0]?.id);
  });

  it("shows what a failing server says, and what it sends as text only", async () => {
    const pane = await asking();
    pane.server.on.ask = (message, reply) => {
      reply({
        type: "asked_back",
        request_id: message.id,
        text: "<img src=x onerror=alert(1)>",
        choices: [{ label: "<b>x</b>", request: "y" }],
      });
      reply(resultOf(message.id, message.workbook_id, []));
    };
    await type(pane, "<script>alert(1)</script>");
    await shown("<img src=x onerror=alert(1)>");
    expect(pane.element.querySelector("img, script, b")).toBeNull();
  });
});
