import { screen, waitFor, within } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NO_ERROR, resultOf, suggestionOf, VERIFIED } from "../client/testing/server";
import type { Explanation, Finding, HistoryEntry } from "../protocol/messages";
import { closePanes, openCard, openPane, reopen, selectAndWait, shown, type TestPane } from "./testing/pane";

afterEach(closePanes);

/** Rules that need a layout (contrast, target size) are checked in a real browser, end to end. */
async function seriousFindings(element: HTMLElement): Promise<string[]> {
  const { violations } = await axe.run(element, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
}

const tab = (pane: TestPane, name: string) =>
  pane.user.click(screen.getByRole("tab", { name: new RegExp(name) }));

function explanation(id: string): Explanation {
  return {
    type: "explanation",
    request_id: id,
    cell: "Plan!B1",
    formula: "=A1*2",
    value: 2,
    value_text: "2",
    name: "Twice",
    summary: "Twice (B1) is A1 times 2.",
    steps: [
      { text: "A1", words: "One", value: 1, value_text: "1", has_value: true },
      { text: "A1*2", words: "A1 times 2", value: null, value_text: "", has_value: false },
    ],
    inputs: [{ text: "A1", place: "Plan!A1", name: "One", note: "" }],
    dependents: [{ place: "Plan!C1:C9", count: 9, formula: "=B1", name: null }],
    notes: ["Depends on today's date."],
  };
}

function finding(id: string, index: number, more: Partial<Finding> = {}): Finding {
  return {
    type: "finding",
    request_id: id,
    index,
    total: 2,
    kind: "inconsistent formula",
    severity: "warning",
    place: `Plan!A${index + 2}`,
    sentence: `Formula ${index} is unlike its neighbours.`,
    count: 1,
    related: ["Plan!B1"],
    suggestion: null,
    ...more,
  };
}

describe("explain and fix", () => {
  it("explains the selected formula, part by part", async () => {
    const pane = await openPane();
    await pane.ready();
    pane.server.on.explain = (message, reply) => {
      reply(explanation(message.id));
      reply(resultOf(message.id, "wb", []));
    };
    await selectAndWait(pane, "Plan!B1");
    await pane.user.click(screen.getByText("Explain"));
    const panel = await screen.findByLabelText("Explanation of Plan!B1");
    await within(panel).findByText("Twice (B1) is A1 times 2.");
    expect(panel.textContent).toContain("unknown");
    expect(pane.server.of("explain")[0]?.at).toBe("Plan!B1");
    await pane.user.click(within(panel).getByRole("button", { name: "Select Plan!C1:C9" }));
    expect(pane.excel.selected).toBe("Plan!C1:C9");
    expect(await seriousFindings(pane.element)).toEqual([]);
    await pane.user.click(within(panel).getByLabelText("Close explanation"));
    expect(screen.queryByLabelText("Explanation of Plan!B1")).toBeNull();
  });

  it("says why there is none", async () => {
    const pane = await openPane();
    await pane.ready();
    pane.server.on.explain = (message, reply) =>
      reply({
        ...NO_ERROR,
        code: "formula_syntax",
        message: "expected ), got the end",
        request_id: message.id,
      });
    await selectAndWait(pane, "Plan!B1");
    await pane.user.click(screen.getByText("Explain"));
    expect(await shown(/expected \), got the end/)).toBeTruthy();
  });

  it("asks for fixes of the formula in the cell", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!B1");
    await pane.user.click(screen.getByText("Fix"));
    expect(await shown("No fix found for Plan!B1.")).toBeTruthy();
    pane.server.suggestions = [suggestionOf("r1", "Plan!B1", "=A1*3", 3, { kind: "repair" })];
    await pane.user.click(screen.getByText("Fix"));
    await openCard();
    expect(screen.getByText("Fixes for Plan!B1")).toBeTruthy();
    expect(pane.server.of("repair")[1]).toMatchObject({ at: "Plan!B1" });
  });
});

