/** The whole pane for tests: real components and session, a real websocket to a test server, Excel in memory. */

import { cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { vi } from "vitest";
import { installWebSocket, TestServer, TOKEN } from "../../client/testing/server";
import { createHost } from "../../host/host";
import type { CellInput, GridExtras, Surroundings } from "../../host/surface";
import { FakeExcel, surroundings } from "../../host/testing/excel";
import { App } from "../App";
import { PaneSession } from "../session";

installWebSocket();

export interface TestPane {
  readonly server: TestServer;
  readonly excel: FakeExcel;
  readonly session: PaneSession;
  readonly user: ReturnType<typeof userEvent.setup>;
  readonly element: HTMLElement;
  /** As a person does it. */
  select(place: string): Promise<void>;
  ready(): Promise<void>;
}

const running: (() => Promise<void> | void)[] = [];

export interface PaneOptions {
  readonly sheets?: Record<string, Record<string, CellInput>>;
  readonly token?: string;
  readonly language?: string;
  readonly minor?: number;
  readonly extras?: GridExtras;
  readonly prepare?: (server: TestServer, excel: FakeExcel) => void;
}

export async function openPane(options: PaneOptions = {}): Promise<TestPane> {
  localStorage.clear();
  sessionStorage.clear();
  const server = await TestServer.start();
  const excel = new FakeExcel(options.sheets ?? { Plan: { A1: 1, A2: 2, A3: 3, B1: "=A1*2" } });
  options.prepare?.(server, excel);
  const at: Surroundings = {
    ...surroundings(excel, options.minor, options.language),
    ...(options.extras ? { extras: options.extras } : {}),
  };
  const session = sessionOver(server, at, options.token);
  const { container } = render(<App session={session} />);
  running.push(
    () => session.stop(),
    () => server.stop(),
  );
  await session.start();
  const pane: TestPane = {
    server,
    excel,
    session,
    user: userEvent.setup(),
    element: container,
    select: async (place) => {
      excel.selected = place;
      for (const handler of [...excel.handlers.selection]) await handler({});
    },
    ready: () => synced(session),
  };
  return pane;
}

/** The page loaded anew: another session over the same Excel, server and storage. */
export async function reopen(pane: TestPane): Promise<{ session: PaneSession; ready(): Promise<void> }> {
  cleanup();
  pane.session.stop();
  const session = sessionOver(pane.server, surroundings(pane.excel));
  render(<App session={session} />);
  running.unshift(() => session.stop());
  await session.start();
  return { session, ready: () => synced(session) };
}

function sessionOver(server: TestServer, at: Surroundings, token = TOKEN): PaneSession {
  return new PaneSession({
    host: createHost(at),
    preferences: { server: server.url, token, theme: "light", localFormulas: true },
    local: localStorage,
    session: sessionStorage,
  });
}

function synced(session: PaneSession): Promise<void> {
  return vi.waitFor(
    () => {
      const { kind } = session.state.sync;
      if (kind !== "ready") throw new Error(`expected a synced workbook, got ${kind}`);
    },
    { timeout: 4_000 },
  );
}

export async function closePanes(): Promise<void> {
  cleanup();
  for (const end of running.splice(0)) await end();
}

/** In the view, not in what is said to screen readers. */
export function shown(text: string | RegExp): Promise<HTMLElement> {
  return within(screen.getByRole("tabpanel")).findByText(text);
}

/** Selects a place and waits until its suggestions have all come. */
export async function selectAndWait(pane: TestPane, place: string): Promise<void> {
  await pane.select(place);
  await vi.waitFor(
    () => {
      const { asked } = pane.session.state;
      if (asked?.place !== place || asked.status !== "done")
        throw new Error(`expected suggestions for ${place}`);
    },
    { timeout: 4_000, interval: 10 },
  );
}

/** The unfolded card. */
export async function openCard(): Promise<HTMLElement> {
  const card = (await screen.findByText("Accept")).closest<HTMLElement>("[data-suggestion]");
  if (!card) throw new Error("expected a card round its button");
  return card;
}
