/**
 * The pane's story: what happens at a selection, an acceptance, a rejection, an undo. It ties the host to the
 * server and keeps the state that the components draw; it draws nothing itself.
 */

import { Client, RequestError } from "../client/client";
import { newId } from "../client/ids";
import { Listeners } from "../client/listeners";
import { keptId, type Preferences, workbookIdOf, writePreferences } from "../client/settings";
import { WorkbookSync } from "../client/sync";
import { Stopwatch } from "../client/timing";
import {
  areaAddress,
  cellCount,
  parsePlace,
  placeAddress,
  quotedSheet,
  type SheetArea,
} from "../host/address";
import { HostError } from "../host/errors";
import { fillDownTo } from "../host/fill";
import type { Host, HostChange } from "../host/host";
import type {
  ClientMessage,
  Outcome,
  ServerMessage,
  SetSettings,
  WireSuggestion,
} from "../protocol/messages";
import { readApplied, writeApplied } from "./applied";
import { cardOf, withVerdict } from "./cards";
import {
  type Applied,
  type Card,
  initialState,
  NO_AUDIT,
  type PaneState,
  type Said,
  type Tab,
} from "./state";

export type RejectReason = "wrong_result" | "wrong_cells" | "not_here" | "too_complex";
export const REJECT_REASONS: readonly RejectReason[] = [
  "wrong_result",
  "wrong_cells",
  "not_here",
  "too_complex",
];

function isReason(reason: string): reason is RejectReason {
  return (REJECT_REASONS as readonly string[]).includes(reason);
}

export interface SessionOptions {
  readonly host: Host;
  readonly preferences: Preferences;
  readonly local: Storage | null;
  readonly session: Storage | null;
}

