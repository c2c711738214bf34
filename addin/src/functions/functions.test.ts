import { afterEach, describe, expect, it, vi } from "vitest";
import { resultOf, suggestionOf, TIMINGS } from "../client/testing/server";
import { translator } from "../i18n";
import { closePanes, openPane, selectAndWait } from "../pane/testing/pane";
import type { Turn } from "../protocol/messages";
import { type CommandSurface, registerCommands } from "./commands";
import { askFunction, type StreamingInvocation, suggestFunction } from "./functions";
import metadata from "./functions.json";
import { ACTIONS, FUNCTIONS, SHORTCUTS } from "./ids";

afterEach(closePanes);

const t = translator("en");

function invocation(addresses: string[]) {
  const results: unknown[] = [];
  const made: StreamingInvocation = {
    parameterAddresses: addresses,
    setResult: (result) => void results.push(result),
    onCanceled: () => {},
  };
  return { made, results };
}

describe("=CELLWRIGHT.ASK", () => {
  const TURN: Turn = { request: "", place: null, summary: "" };

  it("gives the computed answer, a number as a number", async () => {
    const pane = await openPane();
    await pane.ready();
    const values = ["6", "South", "-1.5"];
    pane.server.on.ask = (message, reply) => {
      reply({
        type: "answer",
        request_id: message.id,
        workbook_id: "wb",
        suggestion_id: "a1",
        text: "It is so.",
        formula: "=SUM(A1:A3)",
        value: values[pane.server.of("ask").length - 1] ?? "",
        citations: ["Plan!A1:A3"],
        confidence: 0.9,
        turn: TURN,
      });
      reply(resultOf(message.id, "wb", ["a1"]));
    };
    for (const expected of [6, "South", -1.5]) {
      const { made, results } = invocation(["Plan!C1", "Plan!A1:A3"]);
      askFunction(pane.session, t)("How much?", [[1]], made);
      await vi.waitFor(() => expect(results).toEqual([expected]));
    }
    expect(pane.server.of("ask")[0]).toMatchObject({ text: "How much?", place: "Plan!A1:A3" });
  });

  it("says in words what is no question, and what the workbook does not hold", async () => {
    const pane = await openPane();
    await pane.ready();
    pane.server.on.ask = (message, reply) => {
      if (message.text === "Sort it")
        reply({
          type: "asked_plan",
          request_id: message.id,
          workbook_id: "wb",
          suggestion: suggestionOf("p1", "Plan!A1:A3", "=1"),
          steps: [],
          left_out: [],
          turn: TURN,
        });
      else reply({ type: "asked_back", request_id: message.id, text: "Which one?", choices: [] });
      reply(resultOf(message.id, "wb", []));
    };
    const sorted = invocation(["Plan!C1", ""]);
    askFunction(pane.session, t)("Sort it", null, sorted.made);
    await vi.waitFor(() =>
      expect(sorted.results).toEqual([new Error("That asks for a change. Use Ask in Cellwright’s pane.")]),
    );
    const open = invocation(["Plan!C1", ""]);
    askFunction(pane.session, t)("How much?", null, open.made);
    await vi.waitFor(() => expect(open.results).toEqual([new Error("No answer: Which one?")]));
  });

  it("waits for the line, and stops asking when Excel takes it back", async () => {
    const pane = await openPane();
    const { made, results } = invocation(["Plan!C1", "Plan!A1"]);
    pane.server.on.ask = () => {};
    askFunction(pane.session, t)("How much?", [[1]], made);
    await vi.waitFor(() => expect(pane.server.of("ask")).toHaveLength(1), { timeout: 4_000 });
    made.onCanceled();
    await vi.waitFor(() =>
      expect(pane.server.of("cancel")[0]?.request_id).toBe(pane.server.of("ask")[0]?.id),
    );
    expect(results).toEqual([]);
  });
});

describe("=CELLWRIGHT.SUGGEST", () => {
  it("gives the best formula as text, or says that there is none", async () => {
    const pane = await openPane();
    await pane.ready();
    pane.server.suggestions = [
      suggestionOf("s2", "Plan!B2", "=A2*3"),
      suggestionOf("s1", "Plan!B2", "=A2*2"),
    ];
    pane.server.on.complete = (message, reply) => {
      for (const suggestion of pane.server.suggestions)
        reply({ type: "candidate", request_id: message.id, workbook_id: "wb", suggestion, timings: TIMINGS });
      reply(resultOf(message.id, "wb", ["s1", "s2"]));
    };
    const some = invocation(["Plan!B2"]);
    suggestFunction(pane.session, t)([[null]], some.made);
    await vi.waitFor(() => expect(some.results).toEqual(["=A2*2"]));
    pane.server.suggestions = [];
    const none = invocation(["Plan!B9"]);
    suggestFunction(pane.session, t)([[null]], none.made);
    await vi.waitFor(() => expect(none.results).toEqual([new Error("No suggestion.")]));
  });
});

describe("commands", () => {
  it("associates every action that the manifests name, and does it", async () => {
    const pane = await openPane();
    await pane.ready();
    await selectAndWait(pane, "Plan!A1");
    const actions = new Map<string, (event?: { completed(): void }) => Promise<void> | void>();
    const showAsTaskpane = vi.fn(async () => {});
    const surface: CommandSurface = {
      actions: { associate: (id, action) => void actions.set(id, action) },
      addin: { showAsTaskpane },
    };
    registerCommands(pane.session, surface);
    expect([...actions.keys()].sort()).toEqual(Object.values(ACTIONS).sort());
    expect(Object.keys(SHORTCUTS).every((id) => actions.has(id))).toBe(true);

    pane.server.suggestions = [suggestionOf("s1", "Plan!B2", "=A2*2", 4)];
    await selectAndWait(pane, "Plan!B2");
    // A shortcut hands no event.
    await actions.get(ACTIONS.accept)?.();
    await vi.waitFor(() => expect(pane.session.state.applied[0]?.status).toBe("done"));
    await actions.get(ACTIONS.undo)?.();
    await vi.waitFor(() => expect(pane.session.state.applied[0]?.status).toBe("undone"));

    const completed = vi.fn();
    pane.server.on.audit = (message, reply) => reply(resultOf(message.id, "wb", []));
    await actions.get(ACTIONS.audit)?.({ completed });
    expect(showAsTaskpane).toHaveBeenCalled();
    expect(completed).toHaveBeenCalledOnce();
    expect(pane.session.state.tab).toBe("audit");
  });

  it("has the functions that the metadata names", () => {
    expect(metadata.functions.map(({ id }) => id)).toEqual(Object.values(FUNCTIONS));
  });
});
