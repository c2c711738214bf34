import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseArea } from "../host/address";
import { createHost, type Host } from "../host/host";
import { FakeExcel, surroundings } from "../host/testing/excel";
import type { Block } from "../protocol/messages";
import { Client } from "./client";
import { WorkbookSync } from "./sync";
import { installWebSocket, NO_ERROR, TestServer, TOKEN } from "./testing/server";

installWebSocket();

let server: TestServer;
const stop: (() => void)[] = [];

beforeEach(async () => {
  server = await TestServer.start();
});

afterEach(async () => {
  for (const end of stop.splice(0)) end();
  await server.stop();
});

async function synced(
  sheets: ConstructorParameters<typeof FakeExcel>[0],
  changeHost: (host: Host) => Host = (host) => host,
) {
  const excel = new FakeExcel(sheets);
  const host = changeHost(createHost(surroundings(excel)));
  const client: Client = new Client(
    {
      url: server.url,
      token: TOKEN,
      hello: { pane_id: "pane", host: { kind: "test", platform: "", version: "", capabilities: [] } },
      workbooks: () => sync.known(),
      firstPauseMs: 10,
      longestPauseMs: 50,
    },
    null,
  );
  const sync: WorkbookSync = new WorkbookSync({ client, host, workbookId: (name) => `id-${name}` });
  client.welcomes.add(
    (welcome) =>
      void sync.connected(
        (id) => welcome.workbooks.find(({ workbook_id }) => workbook_id === id)?.revision ?? null,
      ),
  );
  client.line.open();
  stop.push(
    () => sync.close(),
    () => client.line.close(),
  );
  return { excel, host, client, sync };
}

const ready = (sync: WorkbookSync) =>
  vi.waitFor(() => expect(sync.state.kind).toBe("ready"), { timeout: 4_000 });
const area = (address: string) => {
  const parsed = parseArea(address);
  if (!parsed) throw new Error(`expected an address, got ${address}`);
  return parsed;
};

/** What the server holds, cell by cell, from the chunks. */
function cellsAt(id: string): Map<string, unknown> {
  const cells = new Map<string, unknown>();
  for (const block of (server.workbooks.get(id)?.chunks ?? []).flat() as Block[]) {
    const { top, left } = area(block.range);
    for (const [r, row] of block.values.entries()) {
      for (const [c, value] of row.entries())
        if (value !== null)
          cells.set(`${block.sheet} ${top + r} ${left + c}`, block.formulas?.[r]?.[c] ?? value);
    }
  }
  return cells;
}

describe("opening", () => {
  it("sends the whole workbook in chunks under the limit, at most two on the way", async () => {
    server.limits = { ...server.limits, max_message_bytes: 60_000 };
    const cells = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, row) => [`A${row + 1}`, `'text of row ${row}`]),
    );
    let onTheWay = 0;
    let most = 0;
    server.on.workbook_chunk = (message, reply) => {
      onTheWay += 1;
      most = Math.max(most, onTheWay);
      setTimeout(() => {
        onTheWay -= 1;
        server.answer(message, reply);
      }, 2);
    };
    const { sync } = await synced({ Big: cells, Small: { B2: "=A1", C1: 5 } });
    await ready(sync);
    const chunks = server.of("workbook_chunk");
    expect(chunks.length).toBeGreaterThan(3);
    expect(chunks.map(({ index }) => index)).toEqual(chunks.map((_, index) => index));
    expect(
      Math.max(...chunks.map((chunk) => new TextEncoder().encode(JSON.stringify(chunk)).length)),
    ).toBeLessThan(60_000);
    expect(most).toBeLessThanOrEqual(2);
    const opening = server.of("open_workbook")[0];
    expect(opening?.source).toMatchObject({ type: "host", chunks: chunks.length });
    const held = cellsAt("id-Test.xlsx");
    expect(held.size).toBe(3_002);
    expect(held.get("Big 2999 0")).toBe("text of row 2999");
    expect(held.get("Small 1 1")).toBe("=A1");
    expect(sync.revision).toBe(1);
  });

  it("sends an empty workbook too", async () => {
    const { sync } = await synced({ Empty: {} });
    await ready(sync);
    expect(server.of("open_workbook")[0]?.source).toMatchObject({ chunks: 0 });
  });

  it("does not read a workbook that the server would not take", async () => {
    server.limits = { ...server.limits, max_cells: 1_000 };
    const { sync, excel } = await synced({ S: { A1: 1, Z2000: 2 } });
    await vi.waitFor(() => expect(sync.state).toEqual({ kind: "too_large", cells: 52_000, limit: 1_000 }));
    expect(server.of("open_workbook")).toEqual([]);
    expect(excel.trips).toBeLessThan(8);
  });

  it("sends nothing where the server has the file, and the cells where it forgot it", async () => {
    const kept = (host: Host): Host =>
      Object.assign(Object.create(host), { keptWorkbook: () => ({ id: "kept-1", name: "Book.xlsx" }) });
    server.workbooks.set("kept-1", { revision: 5, chunks: [] });
    const { sync } = await synced({ S: { A1: 1 } }, kept);
    await ready(sync);
    expect(sync.revision).toBe(5);
    expect(server.of("workbook_chunk")).toEqual([]);
    server.workbooks.clear();
    server.drop();
    await vi.waitFor(() => expect(server.of("workbook_chunk")).toHaveLength(1), { timeout: 4_000 });
    expect(cellsAt("kept-1").get("S 0 0")).toBe(1);
  });
});

