import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { PROTOCOL_VERSION, type ServerMessage } from "../protocol/messages";
import { Client, RequestError } from "./client";
import { newId } from "./ids";
import type { LineState } from "./line";
import { OutcomeQueue } from "./outcomes";
import { installWebSocket, NO_ERROR, resultOf, TestServer, TOKEN } from "./testing/server";

installWebSocket();

let server: TestServer;
const clients: Client[] = [];

beforeEach(async () => {
  localStorage.clear();
  server = await TestServer.start();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.line.close();
  await server.stop();
});

function connect(
  options: { token?: string; paneId?: string; storage?: Storage | null; heartbeat?: boolean } = {},
) {
  const client = new Client(
    {
      url: server.url,
      token: options.token ?? TOKEN,
      hello: {
        pane_id: options.paneId ?? "pane",
        host: { kind: "test", platform: "", version: "", capabilities: [] },
      },
      workbooks: () => ({ wb: 7 }),
      firstPauseMs: 10,
      longestPauseMs: 40,
      patienceMs: 500,
    },
    options.storage === undefined ? localStorage : options.storage,
  );
  clients.push(client);
  const states: LineState["kind"][] = [];
  client.line.states.add((state) => states.push(state.kind));
  client.line.open();
  return { client, states };
}

const online = (client: Client) => vi.waitFor(() => expect(client.isOnline).toBe(true), { timeout: 4_000 });

describe("the line", () => {
  it("says hello first and is online after welcome", async () => {
    const { client, states } = connect();
    await online(client);
    expect(server.received[0]).toMatchObject({
      type: "hello",
      protocol: PROTOCOL_VERSION,
      token: TOKEN,
      pane_id: "pane",
      resume: null,
    });
    expect(states).toEqual(["connecting", "online"]);
  });

  it("does not come back by itself after a refusal", async () => {
    const { client, states } = connect({ token: "bad" });
    await vi.waitFor(() => expect(client.line.state).toEqual({ kind: "refused", why: "unauthorized" }));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(server.of("hello")).toHaveLength(1);
    expect(states.at(-1)).toBe("refused");
  });

  it("comes back after a drop with the session and revisions that it had", async () => {
    const { client } = connect();
    await online(client);
    server.drop();
    await vi.waitFor(() => expect(server.of("hello")).toHaveLength(2), { timeout: 4_000 });
    expect(server.of("hello")[1]?.resume).toEqual({ session_id: "session-1", workbooks: { wb: 7 } });
  });

  it("tries again with growing pauses while the server is away, and at once when told", async () => {
    const { client } = connect();
    await online(client);
    await server.stop();
    let attempts = 0;
    client.line.states.add((state) => {
      if (state.kind === "reconnecting") attempts = state.attempt;
    });
    await vi.waitFor(() => expect(attempts).toBeGreaterThan(3), { timeout: 4_000 });
    await server.listen();
    client.line.retryNow();
    await online(client);
  });

  it("measures the heartbeat and drops a line that has gone silent", async () => {
    server.limits = { ...server.limits, heartbeat_s: 0.03 };
    const { client, states } = connect();
    await online(client);
    await vi.waitFor(() => expect(client.line.roundTripMs).toBeGreaterThan(0));
    server.on.ping = () => {};
    await vi.waitFor(() => expect(states).toContain("reconnecting"), { timeout: 4_000 });
  });

  it("drops a line that speaks no JSON", async () => {
    const { client, states } = connect();
    await online(client);
    server.raw("{nonsense");
    await vi.waitFor(() => expect(states.length).toBeGreaterThan(2), { timeout: 4_000 });
  });
});

describe("requests", () => {
  it("gives every answer to whom it belongs, however they cross", async () => {
    const { client } = connect();
    await online(client);
    const asked: ((answer: ServerMessage) => void)[] = [];
    const ids: string[] = [];
    server.on.suggest = (message, reply) => {
      asked.push(reply);
      ids.push(message.id);
      if (ids.length < 2) return;
      for (const [index, id] of [...ids.entries()].reverse()) asked[index]?.(resultOf(id, "wb", [id]));
    };
    const ask = () => {
      const id = newId();
      return {
        id,
        stream: client.stream({ type: "suggest", id, workbook_id: "wb", revision: 1, target: "S!A1" }, id),
      };
    };
    const [first, second] = [ask(), ask()];
    expect(await first.stream.done).toMatchObject({ order: [first.id] });
    expect(await second.stream.done).toMatchObject({ order: [second.id] });
  });

  it("turns an error into one, with when to try again", async () => {
    const { client } = connect();
    await online(client);
    server.on.suggest = (message, reply) =>
      reply({ ...NO_ERROR, code: "busy", message: "too many", request_id: message.id, retry_after_ms: 250 });
    const id = newId();
    const { done } = client.stream(
      { type: "suggest", id, workbook_id: "wb", revision: 1, target: "S!A1" },
      id,
    );
    await expect(done).rejects.toMatchObject({ code: "busy", retryAfterMs: 250 });
  });

  it("fails what was under way when the line drops, and what is asked without one", async () => {
    const { client } = connect();
    await online(client);
    server.on.explain = () => {};
    const ask = () =>
      client.ask({ type: "explain", id: newId(), workbook_id: "wb", revision: 1, at: "S!A1" }, "explanation");
    const asked = ask();
    await vi.waitFor(() => expect(server.of("explain")).toHaveLength(1));
    await server.stop();
    await expect(asked).rejects.toMatchObject({ code: "disconnected" });
    await expect(ask()).rejects.toBeInstanceOf(RequestError);
  });

  it("cancels only what is under way", async () => {
    const { client } = connect();
    await online(client);
    server.on.suggest = () => {};
    server.on.cancel = (message, reply) =>
      reply({ ...resultOf(message.request_id, "wb", []), status: "cancelled" } as ServerMessage);
    const id = newId();
    const stream = client.stream({ type: "suggest", id, workbook_id: "wb", revision: 1, target: "S!A1" }, id);
    stream.cancel();
    expect(await stream.done).toMatchObject({ status: "cancelled" });
    stream.cancel();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(server.of("cancel")).toHaveLength(1);
  });
});

