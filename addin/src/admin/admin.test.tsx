// The admin page against a server of the test's own: what it asks for, what it shows, what keys do.
import { cleanup, configure, render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { App } from "./App";
import { ticks } from "./charts";
import { cellText, rate } from "./format";
import { sheetDiffs } from "./GridDiff";
import { curvesOf } from "./TuningView";
import type { Change, Line, Trace } from "./wire";

// Machines under load are slow, not wrong.
configure({ asyncUtilTimeout: 8_000 });

const line = (position: number, more: Partial<Line> = {}): Line => ({
  position,
  suggestion_id: `s${position}`,
  created: "2026-03-01T10:00:00+00:00",
  workspace: "team",
  user: "ann",
  model: "mini",
  kind: "formula",
  proposer: "sibling",
  status: "verified",
  outcome: "rejected",
  reason: "wrong_cells",
  label: "",
  p_accept: 0.8,
  kept_rate: null,
  target: "Sales!D7",
  title: `=SUM(A${position}:C${position})`,
  more: 0,
  ...more,
});

const change = (cell: string, before: Change["before"], after: Change["after"]): Change => ({
  cell,
  before,
  after,
  formula_before: null,
  formula_after: null,
  is_verified: true,
});

const trace = (id: string, labels: Trace["labels"] = []): Trace => ({
  suggestion_id: id,
  created: "2026-03-01T10:00:00+00:00",
  workspace: "team",
  user: "ann",
  target: "Sales!D7",
  model: "mini",
  adapter: null,
  prompt_version: "1",
  context_hash: "abc",
  context: "<|formula|>Sales",
  is_redacted: false,
  latency_ms: { propose: 10, verify: 5, total: 16 },
  candidates: [
    {
      suggestion_id: id,
      kind: "formula",
      proposer: "sibling",
      rank: 1,
      was_shown: true,
      p_accept: 0.8,
      propensity: 0.95,
      log_probability: -1.25,
      status: "verified",
      edits: ["FORMULA | Sales!D7 | =SUM(A7:C7)"],
      reason: "as in D6",
      verdict: { changed: 1, errors: 0, changes: [change("Sales!D7", 4, 12)] },
    },
  ],
  outcomes: [],
  labels,
});

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** Answers as the server would; `asked` is all that came. */
function serve(routes: Readonly<Record<string, (asked: Asked) => unknown>>): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (address: string, init: RequestInit) => {
    const url = new URL(address, "http://localhost/");
    const request = {
      method: init.method ?? "GET",
      path: url.pathname.replace("/api/admin/", "") + url.search,
      body: init.body ? JSON.parse(String(init.body)) : undefined,
    };
    asked.push(request);
    const name = `${request.method} ${request.path.split("?")[0]}`;
    const answer = routes[name]?.(request);
    if (answer === undefined) return Response.json({ message: `no ${name}` }, { status: 404 });
    return answer instanceof Response ? answer : Response.json(answer);
  });
  return asked;
}

const FACETS = {
  workspace: ["team"],
  user: ["ann"],
  model: ["mini"],
  kind: ["formula"],
  outcome: ["rejected"],
  reason: [],
};
const BASE = {
  "GET me": () => ({ name: "eva", role: "admin" }),
  "GET facets": () => FACETS,
  "GET views": () => [{ name: "Mine", filters: { label: "bad" } }],
  "GET queue": ({ path }: Asked) =>
    path.includes("before=")
      ? { lines: [line(1)], next_before: null }
      : { lines: [line(3), line(2)], next_before: 2 },
  "GET suggestions/s1": () => trace("s1"),
  "GET suggestions/s2": () => trace("s2"),
  "GET suggestions/s3": () => trace("s3"),
};

const open = (token = "t") => render(<App token={token} keep={() => {}} />);

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener() {}, removeEventListener() {} }));
});
afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