export class PaneSession {
  state: PaneState;
  readonly changes = new Listeners<[]>();
  private client: Client;
  private sync: WorkbookSync;
  private selectionNumber = 0;
  /** The place that the pane selected by itself. */
  private visiting: string | null = null;
  private readonly undo: (() => void)[] = [];
  private retry: ReturnType<typeof setTimeout> | undefined;
  private refresh: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly at: SessionOptions) {
    this.state = initialState(at.preferences);
    [this.client, this.sync] = this.connectTo(at.preferences);
  }

  get host(): Host {
    return this.at.host;
  }

  /** Listens to the host and opens the line. */
  async start(): Promise<void> {
    const { host } = this.at;
    this.client.line.open();
    this.undo.push(host.onWorkbook(() => void this.workbookOpened()));
    this.undo.push(await host.onSelection(() => void this.selected()));
    this.undo.push(await host.onChange((change) => this.changed(change)));
    // What was on the screen when the pane closes was passed over; it is sent when a pane opens next.
    const passOver = () => this.clearCards("ignored");
    window.addEventListener("pagehide", passOver);
    this.undo.push(() => window.removeEventListener("pagehide", passOver));
    if (host.ghosts) this.undo.push(host.ghosts.onTab(() => this.acceptFirst()));
    await this.selected();
  }

  stop(): void {
    clearTimeout(this.retry);
    clearTimeout(this.refresh);
    for (const undo of this.undo.splice(0)) undo();
    this.host.ghosts?.clearGhosts();
    this.sync.close();
    this.client.line.close();
  }

  private connectTo(preferences: Preferences): [Client, WorkbookSync] {
    const { host, local, session } = this.at;
    const client = new Client(
      {
        url: preferences.server,
        token: preferences.token,
        hello: {
          pane_id: keptId(session, "pane"),
          host: {
            kind: host.kind,
            platform: host.platform.slice(0, 40),
            version: "",
            capabilities: [...host.abilities.sets, ...(host.ghosts ? ["ghosts"] : [])],
          },
          locale: host.locale.slice(0, 20),
        },
        workbooks: () => this.sync.known(),
      },
      local,
    );
    const machine = keptId(local, "machine");
    const sync = new WorkbookSync({ client, host, workbookId: (name) => workbookIdOf(machine, name) });
    client.line.states.add((line) => this.set({ line, ...this.outcomesWaiting() }));
    client.welcomes.add((welcome) => {
      this.set({ welcome, settings: welcome.settings });
      void sync.connected(
        (id) => welcome.workbooks.find(({ workbook_id }) => workbook_id === id)?.revision ?? null,
      );
    });
    client.news.add((message) => this.heard(message));
    sync.states.add((state) => {
      this.set({ sync: state, workbook: sync.name });
      if (state.kind !== "ready") return;
      this.restoreApplied();
      void this.selected();
    });
    return [client, sync];
  }

  /** Somebody typed, or Excel calculated: tell the server, and show the selected cell as it is now. */
  private changed(change: HostChange): void {
    this.sync.changed(change);
    clearTimeout(this.refresh);
    this.refresh = setTimeout(() => void this.refreshSelection(), 50);
  }

  // --- what others did ---------------------------------------------------------------------------

  private heard(message: ServerMessage): void {
    switch (message.type) {
      case "settings":
        this.set({ settings: message.settings });
        return;
      case "outcome_recorded":
        this.set(this.outcomesWaiting());
        return;
      case "workbook_changed":
        if (message.workbook_id !== this.sync.workbookId) return;
        this.sync.movedOn(message.revision);
        this.host.remoteChange(message.revision, message.places);
        return;
      case "verdict":
        this.setCard(message.suggestion_id, (card) => withVerdict(card, message));
        return;
    }
  }

  private async workbookOpened(): Promise<void> {
    this.host.ghosts?.clearGhosts();
    this.set({ asked: null, cards: [], openCard: null, explanation: null, audit: NO_AUDIT, applied: [] });
    if (this.client.isOnline) await this.sync.open(false);
    await this.selected();
  }

  // --- selection and suggestions -----------------------------------------------------------------

  /** The selection changed: show it, and ask for suggestions where the settings say so. */
  private async selected(): Promise<void> {
    const watch = new Stopwatch(performance.now());
    const startedAt = performance.now();
    const number = ++this.selectionNumber;
    let selection: PaneState["selection"];
    try {
      selection = await this.host.selection();
    } catch (error) {
      this.fault(error);
      return;
    }
    if (number !== this.selectionNumber) return;
    this.set({ selection, fault: null });
    // A citation or a finding that the pane itself went to: what is being decided stays on the screen.
    if (this.visiting !== null && this.visiting === this.selectedPlace()) return;
    this.visiting = null;
    if (this.state.asked && this.state.asked.place !== this.selectedPlace()) this.clearCards("superseded");
    if (!selection || !this.sync.isReady || !this.client.isOnline) return;
    if (this.state.settings?.suggests_on_selection === false) {
      this.clearCards("superseded");
      return;
    }
    const { workbookId, revision } = this.sync;
    if (workbookId === null) return;
    await this.sync.flush();
    if (number !== this.selectionNumber) return;
    const id = newId();
    const ranges = selection.areas.slice(0, 100).map(areaAddress);
    const message: ClientMessage = {
      type: "selection",
      workbook_id: workbookId,
      revision: Math.max(revision, this.sync.revision),
      sheet: selection.sheet,
      ranges,
      active_cell: selection.active.address,
      request_id: id,
      sent_ms: startedAt,
    };
    this.ask(message, id, "selection", this.selectedPlace() ?? "", watch, () => void this.selected());
  }

  /** Asks for what is selected, by the person's own wish; `isAll`: also what is unlikely. */
  async suggest(isAll = true): Promise<void> {
    const place = this.selectedPlace();
    if (!place || this.sync.workbookId === null) return;
    const watch = new Stopwatch(performance.now());
    await this.sync.flush();
    const id = newId();
    this.ask(
      {
        type: "suggest",
        id,
        workbook_id: this.sync.workbookId,
        revision: this.sync.revision,
        target: place,
        include_unlikely: isAll,
      },
      id,
      "suggest",
      place,
      watch,
      () => void this.suggest(isAll),
    );
  }

  /** Fixes for the formula of the active cell. */
  async fix(): Promise<void> {
    const { selection } = this.state;
    if (!selection || this.sync.workbookId === null) return;
    await this.sync.flush();
    const at = `${quotedSheet(selection.sheet)}!${selection.active.address}`;
    const id = newId();
    const message: ClientMessage = {
      type: "repair",
      id,
      workbook_id: this.sync.workbookId,
      revision: this.sync.revision,
      at,
    };
    this.ask(message, id, "repair", at, new Stopwatch(performance.now()), () => void this.fix());
  }

  private ask(
    message: ClientMessage,
    id: string,
    kind: NonNullable<PaneState["asked"]>["kind"],
    place: string,
    watch: Stopwatch,
    again: () => void,
  ): void {
    clearTimeout(this.retry);
    this.clearCards("superseded");
    this.set({ asked: { id, kind, place, status: "running", phase: null, said: null } });
    const stream = this.client.stream(message, id, (answer) => {
      if (this.state.asked?.id === id) this.answered(answer, watch);
      return answer.type === "result";
    });
    watch.sent();
    stream.done.catch((error: unknown) => {
      if (this.state.asked?.id === id) this.unanswered(error, again);
    });
  }

  private answered(answer: ServerMessage, watch: Stopwatch): void {
    const { asked } = this.state;
    if (!asked) return;
    switch (answer.type) {
      case "progress":
        this.set({ asked: { ...asked, phase: answer.phase } });
        return;
      case "candidate": {
        const isFirst = this.state.cards.length === 0;
        this.addCard(answer.suggestion);
        if (isFirst) watch.arrived(answer.timings, (lastTiming) => this.set({ lastTiming }));
        return;
      }
      case "result": {
        const stands = new Map(answer.order.map((id, index) => [id, index]));
        const cards = this.state.cards
          .filter(({ suggestion }) => stands.has(suggestion.id))
          .sort((a, b) => (stands.get(a.suggestion.id) ?? 0) - (stands.get(b.suggestion.id) ?? 0));
        const isOpenLeft = cards.some(({ suggestion }) => suggestion.id === this.state.openCard);
        this.set({
          asked: { ...asked, status: "done", phase: null },
          cards,
          openCard: isOpenLeft ? this.state.openCard : (cards[0]?.suggestion.id ?? null),
        });
        this.announceCards();
        this.drawGhosts();
        void this.lookForFill();
      }
    }
  }

  private unanswered(error: unknown, again: () => void): void {
    const { asked } = this.state;
    if (!asked) return;
    if (error instanceof RequestError && error.code === "busy") {
      this.set({ asked: { ...asked, status: "busy" } });
      this.retry = setTimeout(again, error.retryAfterMs ?? 1_000);
      return;
    }
    if (error instanceof RequestError && error.code === "revision_mismatch") this.sync.resync();
    this.set({ asked: { ...asked, status: "failed", said: sayError(error) } });
  }

  private addCard(suggestion: WireSuggestion): void {
    const known = this.state.cards.find((card) => card.suggestion.id === suggestion.id);
    const card = known ? { ...known, suggestion } : cardOf(suggestion, this.host, performance.now());
    const cards = known
      ? this.state.cards.map((old) => (old === known ? card : old))
      : [...this.state.cards, card].sort((a, b) => a.suggestion.rank - b.suggestion.rank);
    const openCard = this.state.openCard ?? cards[0]?.suggestion.id ?? null;
    this.set({ cards, openCard });
    if (openCard === suggestion.id) this.drawGhosts();
  }

  /** Suggestions that go without a decision say so to the server, with how long they were seen. */
  private clearCards(kind: "superseded" | "ignored"): void {
    for (const card of this.state.cards) if (card.status.kind === "open") this.record(card, kind);
    this.host.ghosts?.clearGhosts();
    this.set({ cards: [], openCard: null, asked: null });
  }

  private announceCards(): void {
    const [first] = this.state.cards;
    const place = this.state.asked?.place ?? "";
    if (!first) {
      const key = this.state.asked?.kind === "repair" ? "fix.none" : "suggest.silent";
      this.set({ announcement: { key, parameters: { place } } });
      return;
    }
    const { title, verdict } = first.suggestion;
    this.set({
      announcement: {
        key: "suggest.ready",
        parameters: {
          count: this.state.cards.length,
          place,
          first: title,
          verdict: `verdict.${verdict.status}`,
        },
      },
    });
  }

  private drawGhosts(): void {
    const { ghosts } = this.host;
    if (!ghosts) return;
    const card = this.state.cards.find(({ suggestion }) => suggestion.id === this.state.openCard);
    if (!card || card.status.kind === "accepting") {
      ghosts.clearGhosts();
      return;
    }
    ghosts.showGhosts(
      card.suggestion.preview
        .filter(({ is_edited }) => is_edited)
        .flatMap((cell) => {
          const place = parsePlace(cell.cell);
          if (!place) return [];
          const isError = typeof cell.after === "object" && cell.after !== null;
          const tone = isError
            ? "error"
            : cell.after === null
              ? "cleared"
              : cell.before === null
                ? "new"
                : "changed";
          return [{ sheet: place.sheet, cell: areaAddress(place), text: cell.after_text, tone } as const];
        }),
    );
  }

  /** Where accepting could fill to, looked up after the suggestion is on the screen. */
  private async lookForFill(): Promise<void> {
    const [card] = this.state.cards;
    if (!card || card.suggestion.formula === null) return;
    const target = parsePlace(card.suggestion.target);
    if (!target || cellCount(target) !== 1) return;
    const fillTo = await fillDownTo(this.host, target).catch(() => null);
    this.setCard(card.suggestion.id, (old) => ({
      ...old,
      fillTo: fillTo === null ? null : placeAddress(fillTo),
    }));
  }

  // --- acting on a card --------------------------------------------------------------------------

  open(id: string): void {
    this.set({ openCard: id });
    this.drawGhosts();
    const card = this.card(id);
    if (card && card.fillTo === undefined) void this.lookForFill();
  }

  tick(id: string, index: number, isTicked: boolean): void {
    this.setCard(id, (card) => ({
      ...card,
      ticked: card.ticked.map((old, i) => (i === index ? isTicked : old)),
    }));
  }

  draft(id: string, draft: string | null): void {
    this.setCard(id, (card) => ({ ...card, draft }));
  }

  confirmRisk(id: string, isRiskConfirmed: boolean): void {
    this.setCard(id, (card) => ({ ...card, isRiskConfirmed }));
  }

  /** Tab in the playground's grid, the registered shortcut in Excel; false where there is nothing to accept. */
  acceptFirst(): boolean {
    const card = this.card(this.state.openCard ?? "") ?? this.state.cards[0];
    if (card?.status.kind !== "open" || this.obstacle(card)) return false;
    void this.accept(card.suggestion.id);
    return true;
  }

  rejectFirst(): boolean {
    const card = this.card(this.state.openCard ?? "") ?? this.state.cards[0];
    if (!card) return false;
    this.reject(card.suggestion.id, "not_here");
    return true;
  }

  /** Why a card cannot be accepted as it stands. */
  obstacle(card: Card): Said | null {
    if (!this.client.isOnline) return { key: "error.disconnected" };
    if (card.suggestion.verdict.status === "refused" || card.suggestion.verdict.status === "invalid") {
      return { key: `verdict.${card.suggestion.verdict.status}` };
    }
    if (card.suggestion.verdict.risks.length > 0 && !card.isRiskConfirmed) {
      return { key: "card.risk", parameters: { risks: card.suggestion.verdict.risks.join(", ") } };
    }
    return card.ticked.includes(true) || card.suggestion.edits.length === 0
      ? null
      : { key: "card.plan.none" };
  }

  async accept(id: string, options: { formula?: string; fillTo?: string } = {}): Promise<void> {
    const card = this.card(id);
    if (!card || card.status.kind === "accepting" || this.obstacle(card)) return;
    const decidedAfter = performance.now() - card.shownAt;
    this.setCard(id, (old) => ({ ...old, status: { kind: "accepting" } }));
    this.host.ghosts?.clearGhosts();
    const ticked = card.ticked.flatMap((isTicked, index) => (isTicked ? [index] : []));
    try {
      const plan = await this.client.ask(
        {
          type: "accept",
          id: newId(),
          suggestion_id: id,
          edits: ticked.length === card.ticked.length ? null : ticked,
          final_formula: options.formula ?? null,
          fill_to: options.fillTo ?? null,
        },
        "plan",
      );
      const journal = await this.host.apply(plan.edits, plan.before);
      await this.sync.planDone(plan.plan_id);
      this.accepted(card, journal, options.formula, decidedAfter);
    } catch (error) {
      this.notAccepted(card, error);
    }
  }

  private accepted(
    card: Card,
    journal: Applied["journal"],
    formula: string | undefined,
    latency: number,
  ): void {
    const { suggestion } = card;
    const isEdited = (formula !== undefined && formula !== suggestion.formula) || card.ticked.includes(false);
    this.record(card, isEdited ? "edited" : "accepted", { final_text: formula ?? null, latency_ms: latency });
    const applied: Applied = {
      suggestionId: suggestion.id,
      title: formula ?? suggestion.title,
      place: suggestion.target,
      journal,
      status: "done",
      places: "",
      losses: journal.losses,
      said: null,
    };
    for (const other of this.state.cards) {
      if (other !== card && other.suggestion.id !== suggestion.id && other.status.kind === "open")
        this.record(other, "ignored");
    }
    this.set({
      applied: [applied, ...this.state.applied].slice(0, 50),
      cards: [],
      openCard: null,
      asked: null,
      announcement: { key: "applied.one", parameters: { title: applied.title } },
    });
    this.drawGhosts();
    void this.refreshSelection();
  }

  private notAccepted(card: Card, error: unknown): void {
    const { id } = card.suggestion;
    const isChanged = error instanceof HostError && error.code === "changed_since";
    const isStale = error instanceof RequestError && error.code === "stale";
    if (isChanged || isStale) {
      const places = isChanged ? error.detail : card.suggestion.target;
      this.record(card, "stale", {
        reason: isChanged ? "cells changed meanwhile" : (error as Error).message.slice(0, 1000),
      });
      this.setCard(id, (old) => ({ ...old, status: { kind: "conflict", places } }));
      this.set({ announcement: { key: "card.conflict", parameters: { places } } });
      return;
    }
    const said = sayError(error);
    this.setCard(id, (old) => ({ ...old, status: { kind: "failed", said } }));
    this.set({ announcement: said });
  }

  /** Works offline: the decision is kept and sent later. */
  reject(id: string, reason: RejectReason | string): void {
    const card = this.card(id);
    if (!card || card.status.kind === "accepting") return;
    this.record(card, "rejected", { reason, latency_ms: performance.now() - card.shownAt });
    const cards = this.state.cards.filter((other) => other !== card);
    const index = this.state.cards.indexOf(card);
    const openCard = (cards[index] ?? cards.at(-1))?.suggestion.id ?? null;
    const said: Said = { key: isReason(reason) ? `rejected.${reason}` : "rejected.other" };
    const { asked } = this.state;
    this.set({
      cards,
      openCard,
      asked: asked && cards.length === 0 ? { ...asked, said } : asked,
      announcement: said,
    });
    this.drawGhosts();
  }

  private record(
    card: Card,
    kind: Outcome["kind"],
    more: Partial<Pick<Outcome, "reason" | "final_text" | "latency_ms">> = {},
  ): void {
    this.client.record({
      suggestion_id: card.suggestion.id,
      kind,
      was_shown: true,
      latency_ms: Math.max(0, performance.now() - card.shownAt),
      ...more,
    });
    this.set(this.outcomesWaiting());
  }

  // --- undo --------------------------------------------------------------------------------------

  async takeBack(suggestionId: string, force = false): Promise<void> {
    const applied = this.state.applied.find((item) => item.suggestionId === suggestionId);
    if (!applied || applied.status === "undoing" || applied.status === "undone") return;
    if (this.sync.workbookId === null) return;
    this.setApplied(suggestionId, { status: "undoing" });
    try {
      const isOnline = this.client.isOnline;
      const plan = isOnline
        ? await this.client
            .ask(
              { type: "undo", id: newId(), workbook_id: this.sync.workbookId, suggestion_id: suggestionId },
              "plan",
            )
            .catch((error: unknown) => {
              if (error instanceof RequestError) return null;
              throw error;
            })
        : null;
      await this.host.undo(applied.journal, force);
      // Without the server's plan the cells themselves tell it what is there again.
      if (plan) await this.sync.planDone(plan.plan_id);
      else this.sync.resync();
      this.client.record({ suggestion_id: suggestionId, kind: "undone", was_shown: true });
      this.setApplied(suggestionId, { status: "undone" });
      this.set({ announcement: { key: "applied.undone" }, ...this.outcomesWaiting() });
      await this.refreshSelection();
    } catch (error) {
      if (error instanceof HostError && error.code === "changed_since") {
        this.setApplied(suggestionId, { status: "changed", places: error.detail });
        this.set({ announcement: { key: "applied.undo.changed", parameters: { places: error.detail } } });
      } else this.setApplied(suggestionId, { status: "failed", said: sayError(error) });
    }
  }

  undoLast(): boolean {
    const last = this.state.applied.find(({ status }) => status === "done");
    if (last) void this.takeBack(last.suggestionId);
    return last !== undefined;
  }

  keep(suggestionId: string): void {
    this.setApplied(suggestionId, { status: "done" });
  }

  // --- explain, audit, history, settings ---------------------------------------------------------

  async explain(): Promise<void> {
    const { selection } = this.state;
    if (!selection || this.sync.workbookId === null) return;
    const at = `${quotedSheet(selection.sheet)}!${selection.active.address}`;
    this.set({ explanation: { place: at, status: "running", explanation: null, said: null } });
    try {
      await this.sync.flush();
      const explanation = await this.client.ask(
        { type: "explain", id: newId(), workbook_id: this.sync.workbookId, revision: this.sync.revision, at },
        "explanation",
      );
      if (this.state.explanation?.place !== at) return;
      this.set({ explanation: { place: at, status: "done", explanation, said: null } });
    } catch (error) {
      if (this.state.explanation?.place !== at) return;
      this.set({ explanation: { place: at, status: "failed", explanation: null, said: sayError(error) } });
    }
  }

  closeExplanation(): void {
    this.set({ explanation: null });
  }

  async audit(): Promise<void> {
    if (this.sync.workbookId === null) return;
    await this.sync.flush();
    const id = newId();
    this.set({ audit: { ...NO_AUDIT, status: "running" } });
    const stream = this.client.stream(
      { type: "audit", id, workbook_id: this.sync.workbookId, revision: this.sync.revision },
      id,
      (answer) => {
        const { audit } = this.state;
        if (answer.type === "progress")
          this.set({ audit: { ...audit, done: answer.done, total: answer.total } });
        if (answer.type === "finding")
          this.set({ audit: { ...audit, findings: [...audit.findings, answer] } });
        return answer.type === "result";
      },
    );
    try {
      await stream.done;
      const { audit } = this.state;
      this.set({
        audit: { ...audit, status: "done" },
        announcement: { key: "audit.count", parameters: { count: audit.findings.length } },
      });
    } catch (error) {
      this.set({ audit: { ...this.state.audit, status: "failed", said: sayError(error) } });
    }
  }

  /** Goes to a finding and selects its place. */
  async walkTo(index: number): Promise<void> {
    const finding = this.state.audit.findings[index];
    if (!finding) return;
    this.set({ audit: { ...this.state.audit, current: index } });
    if (finding.place !== null) await this.goTo(finding.place);
  }

  /** Takes a finding's edits over as a suggestion to be looked at and accepted. */
  mend(index: number): void {
    const suggestion = this.state.audit.findings[index]?.suggestion;
    if (!suggestion) return;
    this.clearCards("superseded");
    this.set({
      tab: "suggest",
      asked: {
        id: suggestion.id,
        kind: "repair",
        place: suggestion.target,
        status: "done",
        phase: null,
        said: null,
      },
    });
    this.addCard(suggestion);
    this.set({ openCard: suggestion.id });
    this.drawGhosts();
    // Nothing can be drawn on Excel's grid: the cells that would change are selected instead.
    if (!this.host.ghosts) void this.goTo(suggestion.target);
  }

  async loadHistory(): Promise<void> {
    if (!this.client.isOnline) return;
    this.set({ history: { ...this.state.history, status: "running" } });
    try {
      const { entries } = await this.client.ask({ type: "get_history", id: newId(), limit: 50 }, "history");
      this.set({ history: { status: "done", entries } });
    } catch {
      this.set({ history: { ...this.state.history, status: "failed" } });
    }
  }

  async change(settings: Omit<SetSettings, "type" | "id">): Promise<void> {
    try {
      const answer = await this.client.ask({ type: "set_settings", id: newId(), ...settings }, "settings");
      this.set({ settings: answer.settings });
      if (settings.suggests_on_selection) await this.selected();
    } catch (error) {
      this.fault(error);
    }
  }

  prefer(preferences: Partial<Preferences>): void {
    const next = { ...this.state.preferences, ...preferences };
    const isElsewhere =
      next.server !== this.state.preferences.server || next.token !== this.state.preferences.token;
    writePreferences(this.at.local, next);
    this.set({ preferences: next });
    if (!isElsewhere) return;
    this.sync.close();
    this.client.line.close();
    this.set({ welcome: null, settings: null, cards: [], asked: null, openCard: null });
    [this.client, this.sync] = this.connectTo(next);
    this.client.line.open();
  }

  retryNow(): void {
    const { line } = this.client;
    if (line.state.kind === "reconnecting") line.retryNow();
    else if (line.state.kind !== "online") line.open();
  }

  resync(): void {
    void this.sync.open(false);
  }

  /** Resolves when the server has every change of the workbook that was made before. */
  settled(): Promise<void> {
    return this.sync.settled();
  }

  show(tab: Tab): void {
    this.set({ tab });
    if (tab === "history") void this.loadHistory();
  }

  /** Selects a place in the sheet: a citation, a changed cell, a finding. */
  async goTo(text: string): Promise<void> {
    const place: SheetArea | null = parsePlace(text, this.state.selection?.sheet);
    if (!place) return;
    this.visiting = placeAddress(place);
    try {
      await this.host.select(place);
    } catch (error) {
      this.fault(error);
    }
  }

  // --- for custom functions and commands ---------------------------------------------------------

  /** The line, the workbook's id and its revision, for what runs beside the pane; null while there is none. */
  connection(): { client: Client; workbookId: string; revision: number } | null {
    if (!this.client.isOnline || !this.sync.isReady || this.sync.workbookId === null) return null;
    return { client: this.client, workbookId: this.sync.workbookId, revision: this.sync.revision };
  }

  // --- state -------------------------------------------------------------------------------------

  private async refreshSelection(): Promise<void> {
    try {
      this.set({ selection: await this.host.selection() });
    } catch (error) {
      this.fault(error);
    }
  }

  private selectedPlace(): string | null {
    const { selection } = this.state;
    if (!selection) return null;
    const [area] = selection.areas;
    const address = area && selection.areas.length === 1 ? areaAddress(area) : selection.active.address;
    return `${quotedSheet(selection.sheet)}!${address}`;
  }

  private card(id: string): Card | undefined {
    return this.state.cards.find(({ suggestion }) => suggestion.id === id);
  }

  private setCard(id: string, change: (card: Card) => Card): void {
    this.set({ cards: this.state.cards.map((card) => (card.suggestion.id === id ? change(card) : card)) });
  }

  private setApplied(suggestionId: string, change: Partial<Applied>): void {
    this.set({
      applied: this.state.applied.map((item) =>
        item.suggestionId === suggestionId ? { ...item, ...change } : item,
      ),
    });
  }

  /** Journals of this workbook from before a reload of the pane. */
  private restoreApplied(): void {
    if (this.state.applied.length > 0 || this.sync.workbookId === null) return;
    const applied = readApplied(this.at.session, this.sync.workbookId);
    if (applied.length > 0) this.set({ applied });
  }

  private outcomesWaiting(): Pick<PaneState, "waitingOutcomes" | "isDurable"> {
    const { outcomes } = this.client;
    return { waitingOutcomes: outcomes.waiting().length, isDurable: outcomes.isDurable };
  }

  private fault(error: unknown): void {
    const said = sayError(error);
    this.set({ fault: said, announcement: said });
  }

  private set(change: Partial<PaneState>): void {
    this.state = { ...this.state, ...change };
    if (change.applied && this.sync.workbookId !== null) {
      writeApplied(this.at.session, this.sync.workbookId, change.applied);
    }
    this.changes.call();
  }
}

/** Any failure in words of the catalogue. */
export function sayError(error: unknown): Said {
  if (error instanceof HostError) return { key: `error.${error.code}`, parameters: { detail: error.detail } };
  if (error instanceof RequestError) {
    switch (error.code) {
      case "disconnected":
      case "busy":
      case "unsupported":
      case "stale":
        return { key: `error.${error.code}` };
      default:
        return { key: "card.failed", parameters: { message: error.message } };
    }
  }
  return {
    key: "error.unexpected",
    parameters: { detail: error instanceof Error ? error.message : String(error) },
  };
}