describe("outcomes", () => {
  const accepted = { suggestion_id: "s1", kind: "accepted", was_shown: true } as const;

  it("forgets an outcome only when the server has it", async () => {
    server.on.outcome = () => {};
    const { client } = connect();
    await online(client);
    client.record(accepted);
    await vi.waitFor(() => expect(server.of("outcome")).toHaveLength(1));
    expect(client.outcomes.waiting()).toHaveLength(1);
    delete server.on.outcome;
    server.drop();
    await vi.waitFor(() => expect(client.outcomes.waiting()).toHaveLength(0), { timeout: 4_000 });
    expect(new Set(server.of("outcome").map(({ id }) => id)).size).toBe(1);
    expect(localStorage.length).toBe(0);
  });

  it("keeps what was decided offline over a reload of the page, in order", async () => {
    const { client } = connect();
    await online(client);
    await server.stop();
    client.record(accepted);
    await new Promise((resolve) => setTimeout(resolve, 5));
    client.record({ ...accepted, suggestion_id: "s2", kind: "rejected", reason: "wrong_cells" });
    client.line.close();
    await server.listen();
    // Another page: nothing but the storage is left.
    const next = connect({ paneId: "other" });
    await online(next.client);
    await vi.waitFor(() => expect(server.outcomes.size).toBe(2));
    expect([...server.outcomes.values()].map(({ suggestion_id }) => suggestion_id)).toEqual(["s1", "s2"]);
    expect([...server.outcomes.values()][1]).toMatchObject({ kind: "rejected", reason: "wrong_cells" });
  });

  it("loses none of 300 over crashes of the server", async () => {
    server.limits = { ...server.limits, messages_per_s: 10_000 };
    const { client } = connect();
    await online(client);
    for (let index = 0; index < 300; index++) {
      client.record({ ...accepted, suggestion_id: `s${index}` });
      if (index % 60 === 59) {
        server.drop();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    await vi.waitFor(() => expect(client.outcomes.waiting()).toHaveLength(0), { timeout: 8_000 });
    expect(new Set([...server.outcomes.values()].map(({ suggestion_id }) => suggestion_id)).size).toBe(300);
    expect(server.outcomes.size).toBe(300);
  });

  it("keeps to the pace that the server allows when it sends what waited", async () => {
    server.limits = { ...server.limits, messages_per_s: 20 };
    const queue = new OutcomeQueue(localStorage);
    for (let index = 0; index < 25; index++) {
      queue.add({
        ...accepted,
        type: "outcome",
        id: `o${index}`,
        suggestion_id: `s${index}`,
        created: new Date(index).toISOString(),
      });
    }
    const { client } = connect();
    await online(client);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(server.of("outcome")).toHaveLength(10);
    await vi.waitFor(() => expect(server.outcomes.size).toBe(25), { timeout: 4_000 });
  });

  it("says so where the browser keeps nothing, and sends all the same", async () => {
    const { client } = connect({ storage: null });
    await online(client);
    expect(client.outcomes.isDurable).toBe(false);
    client.record(accepted);
    await vi.waitFor(() => expect(server.outcomes.size).toBe(1));
  });

  it("outlives a full disk", () => {
    const full = {
      length: 0,
      setItem: () => {
        throw new DOMException("full", "QuotaExceededError");
      },
    } as unknown as Storage;
    const queue = new OutcomeQueue(full);
    queue.add({ ...accepted, type: "outcome", id: "o1", created: new Date().toISOString() });
    expect(queue.isDurable).toBe(false);
    expect(queue.waiting()).toHaveLength(1);
  });

  it("passes over what somebody else left in the storage", () => {
    localStorage.setItem("cellwright.outcome.x", "not json");
    localStorage.setItem("cellwright.outcome.y", "[]");
    expect(new OutcomeQueue(localStorage).waiting()).toEqual([]);
  });
});