describe("the audit", () => {
  async function audited() {
    const pane = await openPane();
    await pane.ready();
    pane.server.on.audit = (message, reply) => {
      reply({ type: "progress", request_id: message.id, phase: "audit", done: 1, total: 4, warning: "" });
      reply(
        finding(message.id, 0, { severity: "error", suggestion: suggestionOf("m1", "Plan!A2", "=A1+1", 2) }),
      );
      reply(finding(message.id, 1, { place: null, count: 3 }));
      reply(resultOf(message.id, "wb", []));
    };
    await tab(pane, "Audit");
    await pane.user.click(screen.getByText("Look through the workbook"));
    await screen.findByText("2 findings", { selector: ".walk span" });
    return pane;
  }

  it("walks the workbook from finding to finding", async () => {
    const pane = await audited();
    await pane.user.click(screen.getByText("Next"));
    expect(pane.excel.selected).toBe("Plan!A2");
    expect(screen.getByText("1 of 2")).toBeTruthy();
    (document.querySelector(".finding-line") as HTMLElement).focus();
    await pane.user.keyboard("{ArrowDown}");
    expect(screen.getByText("2 of 2")).toBeTruthy();
    expect(document.activeElement?.textContent).toContain("Workbook");
    expect(await seriousFindings(pane.element)).toEqual([]);
  });

  it("takes a finding's mending to the suggestions, to be seen before it is done", async () => {
    const pane = await audited();
    await pane.user.click(screen.getByText("Next"));
    await pane.user.click(screen.getByText("Mend…"));
    const card = await openCard();
    expect(card.textContent).toContain("=A1+1");
    expect(pane.excel.sheet("Plan").cell(1, 0).formula).toBeNull();
    expect(pane.excel.selected).toBe("Plan!A2");
  });

  it("says so where nothing looks wrong", async () => {
    const pane = await openPane();
    await pane.ready();
    pane.server.on.audit = (message, reply) => reply(resultOf(message.id, "wb", []));
    await tab(pane, "Audit");
    await pane.user.click(screen.getByText("Look through the workbook"));
    expect(await screen.findByText("Nothing looks wrong.")).toBeTruthy();
  });
});

describe("the history", () => {
  it("lists what became of suggestions, and undoes those of this pane", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    pane.server.suggestions = [suggestionOf("s1", "Plan!B2", "=A2*2", 4)];
    const entry = {
      created: "2026-11-24T10:00:00Z",
      target: "Plan!B2",
      kind: "formula",
      edit_lines: ["FORMULA | Plan!B2 | =A2*2"],
      reason: "",
      verdict: "verified",
      confidence: 0.9,
      reject_reason: null,
    } satisfies Partial<HistoryEntry>;
    pane.server.on.get_history = (message, reply) =>
      reply({
        type: "history",
        request_id: message.id,
        entries: [
          { ...entry, suggestion_id: "s1", outcome: "accepted", can_undo: true },
          {
            ...entry,
            suggestion_id: "s0",
            outcome: "rejected",
            reject_reason: "wrong_cells",
            can_undo: false,
          },
          { ...entry, suggestion_id: "sx", outcome: "accepted", can_undo: true },
        ],
      });
    await selectAndWait(pane, "Plan!B2");
    await pane.user.click(within(await openCard()).getByText("Accept"));
    await screen.findByText("Undo");
    await tab(pane, "History");
    expect(await screen.findByText(/Rejected: Wrong cells/)).toBeTruthy();
    const [own, elsewhere] = screen.getAllByText("Undo");
    await pane.user.click(own as HTMLElement);
    await waitFor(() => expect(pane.excel.sheet("Plan").cell(1, 1).type).toBe("Empty"));

    // What another pane accepted comes back by the server's journal.
    pane.server.on.undo = (message, reply) =>
      reply({
        type: "plan",
        request_id: message.id,
        plan_id: "undo-sx",
        suggestion_id: "sx",
        workbook_id: message.workbook_id,
        purpose: "undo",
        revision: 1,
        edits: [
          {
            type: "restore",
            sheet: "Plan",
            cells: [{ cell: "B1", formula: null, value: "007", style: 0, array: null }],
            styles: [{ number_format: "0.00" }],
            facts: {},
            removes_sheet: false,
          },
        ],
        before: [{ cell: "Plan!B1", formula: "=A1*2", value: 2 }],
        preview: [],
        verdict: VERIFIED,
      });
    await pane.user.click(elsewhere as HTMLElement);
    await waitFor(() =>
      expect(pane.excel.sheet("Plan").cell(0, 1)).toMatchObject({
        value: "007",
        type: "String",
        format: "0.00",
      }),
    );
    await waitFor(() =>
      expect(pane.server.of("delta").at(-1)?.changes).toEqual([{ type: "plan", plan_id: "undo-sx" }]),
    );
    await waitFor(() =>
      expect([...pane.server.outcomes.values()].at(-1)).toMatchObject({
        suggestion_id: "sx",
        kind: "undone",
      }),
    );
    expect(await seriousFindings(pane.element)).toEqual([]);
  });
});

