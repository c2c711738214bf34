/** From a selection to cards: asking, streaming, superseding, ghosts, how far a fill would go. */

import { RequestError } from "../client/client";
import { newId } from "../client/ids";
import { Stopwatch } from "../client/timing";
import {
  areaAddress,
  cellCount,
  parsePlace,
  placeAddress,
  quotedSheet,
  type SheetArea,
} from "../host/address";
import { fillDownTo } from "../host/fill";
import type { Ghost } from "../host/surface";
import type { ClientMessage, ServerMessage, WireSuggestion } from "../protocol/messages";
import { cardOf } from "./cards";
import type { Link } from "./link";
import type { PaneState } from "./state";
import { type Store, sayError } from "./store";

export class Suggestions {
  private selectionNumber = 0;
  /** The place that the pane selected by itself. */
  private visiting: string | null = null;
  /** The person unfolded or changed a card: a better one that comes later does not take its place. */
  private isChosen = false;
  /** What the grid shows. */
  private drawn = "";
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly store: Store,
    private readonly link: Link,
  ) {}

  stop(): void {
    clearTimeout(this.retry);
    this.clearGhosts();
  }

  /** The selection changed: show it, and ask for suggestions where the settings say so. */
  async selected(): Promise<void> {
    const watch = new Stopwatch(performance.now());
    const startedAt = performance.now();
    const number = ++this.selectionNumber;
    let selection: PaneState["selection"];
    try {
      selection = await this.link.host.selection();
    } catch (error) {
      this.store.fault(error);
      return;
    }
    if (number !== this.selectionNumber) return;
    this.store.set({ selection, fault: null });
    // A citation or a finding that the pane itself went to: what is being decided stays on the screen.
    if (this.visiting !== null && this.visiting === this.store.selectedPlace()) return;
    this.visiting = null;
    this.leaveExplanation();
    if (this.store.state.asked && this.store.state.asked.place !== this.store.selectedPlace())
      this.clearCards("superseded");
    if (!selection || !this.link.sync.isReady || !this.link.client.isOnline) return;
    if (this.store.state.settings?.suggests_on_selection === false) {
      this.clearCards("superseded");
      return;
    }
    const { workbookId, revision } = this.link.sync;
    if (workbookId === null) return;
    await this.link.sync.flush();
    if (number !== this.selectionNumber) return;
    const id = newId();
    const ranges = selection.areas.slice(0, 100).map(areaAddress);
    const message: ClientMessage = {
      type: "selection",
      workbook_id: workbookId,
      revision: Math.max(revision, this.link.sync.revision),
      sheet: selection.sheet,
      ranges,
      active_cell: selection.active.address,
      request_id: id,
      sent_ms: startedAt,
    };
    this.ask(message, id, "selection", this.store.selectedPlace() ?? "", watch, () => void this.selected());
  }

  /** An explanation is of the selected cell; it goes when the person goes elsewhere. */
  private leaveExplanation(): void {
    const { explanation, selection } = this.store.state;
    if (!explanation || !selection) return;
    const at = `${quotedSheet(selection.sheet)}!${selection.active.address}`;
    if (explanation.place !== at) this.store.set({ explanation: null });
  }

  /** Asks for what is selected, by the person's own wish; `isAll`: also what is unlikely. */
  async suggest(isAll = true): Promise<void> {
    const place = this.store.selectedPlace();
    if (!place || this.link.sync.workbookId === null) return;
    const watch = new Stopwatch(performance.now());
    await this.link.sync.flush();
    const id = newId();
    this.ask(
      {
        type: "suggest",
        id,
        workbook_id: this.link.sync.workbookId,
        revision: this.link.sync.revision,
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
    const { selection } = this.store.state;
    if (!selection || this.link.sync.workbookId === null) return;
    await this.link.sync.flush();
    const at = `${quotedSheet(selection.sheet)}!${selection.active.address}`;
    const id = newId();
    const message: ClientMessage = {
      type: "repair",
      id,
      workbook_id: this.link.sync.workbookId,
      revision: this.link.sync.revision,
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
    this.isChosen = false;
    this.store.set({ asked: { id, kind, place, status: "running", phase: null, said: null } });
    const stream = this.link.client.stream(message, id, (answer) => {
      if (this.store.state.asked?.id === id) this.answered(answer, watch);
      return answer.type === "result";
    });
    watch.sent();
    stream.done.catch((error: unknown) => {
      if (this.store.state.asked?.id === id) this.unanswered(error, again);
    });
  }

  private answered(answer: ServerMessage, watch: Stopwatch): void {
    const { asked } = this.store.state;
    if (!asked) return;
    switch (answer.type) {
      case "progress":
        this.store.set({ asked: { ...asked, phase: answer.phase } });
        return;
      case "candidate": {
        const isFirst = this.store.state.cards.length === 0;
        this.addCard(answer.suggestion);
        if (isFirst) watch.arrived(answer.timings, (lastTiming) => this.store.set({ lastTiming }));
        return;
      }
      case "result": {
        watch.finished(answer.timings);
        const stands = new Map(answer.order.map((id, index) => [id, index]));
        const cards = this.store.state.cards
          .filter(({ suggestion }) => stands.has(suggestion.id))
          .sort((a, b) => (stands.get(a.suggestion.id) ?? 0) - (stands.get(b.suggestion.id) ?? 0));
        const isOpenLeft =
          this.isChosen && cards.some(({ suggestion }) => suggestion.id === this.store.state.openCard);
        this.store.set({
          asked: { ...asked, status: "done", phase: null },
          cards,
          openCard: isOpenLeft ? this.store.state.openCard : (cards[0]?.suggestion.id ?? null),
        });
        this.announceCards();
        this.drawGhosts();
        void this.lookForFill();
      }
    }
  }

  private unanswered(error: unknown, again: () => void): void {
    const { asked } = this.store.state;
    if (!asked) return;
    if (error instanceof RequestError && error.code === "busy") {
      this.store.set({ asked: { ...asked, status: "busy" } });
      this.retry = setTimeout(again, error.retryAfterMs ?? 1_000);
      return;
    }
    if (error instanceof RequestError && error.code === "revision_mismatch") this.link.sync.resync();
    this.store.set({ asked: { ...asked, status: "failed", said: sayError(error) } });
  }

  addCard(suggestion: WireSuggestion): void {
    const known = this.store.state.cards.find((card) => card.suggestion.id === suggestion.id);
    const card = known ? { ...known, suggestion } : cardOf(suggestion, this.link.host, performance.now());
    const cards = known
      ? this.store.state.cards.map((old) => (old === known ? card : old))
      : [...this.store.state.cards, card].sort((a, b) => a.suggestion.rank - b.suggestion.rank);
    const openCard = this.store.state.openCard ?? cards[0]?.suggestion.id ?? null;
    this.store.set({ cards, openCard });
    if (openCard === suggestion.id) this.drawGhosts();
  }

  /** Suggestions that go without a decision say so to the server, with how long they were seen. */
  clearCards(kind: "superseded" | "ignored"): void {
    for (const card of this.store.state.cards) if (card.status.kind === "open") this.link.record(card, kind);
    this.clearGhosts();
    this.store.set({ cards: [], openCard: null, asked: null });
  }

  private announceCards(): void {
    const [first] = this.store.state.cards;
    const place = this.store.state.asked?.place ?? "";
    if (!first) {
      const key = this.store.state.asked?.kind === "repair" ? "fix.none" : "suggest.silent";
      this.store.set({ announcement: { key, parameters: { place } } });
      return;
    }
    const { title, verdict } = first.suggestion;
    this.store.set({
      announcement: {
        key: "suggest.ready",
        parameters: {
          count: this.store.state.cards.length,
          place,
          first: title,
          verdict: `verdict.${verdict.status}`,
        },
      },
    });
  }

  /**
   * Draws what the unfolded card would write, where the host can. What is drawn already is not drawn again: the
   * person may have sent it away with Escape.
   */
  drawGhosts(): void {
    const { ghosts } = this.link.host;
    if (!ghosts) return;
    const card = this.store.state.cards.find(({ suggestion }) => suggestion.id === this.store.state.openCard);
    const drawn = card ? ghostsOf(card.suggestion) : [];
    const key = card ? JSON.stringify([card.suggestion.id, drawn]) : "";
    if (key === this.drawn) return;
    this.drawn = key;
    if (drawn.length > 0) ghosts.showGhosts(drawn);
    else ghosts.clearGhosts();
  }

  /** Draws what a plan that was asked for would write; null takes it away. */
  drawPlan(suggestion: WireSuggestion | null): void {
    const drawn = suggestion === null ? [] : ghostsOf(suggestion);
    this.drawn = "";
    if (drawn.length > 0) this.link.host.ghosts?.showGhosts(drawn);
    else this.link.host.ghosts?.clearGhosts();
  }

  clearGhosts(): void {
    this.drawn = "";
    this.link.host.ghosts?.clearGhosts();
  }

  /** Where accepting could fill to, looked up after the suggestion is on the screen. */
  private async lookForFill(): Promise<void> {
    const [card] = this.store.state.cards;
    if (!card || card.suggestion.formula === null) return;
    const target = parsePlace(card.suggestion.target);
    if (!target || cellCount(target) !== 1) return;
    const fillTo = await fillDownTo(this.link.host, target).catch(() => null);
    this.store.setCard(card.suggestion.id, (old) => ({
      ...old,
      fillTo: fillTo === null ? null : placeAddress(fillTo),
    }));
  }

  /** Unfolds a card. */
  open(id: string): void {
    this.isChosen = true;
    this.store.set({ openCard: id });
    this.drawGhosts();
    const card = this.store.card(id);
    if (card && card.fillTo === undefined) void this.lookForFill();
  }

  tick(id: string, index: number, isTicked: boolean): void {
    this.isChosen = true;
    this.store.setCard(id, (card) => ({
      ...card,
      ticked: card.ticked.map((old, i) => (i === index ? isTicked : old)),
    }));
  }

  draft(id: string, draft: string | null): void {
    this.isChosen = true;
    this.store.setCard(id, (card) => ({ ...card, draft }));
  }

  confirmRisk(id: string, isRiskConfirmed: boolean): void {
    this.isChosen = true;
    this.store.setCard(id, (card) => ({ ...card, isRiskConfirmed }));
  }

  /** Selects a place in the sheet: a citation, a changed cell, a finding. */
  async goTo(text: string): Promise<void> {
    const place: SheetArea | null = parsePlace(text, this.store.state.selection?.sheet);
    if (!place) return;
    this.visiting = placeAddress(place);
    try {
      await this.link.host.select(place);
    } catch (error) {
      this.store.fault(error);
    }
  }
}

/** One ghost for each cell that a suggestion writes. */
function ghostsOf({ preview }: WireSuggestion): Ghost[] {
  return preview
    .filter(({ is_edited }) => is_edited)
    .flatMap((cell): Ghost[] => {
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
      return [{ sheet: place.sheet, cell: areaAddress(place), text: cell.after_text, tone }];
    });
}