describe("the admin page", () => {
  it("asks for a token, says why one is refused, and opens with an administrator's", async () => {
    let status = 403;
    serve({
      ...BASE,
      "GET me": () =>
        status === 200 ? { name: "eva", role: "admin" } : Response.json({ message: "no" }, { status }),
    });
    const kept: string[] = [];
    render(<App token="" keep={(token) => kept.push(token)} />);
    await userEvent.type(screen.getByLabelText("Administrator’s token"), "user-token");
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    expect((await screen.findByRole("alert")).textContent).toContain("for administrators");
    expect(kept).toEqual([]);
    status = 200;
    await userEvent.type(screen.getByLabelText("Administrator’s token"), "2");
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    await screen.findByRole("listbox");
    expect(kept).toEqual(["user-token2"]);
  });

  it("shows lines and the trace of the first, and goes on by keys over the end of a page", async () => {
    const asked = serve(BASE);
    open();
    const list = await screen.findByRole("listbox");
    await waitFor(() => expect(within(list).getAllByRole("option")).toHaveLength(2));
    await screen.findByText("What the model read");
    list.focus();
    await userEvent.keyboard("j");
    await waitFor(() => expect(within(list).getAllByRole("option")).toHaveLength(3));
    expect(asked.some(({ path }) => path === "queue?before=2")).toBe(true);
    await userEvent.keyboard("jjk");
    const chosen = within(list).getByRole("option", { selected: true });
    expect(chosen.textContent).toContain("=SUM(A2:C2)");
  });

  it("labels with one key and a note, and goes on to the next", async () => {
    const asked = serve({
      ...BASE,
      "POST suggestions/s3/labels": () =>
        trace("s3", [
          { id: "l1", user: "eva", label: "bad", note: "off by one", created: "2026-03-02T10:00:00Z" },
        ]),
    });
    open();
    const list = await screen.findByRole("listbox");
    await within(list).findAllByRole("option");
    list.focus();
    await userEvent.keyboard("n");
    await userEvent.keyboard("off by one");
    await userEvent.keyboard("{Escape}b");
    await waitFor(() =>
      expect(asked.find(({ method }) => method === "POST")?.body).toEqual({
        label: "bad",
        note: "off by one",
      }),
    );
    await waitFor(() =>
      expect(within(list).getByRole("option", { selected: true }).textContent).toContain("=SUM(A2:C2)"),
    );
    expect(within(list).getAllByRole("option")[0]?.textContent).toContain("bad");
  });

  it("filters, searches, takes a saved view", async () => {
    const asked = serve(BASE);
    open();
    await screen.findByRole("option", { name: "team" });
    await userEvent.selectOptions(screen.getByLabelText("workspace"), "team");
    await waitFor(() => expect(asked.at(-1)?.path ?? "").not.toBe(""));
    expect(asked.some(({ path }) => path === "queue?workspace=team")).toBe(true);
    await userEvent.type(screen.getByRole("searchbox"), "sumif{Enter}");
    await waitFor(() =>
      expect(asked.some(({ path }) => path === "queue?workspace=team&text=sumif")).toBe(true),
    );
    await userEvent.click(screen.getByRole("button", { name: "Mine" }));
    await waitFor(() => expect(asked.some(({ path }) => path === "queue?label=bad")).toBe(true));
  });

  it("rolls back with a reason, and promotes against the gate only when that is said twice", async () => {
    const serving = (current: string | null) => ({
      workspace: "team",
      state: { current, earlier: [null], canary: null, share: 0 },
      versions: [
        {
          name: "v1",
          created: "2026-03-01T10:00:00Z",
          base: "",
          run_id: "",
          recipe: "lora",
          decided: "reject",
        },
      ],
      next_share: 0.05,
    });
    const asked = serve({
      ...BASE,
      "GET workspaces": () => [{ name: "team", consent: "full", retention_days: null, exploration: 0 }],
      "GET models/team": () => serving(null),
      "GET reports": () => [],
      "POST models/team/rollback": () => serving(null),
      "POST models/team/v1/promote": () => serving("v1"),
    });
    open();
    await userEvent.click(await screen.findByRole("tab", { name: "Models" }));
    await userEvent.type(await screen.findByLabelText("Reason, for the audit trail"), "it fell");
    await userEvent.click(screen.getByRole("button", { name: "Roll back" }));
    await waitFor(() => expect(asked.at(-1)?.body).toEqual({ reason: "it fell" }));
    expect(screen.queryByRole("button", { name: "Promote by force" })).toBeNull();
    await userEvent.click(await screen.findByRole("button", { name: "Promote against the gate…" }));
    await userEvent.click(screen.getByRole("button", { name: "Promote by force" }));
    await waitFor(() => expect(asked.at(-1)?.body).toEqual({ share: 1, reason: "", force: true }));
    await screen.findByText("v1", { selector: "strong" });
  });

  it("tells a failure in the server's words and asks again", async () => {
    let isBroken = true;
    serve({
      ...BASE,
      "GET runs": () => (isBroken ? Response.json({ message: "the store is full" }, { status: 500 }) : []),
    });
    open();
    await userEvent.click(await screen.findByRole("tab", { name: "Tuning" }));
    expect((await screen.findByRole("alert")).textContent).toContain("the store is full");
    isBroken = false;
    await userEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByText(/No tuning has run yet/);
  });
});

describe("what charts and grids are made of", () => {
  it("has round ticks inside the scale", () => {
    expect(ticks(0, 1)).toEqual([0, 0.5, 1]);
    expect(ticks(0, 61)).toEqual([0, 20, 40, 60]);
    expect(ticks(5, 5)).toEqual([5]);
  });

  it("lays changed cells out by sheet, row and column, and says how many are left out", () => {
    const many = Array.from({ length: 20 }, (_, i) => change(`'Q1 plan'!B${i + 1}`, null, i));
    const [sales, plan] = sheetDiffs([change("Sales!D7", 1, 2), ...many]);
    expect(sales).toMatchObject({ sheet: "Sales", rows: [6], columns: [3], leftOut: 0 });
    expect(plan?.rows).toHaveLength(12);
    expect(plan?.leftOut).toBe(8);
  });

  it("draws a curve for each metric of each part", () => {
    const event = (step: number, metrics: Record<string, unknown>) => ({ id: step, at: "", step, metrics });
    const curves = curvesOf([
      event(1, { part: "kto", loss: 2, note: "x" }),
      event(2, { part: "kto", loss: 1 }),
      event(3, { part: "gate", accuracy: 0.5 }),
      event(4, { loss: Number.NaN }),
    ]);
    expect(curves).toEqual([
      {
        name: "kto: loss",
        points: [
          [1, 2],
          [2, 1],
        ],
      },
    ]);
  });

  it("shows values and rates as people read them", () => {
    expect([cellText(null), cellText(true), cellText(0.1 + 0.2), cellText({ error: "#N/A" })]).toEqual([
      "",
      "TRUE",
      "0.3",
      "#N/A",
    ]);
    expect([rate(null), rate(0.034), rate(0.5)]).toEqual(["–", "3.4 %", "50 %"]);
  });
});
