/** What a person does with a suggestion: accept, edit, fill, reject, take back. */

import { RequestError } from "../client/client";
import { newId } from "../client/ids";
import { HostError } from "../host/errors";
import type { Link } from "./link";
import type { Applied, Card, Said } from "./state";
import { type Store, sayError } from "./store";
import type { Suggestions } from "./suggestions";

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

export class Decisions {
  constructor(
    private readonly store: Store,
    private readonly link: Link,
    private readonly suggestions: Suggestions,
  ) {}

  /** Tab in the playground's grid, the registered shortcut in Excel; false where there is nothing to accept. */
  acceptFirst(): boolean {
    const card = this.store.card(this.store.state.openCard ?? "") ?? this.store.state.cards[0];
    if (card?.status.kind !== "open" || this.obstacle(card)) return false;
    void this.accept(card.suggestion.id);
    return true;
  }

  rejectFirst(): boolean {
    const card = this.store.card(this.store.state.openCard ?? "") ?? this.store.state.cards[0];
    if (!card) return false;
    this.reject(card.suggestion.id, "not_here");
    return true;
  }

  /** Why a card cannot be accepted as it stands. */
  obstacle(card: Card): Said | null {
    if (!this.link.client.isOnline) return { key: "error.disconnected" };
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
    const card = this.store.card(id);
    if (!card || card.status.kind === "accepting" || this.obstacle(card)) return;
    const decidedAfter = performance.now() - card.shownAt;
    this.store.setCard(id, (old) => ({ ...old, status: { kind: "accepting" } }));
    this.suggestions.clearGhosts();
    const ticked = card.ticked.flatMap((isTicked, index) => (isTicked ? [index] : []));
    try {
      const plan = await this.link.client.ask(
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
      const journal = await this.link.host.apply(plan.edits, plan.before);
      await this.link.sync.planDone(plan.plan_id);
      this.accepted(card, journal, options, decidedAfter);
    } catch (error) {
      this.notAccepted(card, error);
    }
  }

  private accepted(
    card: Card,
    journal: Applied["journal"],
    { formula, fillTo }: { readonly formula?: string; readonly fillTo?: string },
    latency: number,
  ): void {
    const { suggestion } = card;
    const isEdited = (formula !== undefined && formula !== suggestion.formula) || card.ticked.includes(false);
    this.link.record(card, isEdited ? "edited" : "accepted", {
      final_text: formula ?? null,
      latency_ms: latency,
    });
    const applied: Applied = {
      suggestionId: suggestion.id,
      title: formula ?? suggestion.title,
      place: fillTo ?? suggestion.target,
      journal,
      status: "done",
      places: "",
      losses: journal.losses,
      said: null,
    };
    for (const other of this.store.state.cards) {
      if (other !== card && other.suggestion.id !== suggestion.id && other.status.kind === "open")
        this.link.record(other, "ignored");
    }
    this.store.set({
      applied: [applied, ...this.store.state.applied].slice(0, 50),
      cards: [],
      openCard: null,
      asked: null,
      announcement: { key: "applied.one", parameters: { title: applied.title } },
    });
    this.suggestions.drawGhosts();
    void this.link.refreshSelection();
  }

  private notAccepted(card: Card, error: unknown): void {
    const { id } = card.suggestion;
    const isChanged = error instanceof HostError && error.code === "changed_since";
    const isStale = error instanceof RequestError && error.code === "stale";
    if (isChanged || isStale) {
      const places = isChanged ? error.detail : card.suggestion.target;
      this.link.record(card, "stale", {
        reason: isChanged ? "cells changed meanwhile" : (error as Error).message.slice(0, 1000),
      });
      this.store.setCard(id, (old) => ({ ...old, status: { kind: "conflict", places } }));
      this.store.set({ announcement: { key: "card.conflict", parameters: { places } } });
      return;
    }
    const told = sayError(error);
    const said = told.key === "error.told" ? { ...told, key: "card.failed" as const } : told;
    this.store.setCard(id, (old) => ({ ...old, status: { kind: "failed", said } }));
    this.store.set({ announcement: said });
  }

  /** Works offline: the decision is kept and sent later. */
  reject(id: string, reason: RejectReason | string): void {
    const card = this.store.card(id);
    if (!card || card.status.kind === "accepting") return;
    this.link.record(card, "rejected", { reason, latency_ms: performance.now() - card.shownAt });
    const cards = this.store.state.cards.filter((other) => other !== card);
    const index = this.store.state.cards.indexOf(card);
    const openCard = (cards[index] ?? cards.at(-1))?.suggestion.id ?? null;
    const said: Said = { key: isReason(reason) ? `rejected.${reason}` : "rejected.other" };
    const { asked } = this.store.state;
    this.store.set({
      cards,
      openCard,
      asked: asked && cards.length === 0 ? { ...asked, said } : asked,
      announcement: said,
    });
    this.suggestions.drawGhosts();
  }

  async takeBack(suggestionId: string, force = false): Promise<void> {
    const applied = this.store.state.applied.find((item) => item.suggestionId === suggestionId);
    if (!applied || applied.status === "undoing" || applied.status === "undone") return;
    if (this.link.sync.workbookId === null) return;
    this.store.setApplied(suggestionId, { status: "undoing" });
    try {
      const isOnline = this.link.client.isOnline;
      const plan = isOnline
        ? await this.link.client
            .ask(
              {
                type: "undo",
                id: newId(),
                workbook_id: this.link.sync.workbookId,
                suggestion_id: suggestionId,
              },
              "plan",
            )
            .catch((error: unknown) => {
              if (error instanceof RequestError) return null;
              throw error;
            })
        : null;
      await this.link.host.undo(applied.journal, force);
      // Without the server's plan the cells themselves tell it what is there again.
      if (plan) await this.link.sync.planDone(plan.plan_id);
      else this.link.sync.resync();
      this.link.client.record({ suggestion_id: suggestionId, kind: "undone", was_shown: true });
      this.store.setApplied(suggestionId, { status: "undone" });
      this.store.set({ announcement: { key: "applied.undone" }, ...this.link.outcomesWaiting() });
      await this.link.refreshSelection();
    } catch (error) {
      if (error instanceof HostError && error.code === "changed_since") {
        this.store.setApplied(suggestionId, { status: "changed", places: error.detail });
        this.store.set({
          announcement: { key: "applied.undo.changed", parameters: { places: error.detail } },
        });
      } else this.store.setApplied(suggestionId, { status: "failed", said: sayError(error) });
    }
  }

  /** Takes back what another pane accepted, by the server's journal: this pane has no before-images of it. */
  async takeBackElsewhere(suggestionId: string): Promise<boolean> {
    const { workbookId } = this.link.sync;
    if (workbookId === null) return false;
    try {
      const plan = await this.link.client.ask(
        { type: "undo", id: newId(), workbook_id: workbookId, suggestion_id: suggestionId },
        "plan",
      );
      await this.link.host.apply(plan.edits, plan.before);
      await this.link.sync.planDone(plan.plan_id);
      this.link.client.record({ suggestion_id: suggestionId, kind: "undone", was_shown: true });
      this.store.set({
        announcement: { key: "applied.undone" },
        fault: null,
        ...this.link.outcomesWaiting(),
      });
      return true;
    } catch (error) {
      this.store.fault(error);
      return false;
    }
  }

  undoLast(): boolean {
    const last = this.store.state.applied.find(({ status }) => status === "done");
    if (last) void this.takeBack(last.suggestionId);
    return last !== undefined;
  }

  keep(suggestionId: string): void {
    this.store.setApplied(suggestionId, { status: "done" });
  }
}