describe("a reload of the pane", () => {
  it("keeps the undo of what was accepted, and tells what was passed over", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    pane.server.suggestions = [suggestionOf("s1", "Plan!B2", "=A2*2", 4)];
    await selectAndWait(pane, "Plan!B2");
    await pane.user.click(within(await openCard()).getByText("Accept"));
    await screen.findByText("Undo");
    pane.server.suggestions = [suggestionOf("s2", "Plan!B3", "=A3*2", 4)];
    await selectAndWait(pane, "Plan!B3");
    window.dispatchEvent(new Event("pagehide"));
    await waitFor(() =>
      expect([...pane.server.outcomes.values()].at(-1)).toMatchObject({
        suggestion_id: "s2",
        kind: "ignored",
      }),
    );

    const again = await reopen(pane);
    await again.ready();
    await pane.user.click(await screen.findByText("Undo"));
    await shown("Taken back, as it was before.");
    expect(pane.excel.sheet("Plan").cell(1, 1).type).toBe("Empty");
  });
});

describe("settings", () => {
  it("changes what the server keeps and may suggest, and says what that means", async () => {
    const pane = await openPane();
    await pane.ready();
    await tab(pane, "Settings");
    await pane.user.click(screen.getByLabelText("Keep cell contents with suggestions and decisions"));
    expect(await screen.findByText(/blacked out/)).toBeTruthy();
    await pane.user.click(screen.getByLabelText("Never suggest them"));
    await pane.user.click(screen.getByLabelText("Suggest when I select a cell"));
    await waitFor(() =>
      expect(pane.server.settings).toMatchObject({
        keep_cell_contents: false,
        risky_functions: "refuse",
        suggests_on_selection: false,
      }),
    );
    const name = screen.getByLabelText("Name");
    await pane.user.clear(name);
    await pane.user.type(name, "Finance{Enter}");
    await waitFor(() => expect(pane.server.settings.workspace).toBe("Finance"));
    expect(await seriousFindings(pane.element)).toEqual([]);
    const asked = pane.server.of("selection").length;
    await pane.select("Plan!A3");
    await tab(pane, "Suggest");
    expect(await shown("Suggestions on selection are off.")).toBeTruthy();
    expect(pane.server.of("selection")).toHaveLength(asked);
  });

  it("hears of settings that another pane changed", async () => {
    const pane = await openPane();
    await pane.ready();
    pane.server.tell({
      type: "settings",
      request_id: null,
      settings: { ...pane.server.settings, workspace: "Elsewhere" },
    });
    await tab(pane, "Settings");
    await waitFor(() => expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Elsewhere"));
  });

  it("connects to another server, with its token, and remembers both", async () => {
    const pane = await openPane({ token: "stale" });
    expect(await screen.findByText("The server does not know this pane.")).toBeTruthy();
    await pane.user.click(within(screen.getByRole("alert")).getByText("Settings"));
    const server = screen.getByLabelText("Server");
    await pane.user.clear(server);
    await pane.user.type(server, "not an address");
    await pane.user.click(screen.getByText("Connect"));
    expect(await screen.findByText(/An address begins with/)).toBeTruthy();
    await pane.user.clear(server);
    await pane.user.type(server, pane.server.url.replace("ws:", "http:").replace("/ws", ""));
    const token = screen.getByLabelText("Token");
    await pane.user.clear(token);
    await pane.user.type(token, "good-token");
    await pane.user.click(screen.getByText("Connect"));
    await pane.ready();
    expect(JSON.parse(localStorage.getItem("cellwright.preferences") ?? "{}")).toMatchObject({
      server: pane.server.url,
      token: "good-token",
    });
  });

  it("is light, dark, or like the system", async () => {
    const pane = await openPane();
    await tab(pane, "Settings");
    expect(document.documentElement.dataset.theme).toBe("light");
    const light = document.documentElement.style.getPropertyValue("--colorNeutralBackground1");
    await pane.user.selectOptions(screen.getByLabelText("Theme"), "dark");
    await waitFor(() => expect(document.documentElement.dataset.theme).toBe("dark"));
    expect(document.documentElement.style.getPropertyValue("--colorNeutralBackground1")).not.toBe(light);
  });
});

describe("the line", () => {
  it("says that the server is away, keeps decisions, and sends them when it is back", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    pane.server.suggestions = [suggestionOf("s1", "Plan!B2", "=A2*2", 4)];
    await selectAndWait(pane, "Plan!B2");
    const card = await openCard();
    await pane.server.stop();
    expect(await screen.findByText(/What you decide is kept and sent later/)).toBeTruthy();
    expect(screen.getByText("Nothing is sent")).toBeTruthy();
    expect((within(card).getByText("Accept").closest("button") as HTMLButtonElement).disabled).toBe(true);
    await pane.user.click(within(card).getByText("Not wanted here"));
    expect(await screen.findByText(/1 decision waits to be sent/)).toBeTruthy();
    expect(await seriousFindings(pane.element)).toEqual([]);
    await pane.server.listen();
    await pane.user.click(screen.getByText("Try now"));
    await waitFor(
      () =>
        expect([...pane.server.outcomes.values()]).toMatchObject([{ suggestion_id: "s1", kind: "rejected" }]),
      { timeout: 4_000 },
    );
    await waitFor(() => expect(pane.session.state.waitingOutcomes).toBe(0));
    expect(screen.queryByText(/sent later/)).toBeNull();
  });

  it("is shown as local only where address and server both say so", async () => {
    const local = await openPane();
    await local.ready();
    expect(screen.getByText("On this machine")).toBeTruthy();
    await closePanes();
    const forwarding = await openPane({ prepare: (server) => (server.isLocal = false) });
    await forwarding.ready();
    expect(screen.getByText("Leaves this machine")).toBeTruthy();
  });

  it("says how many cells are too many", async () => {
    await openPane({
      sheets: { S: { A1: 1, Z100: 1 } },
      prepare: (server) => (server.limits = { ...server.limits, max_cells: 100 }),
    });
    expect(await screen.findByText(/2,600 cells; the server takes 100/)).toBeTruthy();
  });

  it("does not lose a suggestion that is being accepted when the line drops", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    pane.server.suggestions = [suggestionOf("s1", "Plan!B2", "=A2*2", 4)];
    await selectAndWait(pane, "Plan!B2");
    pane.server.on.accept = () => pane.server.drop();
    await pane.user.click(within(await openCard()).getByText("Accept"));
    expect(await shown("The line dropped. Try again when it is back.")).toBeTruthy();
    expect(pane.excel.sheet("Plan").cell(1, 1).formula).toBeNull();
    delete pane.server.on.accept;
  });
});

