/**
 * Keeps the server's copy of the workbook like the one in the host.
 *
 * Opening: the whole workbook in chunks (or nothing, where the server has the file itself). After that every
 * change goes as a delta, one at a time and in order. What cannot be said as a delta, and a revision that the
 * server does not share, sends the workbook anew.
 */

import { type Area, areaAddress, cellCount, strips } from "../host/address";
import type { Host, HostChange } from "../host/host";
import { CELLS_A_STRIP } from "../host/read";
import type { Delta, OpenWorkbook, ServerMessage, SheetInfo, Synced } from "../protocol/messages";
import { cellsOf, frameCharacters, readChunks } from "./chunks";
import { type Client, RequestError } from "./client";
import { newId } from "./ids";
import { Listeners } from "./listeners";

export type SyncState =
  | { readonly kind: "closed" }
  | { readonly kind: "reading"; readonly done: number; readonly total: number }
  | { readonly kind: "sending"; readonly done: number; readonly total: number }
  | { readonly kind: "ready" }
  | { readonly kind: "too_large"; readonly cells: number; readonly limit: number }
  | { readonly kind: "failed"; readonly message: string };

type Change = Delta["changes"][number];

const CHUNKS_ON_THE_WAY = 2;
/** A change of more cells than this is sent as a new copy of the workbook. */
const MAX_DELTA_CELLS = 200_000;
/** Past so many cells a delta leaves formats out, which Excel is slow to tell; the playground's grid is not. */
const MAX_DELTA_LOOKS = 1_000;
const MAX_RECALCULATED_CELLS = 20_000;
const GATHER_MS = 25;
const GATHER_RECALCULATED_MS = 300;
const RESYNC_MS = 400;

export interface SyncOptions {
  readonly client: Client;
  readonly host: Host;
  /** The id of a workbook that the server does not keep: the same in all panes of this machine. */
  readonly workbookId: (name: string) => string;
}

export class WorkbookSync {
  readonly states = new Listeners<[SyncState]>();
  state: SyncState = { kind: "closed" };
  workbookId: string | null = null;
  name = "";
  revision = 0;

  /** Areas of each sheet that changed and were not sent yet. */
  private readonly cells = new Map<string, Area[]>();
  private readonly recalculated = new Map<string, Area[]>();
  private readonly unsent: Delta[] = [];
  private sending: Promise<void> | null = null;
  private opening: Promise<void> | null = null;
  private isOpenStale = false;
  private timers: Partial<Record<"gather" | "recalculated" | "resync", ReturnType<typeof setTimeout>>> = {};

  constructor(private readonly at: SyncOptions) {}

  get isReady(): boolean {
    return this.state.kind === "ready";
  }

  /** What `hello.resume` is told. */
  known(): Record<string, number> {
    return this.workbookId !== null && this.isReady ? { [this.workbookId]: this.revision } : {};
  }

  /** After every `welcome`: takes up where the line dropped, or sends the workbook. */
  async connected(isKnownAt: (id: string) => number | null): Promise<void> {
    const kept = this.at.host.keptWorkbook();
    const isSame = this.workbookId !== null && (kept === null || kept.id === this.workbookId);
    const isShared = isSame && this.workbookId !== null && isKnownAt(this.workbookId) === this.revision;
    await this.open(this.isReady && isShared);
    this.sendNext();
  }

  /** Opens the workbook at the server; `canJoin`: it holds ours already. */
  async open(canJoin: boolean): Promise<void> {
    if (this.opening) {
      this.isOpenStale = true;
      return this.opening;
    }
    this.opening = this.openOnce(canJoin).finally(() => {
      this.opening = null;
    });
    await this.opening;
    if (this.isOpenStale) {
      this.isOpenStale = false;
      await this.open(false);
    }
  }

  close(): void {
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    if (this.workbookId !== null)
      this.at.client.line.send({ type: "close_workbook", workbook_id: this.workbookId });
    this.workbookId = null;
    this.setState({ kind: "closed" });
  }

