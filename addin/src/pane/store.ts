/** The pane's state, how it is replaced, and how faults are said. */

import { RequestError } from "../client/client";
import { Listeners } from "../client/listeners";
import type { Preferences } from "../client/settings";
import { areaAddress, quotedSheet } from "../host/address";
import { HostError } from "../host/errors";
import { type Applied, type AskOutcome, type Card, initialState, type PaneState, type Said } from "./state";

export class Store {
  state: PaneState;
  readonly changes = new Listeners<[]>();

  constructor(preferences: Preferences) {
    this.state = initialState(preferences);
  }

  set(change: Partial<PaneState>): void {
    this.state = { ...this.state, ...change };
    this.changes.call();
  }

  selectedPlace(): string | null {
    const { selection } = this.state;
    if (!selection) return null;
    const [area] = selection.areas;
    const address = area && selection.areas.length === 1 ? areaAddress(area) : selection.active.address;
    return `${quotedSheet(selection.sheet)}!${address}`;
  }

  /** A suggestion's card, whether it was suggested or asked for. */
  card(id: string): Card | undefined {
    const asked = this.state.exchanges.flatMap(({ outcome }) => cardOfOutcome(outcome) ?? []);
    return [...this.state.cards, ...asked].find(({ suggestion }) => suggestion.id === id);
  }

  setCard(id: string, change: (card: Card) => Card): void {
    const changed = (card: Card) => (card.suggestion.id === id ? change(card) : card);
    this.set({
      cards: this.state.cards.map(changed),
      exchanges: this.state.exchanges.map((exchange) => {
        const { outcome } = exchange;
        if (outcome?.kind === "plan")
          return { ...exchange, outcome: { ...outcome, card: changed(outcome.card) } };
        if (outcome?.kind !== "answer" || outcome.card === null) return exchange;
        return { ...exchange, outcome: { ...outcome, card: changed(outcome.card) } };
      }),
    });
  }

  setApplied(suggestionId: string, change: Partial<Applied>): void {
    this.set({
      applied: this.state.applied.map((item) =>
        item.suggestionId === suggestionId ? { ...item, ...change } : item,
      ),
    });
  }

  fault(error: unknown): void {
    const said = sayError(error);
    this.set({ fault: said, announcement: said });
  }
}

/** The suggestion that a request led to: a plan, or an answer's formula that is to be written. */
export function cardOfOutcome(outcome: AskOutcome | null): Card | null {
  return outcome === null || outcome.kind === "question" ? null : outcome.card;
}

/** Any failure in words of the catalogue. */
export function sayError(error: unknown): Said {
  if (error instanceof HostError) return { key: `error.${error.code}`, parameters: { detail: error.detail } };
  if (error instanceof RequestError) {
    switch (error.code) {
      case "disconnected":
      case "busy":
      case "stale":
        return { key: `error.${error.code}` };
      default:
        return { key: "error.told", parameters: { message: error.message } };
    }
  }
  return {
    key: "error.unexpected",
    parameters: { detail: error instanceof Error ? error.message : String(error) },
  };
}