describe("changes", () => {
  it("gathers what was typed into one delta", async () => {
    const { excel, sync } = await synced({ S: { A1: 1 } });
    await ready(sync);
    for (const row of [1, 2, 3]) {
      excel.sheet("S").enter(row, 0, row * 10);
      sync.changed({ kind: "cells", sheet: "S", areas: [{ top: row, bottom: row, left: 0, right: 0 }] });
    }
    await vi.waitFor(() => expect(server.of("delta")).toHaveLength(1));
    expect(server.of("delta")[0]).toMatchObject({
      base_revision: 1,
      changes: [{ block: { range: "A2", values: [[10]] } }, {}, {}],
    });
    await vi.waitFor(() => expect(sync.revision).toBe(2));
  });

  it("sends one delta at a time, each on the revision of the last", async () => {
    const { sync } = await synced({ S: { A1: 1 } });
    await ready(sync);
    const answers: (() => void)[] = [];
    server.on.delta = (message, reply) => void answers.push(() => server.answer(message, reply));
    void sync.planDone("p1");
    void sync.planDone("p2");
    await vi.waitFor(() => expect(server.of("delta")).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(server.of("delta")).toHaveLength(1);
    answers[0]?.();
    await vi.waitFor(() => expect(server.of("delta")).toHaveLength(2));
    expect(server.of("delta").map(({ base_revision }) => base_revision)).toEqual([1, 2]);
  });

  it("tells rows as rows, and recalculated cells as such", async () => {
    const { sync } = await synced({ S: { A1: 1 } });
    await ready(sync);
    sync.changed({ kind: "insert_rows", sheet: "S", at: 2, count: 3 });
    await vi.waitFor(() => expect(server.of("delta")).toHaveLength(1));
    sync.changed({ kind: "recalculated", sheet: "S", areas: [area("A1")] });
    await vi.waitFor(() => expect(server.of("delta")).toHaveLength(2));
    expect(server.of("delta").map(({ changes }) => changes)).toMatchObject([
      [{ type: "edit", edit: { type: "insert_rows", sheet: "S", at: 2, count: 3 } }],
      [{ type: "cells", is_recalculated: true }],
    ]);
  });

  it("sends the workbook anew where rows moved under changes that were not sent", async () => {
    const { sync } = await synced({ S: { A1: 1 } });
    await ready(sync);
    sync.changed({ kind: "cells", sheet: "S", areas: [area("A1")] });
    sync.changed({ kind: "delete_rows", sheet: "S", at: 0, count: 1 });
    await vi.waitFor(() => expect(server.of("open_workbook")).toHaveLength(2), { timeout: 4_000 });
    expect(server.of("open_workbook")[1]?.join).toBe(false);
  });

  it("sends the workbook anew where the server does not share the revision", async () => {
    const { sync } = await synced({ S: { A1: 1 } });
    await ready(sync);
    server.on.delta = (message, reply) =>
      reply({
        ...NO_ERROR,
        code: "revision_mismatch",
        message: "expected 9",
        request_id: message.id,
        revision: 9,
      });
    sync.changed({ kind: "cells", sheet: "S", areas: [area("A1")] });
    await vi.waitFor(() => expect(server.of("open_workbook")).toHaveLength(2), { timeout: 4_000 });
    await ready(sync);
  });

  it("sends a change too large for a delta as a new copy", async () => {
    const { sync } = await synced({ S: { A1: 1 } });
    await ready(sync);
    sync.changed({ kind: "cells", sheet: "S", areas: [area("A:Z")] });
    await vi.waitFor(() => expect(server.of("open_workbook")).toHaveLength(2), { timeout: 4_000 });
    expect(server.of("delta")).toEqual([]);
  });
});

describe("after a dropped line", () => {
  it("takes up where it was when nothing changed", async () => {
    const { sync } = await synced({ S: { A1: 1 } });
    await ready(sync);
    server.drop();
    await vi.waitFor(() => expect(server.of("open_workbook")).toHaveLength(2), { timeout: 4_000 });
    expect(server.of("open_workbook")[1]).toMatchObject({ join: true });
    await ready(sync);
    expect(server.of("workbook_chunk")).toHaveLength(1);
  });

  it("sends a delta again whose answer was lost, with the same id", async () => {
    const { sync } = await synced({ S: { A1: 1 } });
    await ready(sync);
    server.on.delta = () => server.drop();
    const done = sync.planDone("p1");
    await vi.waitFor(() => expect(server.of("hello").length).toBeGreaterThan(1), { timeout: 4_000 });
    delete server.on.delta;
    await vi.waitFor(() => expect(sync.revision).toBe(2), { timeout: 4_000 });
    await done;
    const sent = server.of("delta");
    expect(sent.length).toBeGreaterThan(1);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(1);
  });
});