describe("everywhere", () => {
  it("moves between views with the arrows, and every view is named", async () => {
    const pane = await openPane();
    await pane.ready();
    screen.getByRole("tab", { name: "Suggest" }).focus();
    await pane.user.keyboard("{ArrowRight}");
    expect(document.activeElement?.textContent).toBe("Ask");
    await pane.user.keyboard("{ArrowLeft}{ArrowLeft}");
    expect(document.activeElement?.textContent).toBe("Settings");
    expect(screen.getByRole("tabpanel").getAttribute("aria-labelledby")).toBe("tab-settings");
  });

  it("lists its keys", async () => {
    HTMLDialogElement.prototype.showModal ??= vi.fn();
    const pane = await openPane();
    await pane.user.click(screen.getByRole("button", { name: "Keyboard" }));
    expect(await screen.findByText("Reject, with the reason of that number")).toBeTruthy();
    expect(await seriousFindings(pane.element)).toEqual([]);
  });

  it("has no serious finding of axe with suggestions on the screen", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    pane.server.suggestions = [
      suggestionOf("s1", "Plan!B2", "=A2*2", 4),
      suggestionOf("s2", "Plan!B2", "=A2*3", 4, { rank: 2 }),
    ];
    await selectAndWait(pane, "Plan!B2");
    await openCard();
    expect(await seriousFindings(pane.element)).toEqual([]);
  });
});
