/**
 * One pane: it listens to the host, keeps the link to the server, and has the parts that act (suggestions,
 * decisions, inquiries). It keeps the state that the components draw; it draws nothing itself.
 */

import type { Client } from "../client/client";
import { newId } from "../client/ids";
import { type Preferences, writePreferences } from "../client/settings";
import type { Host, HostChange } from "../host/host";
import type { SelectedCell } from "../host/read";
import type { SetSettings } from "../protocol/messages";
import { readApplied, writeApplied } from "./applied";
import { Asking } from "./asking";
import { Decisions } from "./decisions";
import { Inquiries } from "./inquiries";
import { Link, type Storages } from "./link";
import { type Applied, NO_AUDIT, type PaneState, type Tab } from "./state";
import { Store } from "./store";
import { Suggestions } from "./suggestions";

export interface SessionOptions extends Storages {
  readonly host: Host;
  readonly preferences: Preferences;
}

export class PaneSession {
  readonly store: Store;
  readonly suggestions: Suggestions;
  readonly decisions: Decisions;
  readonly inquiries: Inquiries;
  readonly asking: Asking;
  private readonly link: Link;
  private readonly undo: (() => void)[] = [];
  private refresh: ReturnType<typeof setTimeout> | undefined;
  private keptApplied: readonly Applied[] = [];

  constructor(private readonly at: SessionOptions) {
    this.store = new Store(at.preferences);
    this.link = new Link(this.store, at.host, at, () => this.synced());
    this.suggestions = new Suggestions(this.store, this.link);
    this.decisions = new Decisions(this.store, this.link, this.suggestions);
    this.inquiries = new Inquiries(this.store, this.link, this.suggestions);
    this.asking = new Asking(this.store, this.link, (plan) => this.suggestions.drawPlan(plan));
    this.store.changes.add(() => this.keepApplied());
  }

  get state(): PaneState {
    return this.store.state;
  }

  get host(): Host {
    return this.at.host;
  }

  /** Listens to the host and opens the line. */
  async start(): Promise<void> {
    const { host, suggestions } = this;
    this.link.client.line.open();
    this.undo.push(host.onWorkbook(() => void this.workbookOpened()));
    this.undo.push(await host.onSelection(() => void suggestions.selected()));
    this.undo.push(await host.onChange((change) => this.changed(change)));
    // What was on the screen when the pane closes was passed over; it is sent when a pane opens next.
    const passOver = () => suggestions.clearCards("ignored");
    window.addEventListener("pagehide", passOver);
    this.undo.push(() => window.removeEventListener("pagehide", passOver));
    // A laptop that wakes need not wait for the pause to end.
    const wake = () => document.visibilityState === "visible" && this.link.wake();
    document.addEventListener("visibilitychange", wake);
    this.undo.push(() => document.removeEventListener("visibilitychange", wake));
    if (host.ghosts) this.undo.push(host.ghosts.onTab(() => this.decisions.acceptFirst()));
    await suggestions.selected();
  }

  stop(): void {
    clearTimeout(this.refresh);
    for (const undo of this.undo.splice(0)) undo();
    this.suggestions.stop();
    this.link.close();
  }

  /** Somebody typed, or Excel calculated: tell the server, and show the selected cell as it is now. */
  private changed(change: HostChange): void {
    this.link.sync.changed(change);
    clearTimeout(this.refresh);
    this.refresh = setTimeout(() => void this.refreshed(), 50);
  }

  /** Who empties the selected cell and stays there wants something else in it: suggestions are asked for anew. */
  private async refreshed(): Promise<void> {
    const before = this.store.state.selection;
    await this.link.refreshSelection();
    const now = this.store.state.selection;
    const isSame = before?.sheet === now?.sheet && before?.active.address === now?.active.address;
    if (before && now && isSame && !isBlank(before.active) && isBlank(now.active))
      await this.suggestions.selected();
  }

  private async workbookOpened(): Promise<void> {
    this.suggestions.clearGhosts();
    this.keptApplied = [];
    this.store.set({
      asked: null,
      cards: [],
      openCard: null,
      explanation: null,
      exchanges: [],
      audit: NO_AUDIT,
      applied: [],
    });
    if (this.link.client.isOnline) await this.link.sync.open(false);
    await this.suggestions.selected();
  }

  private synced(): void {
    const { workbookId } = this.link.sync;
    // Journals of this workbook from before a reload of the pane.
    if (this.state.applied.length === 0 && workbookId !== null) {
      const applied = readApplied(this.at.session, workbookId);
      if (applied.length > 0) this.store.set({ applied });
    }
    void this.suggestions.selected();
  }

  private keepApplied(): void {
    const { applied } = this.state;
    const { workbookId } = this.link.sync;
    if (applied === this.keptApplied || workbookId === null) return;
    this.keptApplied = applied;
    if (applied.length > 0) writeApplied(this.at.session, workbookId, applied);
  }

  show(tab: Tab): void {
    this.store.set({ tab });
    if (tab === "history") void this.inquiries.loadHistory();
  }

  async change(settings: Omit<SetSettings, "type" | "id">): Promise<void> {
    try {
      const answer = await this.link.client.ask(
        { type: "set_settings", id: newId(), ...settings },
        "settings",
      );
      this.store.set({ settings: answer.settings });
      if (settings.suggests_on_selection) await this.suggestions.selected();
    } catch (error) {
      this.store.fault(error);
    }
  }

  /** What this browser remembers; another server or token means another line. */
  prefer(preferences: Partial<Preferences>): void {
    const old = this.state.preferences;
    const next = { ...old, ...preferences };
    writePreferences(this.at.local, next);
    this.store.set({ preferences: next });
    if (next.server === old.server && next.token === old.token) return;
    this.store.set({ welcome: null, settings: null, cards: [], asked: null, openCard: null });
    this.link.move(next);
  }

  retryNow(): void {
    this.link.retryNow();
  }

  resync(): void {
    void this.link.sync.open(false);
  }

  /** Resolves when the server has every change of the workbook that was made before. */
  settled(): Promise<void> {
    return this.link.sync.settled();
  }

  /** The line, the workbook's id and its revision, for what runs beside the pane; null while there is none. */
  connection(): { client: Client; workbookId: string; revision: number } | null {
    const { client, sync } = this.link;
    if (!client.isOnline || !sync.isReady || sync.workbookId === null) return null;
    return { client, workbookId: sync.workbookId, revision: sync.revision };
  }
}

function isBlank({ formula, value }: SelectedCell): boolean {
  return formula === null && value === null;
}