  private async openOnce(canJoin: boolean): Promise<void> {
    const { host } = this.at;
    try {
      const kept = host.keptWorkbook();
      if (kept) {
        this.workbookId = kept.id;
        this.name = kept.name;
        try {
          return await this.join(kept.name, { type: "kept" });
        } catch (error) {
          // The server forgot it (a restart): from now on it gets the cells from here.
          if (!(error instanceof RequestError && error.code === "unknown_workbook")) throw error;
        }
      } else if (canJoin && this.workbookId !== null) {
        return await this.join(this.name, {
          type: "host",
          sheets: [BARE_SHEET],
          tables: [],
          names: [],
          is_1904: false,
          chunks: 0,
        });
      }
      await this.push(kept?.id ?? null);
    } catch (error) {
      if (error instanceof RequestError && error.code === "disconnected") return;
      this.setState({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  }

  private async join(name: string, source: OpenWorkbook["source"]): Promise<void> {
    const id = newId();
    const workbookId = this.workbookId as string;
    const synced = await this.at.client.ask(
      { type: "open_workbook", id, workbook_id: workbookId, name, source, join: true },
      "synced",
    );
    if (synced.needs_chunks) return this.push(null);
    this.synced(synced);
  }

  private async push(id: string | null): Promise<void> {
    const { host, client } = this.at;
    this.cells.clear();
    this.recalculated.clear();
    this.setState({ kind: "reading", done: 0, total: 0 });
    const shape = await host.shape();
    const limit = client.welcome?.limits.max_cells ?? Number.POSITIVE_INFINITY;
    const total = cellsOf(shape);
    if (total > limit) {
      this.setState({ kind: "too_large", cells: total, limit });
      return;
    }
    this.name = shape.name;
    this.workbookId = id ?? this.at.workbookId(shape.name);
    const chunks = await readChunks(
      host,
      shape,
      frameCharacters(client.welcome?.limits.max_message_bytes),
      (done) => this.setState({ kind: "reading", done, total }),
    );
    const opening: OpenWorkbook = {
      type: "open_workbook",
      id: newId(),
      workbook_id: this.workbookId,
      name: shape.name,
      source: {
        type: "host",
        sheets: [...shape.sheets],
        tables: [...shape.tables],
        names: [...shape.names],
        is_1904: false,
        chunks: chunks.length,
      },
      join: false,
    };
    this.unsent.length = 0;
    this.synced(await this.sendChunks(opening, chunks));
  }

  private async sendChunks(opening: OpenWorkbook, chunks: readonly string[][]): Promise<Synced> {
    const { line } = this.at.client;
    let next = 0;
    let received = 0;
    const sendMore = () => {
      while (next < chunks.length && next - received < CHUNKS_ON_THE_WAY) {
        const head = {
          type: "workbook_chunk",
          id: opening.id,
          workbook_id: opening.workbook_id,
          index: next,
        };
        line.sendText(`${JSON.stringify(head).slice(0, -1)},"blocks":[${chunks[next]?.join(",") ?? ""}]}`);
        next += 1;
      }
      this.setState({ kind: "sending", done: received, total: chunks.length });
    };
    const isDone = (answer: ServerMessage) => {
      if (answer.type === "chunk_received") {
        received = answer.index + 1;
        sendMore();
      } else if (answer.type === "synced") {
        if (!answer.needs_chunks) return true;
        sendMore();
      }
      return false;
    };
    return (await this.at.client.stream(opening, opening.id, isDone).done) as Synced;
  }

  private synced(answer: Synced): void {
    this.revision = answer.revision;
    this.setState({ kind: "ready" });
    this.gather("gather", GATHER_MS);
  }

  /** A change in the host. */
  changed(change: HostChange): void {
    switch (change.kind) {
      case "cells":
        remember(this.cells, change.sheet, change.areas);
        this.gather("gather", GATHER_MS);
        return;
      case "recalculated":
        remember(this.recalculated, change.sheet, change.areas);
        this.gather("recalculated", GATHER_RECALCULATED_MS);
        return;
      case "structure":
        this.resync();
        return;
      default:
        // Addresses gathered before rows moved mean other cells now.
        if (this.cells.size > 0 || !this.isReady) this.resync();
        else
          this.queue([
            {
              type: "edit",
              edit: { type: change.kind, sheet: change.sheet, at: change.at, count: change.count },
            },
          ]);
    }
  }

  /** Tells that a plan was done; resolves with the revision that it made. */
  async planDone(planId: string): Promise<void> {
    await this.flush();
    this.queue([{ type: "plan", plan_id: planId }]);
    await this.sending;
  }

  /** Another pane changed the workbook that we share. */
  movedOn(revision: number): void {
    this.revision = Math.max(this.revision, revision);
  }

  /** Reads and queues all that changed; a request sent after it meets a server that knows. */
  async flush(): Promise<void> {
    clearTimeout(this.timers.gather);
    if (!this.isReady) return;
    const changes = await this.blocks(this.cells, false);
    if (changes) this.queue(changes);
  }

  /** Resolves when all that changed so far is with the server. */
  async settled(): Promise<void> {
    await this.flush();
    while (this.sending) await this.sending;
  }

  resync(): void {
    clearTimeout(this.timers.resync);
    this.timers.resync = setTimeout(() => {
      if (this.at.client.isOnline) void this.open(false);
    }, RESYNC_MS);
  }

  private gather(which: "gather" | "recalculated", waitMs: number): void {
    clearTimeout(this.timers[which]);
    this.timers[which] = setTimeout(async () => {
      if (!this.isReady) return;
      const changes = await this.blocks(
        which === "gather" ? this.cells : this.recalculated,
        which !== "gather",
      );
      if (changes) this.queue(changes);
    }, waitMs);
  }

  /** The changed areas as they are now; null where that is too much or nothing, and then sends anew or forgets. */
  private async blocks(pending: Map<string, Area[]>, isRecalculated: boolean): Promise<Change[] | null> {
    const areas = [...pending].flatMap(([sheet, list]) => list.map((area) => ({ sheet, area })));
    pending.clear();
    const count = areas.reduce((sum, { area }) => sum + cellCount(area), 0);
    if (areas.length === 0) return null;
    if (isRecalculated && count > MAX_RECALCULATED_CELLS) return null;
    if (count > MAX_DELTA_CELLS) {
      this.resync();
      return null;
    }
    try {
      const changes: Change[] = [];
      for (const { sheet, area } of areas) {
        for (const strip of strips(area, CELLS_A_STRIP)) {
          const withLooks = cellCount(strip) <= MAX_DELTA_LOOKS || this.at.host.ghosts !== null;
          const block = await this.at.host.block(sheet, strip, withLooks);
          // Formats that were not read must not wipe out those that the server has.
          const told = withLooks ? block : { ...block, styles: [], style_index: null };
          changes.push({ type: "cells", block: told, is_recalculated: isRecalculated });
        }
      }
      return changes;
    } catch {
      // The sheet is gone or cannot be read now: a fresh copy tells what is left.
      this.resync();
      return null;
    }
  }

  private queue(changes: Change[]): void {
    const limit = frameCharacters(this.at.client.welcome?.limits.max_message_bytes);
    let batch: Change[] = [];
    let size = 0;
    for (const change of changes) {
      const length = JSON.stringify(change).length;
      if (batch.length > 0 && (size + length > limit || batch.length >= 1_000)) {
        this.enqueue(batch);
        batch = [];
        size = 0;
      }
      batch.push(change);
      size += length;
    }
    if (batch.length > 0) this.enqueue(batch);
    this.sendNext();
  }

  private enqueue(changes: Change[]): void {
    if (this.workbookId === null) return;
    this.unsent.push({
      type: "delta",
      id: newId(),
      workbook_id: this.workbookId,
      base_revision: this.revision,
      changes,
    });
  }

  /** One delta at a time: the next builds on the revision that this one makes. */
  private sendNext(): void {
    if (this.sending || !this.isReady || this.unsent.length === 0) return;
    this.sending = this.sendAll().finally(() => {
      this.sending = null;
    });
  }

  private async sendAll(): Promise<void> {
    for (let delta = this.unsent[0]; delta; delta = this.unsent[0]) {
      const current: Delta = { ...delta, base_revision: Math.max(delta.base_revision, this.revision) };
      try {
        const applied = await this.at.client.ask(current, "delta_applied");
        this.revision = applied.revision;
        if (this.unsent[0] === delta) this.unsent.shift();
      } catch (error) {
        if (error instanceof RequestError && error.code === "disconnected") return;
        if (this.unsent[0] === delta) this.unsent.shift();
        this.resync();
        return;
      }
    }
  }

  private setState(state: SyncState): void {
    this.state = state;
    this.states.call(state);
  }
}

/** Joining sends no cells; the message wants one sheet all the same. */
const BARE_SHEET: SheetInfo = {
  name: "Sheet1",
  visibility: "visible",
  used_range: null,
  merges: [],
  is_protected: false,
  freeze: null,
  column_widths: {},
  hidden_rows: [],
  hidden_columns: [],
};

function remember(pending: Map<string, Area[]>, sheet: string, areas: readonly Area[]): void {
  const list = pending.get(sheet) ?? [];
  for (const area of areas) {
    const isKnown = list.some((old) => areaAddress(old) === areaAddress(area));
    if (!isKnown) list.push(area);
  }
  pending.set(sheet, list);
}
