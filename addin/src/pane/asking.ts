/** Requests in words: asking, the steps as they come, choices, and what the person makes of the outcome. */

import { RequestError, type Stream } from "../client/client";
import { newId } from "../client/ids";
import { quotedSheet } from "../host/address";
import type { ServerMessage, WireSuggestion } from "../protocol/messages";
import { cardOf } from "./cards";
import type { RejectReason } from "./decisions";
import type { Link } from "./link";
import type { AskOutcome, Exchange } from "./state";
import { cardOfOutcome, type Store, sayError } from "./store";

const MOST_TURNS = 20;
const MOST_EXCHANGES = 50;

export class Asking {
  private stream: Stream | null = null;

  constructor(
    private readonly store: Store,
    private readonly link: Link,
    /** Draws what a plan would write, where the host can. */
    private readonly draw: (suggestion: WireSuggestion | null) => void,
  ) {}

  get isRunning(): boolean {
    return this.store.state.exchanges.at(-1)?.status === "running";
  }

  async ask(text: string): Promise<void> {
    const request = text.trim();
    const { workbookId } = this.link.sync;
    if (request === "" || this.isRunning || workbookId === null) return;
    const id = newId();
    const exchange: Exchange = {
      id,
      request,
      status: "running",
      said: null,
      phase: null,
      warning: "",
      steps: [],
      outcome: null,
      turn: null,
    };
    const { exchanges } = this.store.state;
    const history = exchanges.flatMap(({ turn }) => (turn === null ? [] : [turn])).slice(-MOST_TURNS);
    this.store.set({ exchanges: [...exchanges, exchange].slice(-MOST_EXCHANGES) });
    try {
      await this.link.sync.flush();
      const { sync } = this.link;
      this.stream = this.link.client.stream(
        {
          type: "ask",
          id,
          workbook_id: workbookId,
          revision: sync.revision,
          text: request,
          place: this.store.selectedPlace(),
          history,
        },
        id,
        (message) => {
          this.heard(id, message);
          return message.type === "result";
        },
      );
      const result = await this.stream.done;
      const isWhole = result.type === "result" && result.status === "complete";
      this.set(id, { status: isWhole ? "done" : "cancelled" });
    } catch (error) {
      if (error instanceof RequestError && error.code === "revision_mismatch") this.link.sync.resync();
      const said = sayError(error);
      this.set(id, { status: "failed", said });
      this.store.set({ announcement: said });
    } finally {
      this.stream = null;
    }
  }

  cancel(): void {
    this.stream?.cancel();
  }

  /** A new conversation; plans without a decision were passed over. */
  forget(): void {
    this.cancel();
    for (const { outcome } of this.store.state.exchanges) this.passOver(outcome);
    this.draw(null);
    this.store.set({ exchanges: [] });
  }

  /** What stays undecided was passed over. */
  private passOver(outcome: AskOutcome | null): void {
    const card = cardOfOutcome(outcome);
    const isRejected = outcome?.kind === "plan" && outcome.isRejected;
    if (card?.status.kind === "open" && !isRejected && !this.isApplied(card.suggestion.id))
      this.link.record(card, "ignored");
  }

  /** Tries an answer's formula in the active cell and shows what would come there; nothing is written. */
  async write(exchange: Exchange): Promise<void> {
    const { outcome } = exchange;
    const { selection } = this.store.state;
    const { workbookId } = this.link.sync;
    if (outcome?.kind !== "answer" || outcome.answer.formula === null) return;
    if (selection === null || workbookId === null) return;
    const at = `${quotedSheet(selection.sheet)}!${selection.active.address}`;
    this.passOver(outcome);
    const id = newId();
    const found: WireSuggestion[] = [];
    try {
      await this.link.sync.flush();
      const { formula } = outcome.answer;
      const { revision } = this.link.sync;
      const message = { type: "write", id, workbook_id: workbookId, revision, at, formula } as const;
      await this.link.client.stream(message, id, (answer) => {
        if (answer.type === "candidate") found.push(answer.suggestion);
        return answer.type === "result";
      }).done;
      const [first] = found;
      const card = first ? cardOf(first, this.link.host, performance.now()) : null;
      this.set(exchange.id, { outcome: { ...outcome, card, said: null } });
      this.draw(first ?? null);
      if (first)
        this.store.set({ announcement: { key: "ask.write.ready", parameters: { place: first.target } } });
    } catch (error) {
      const said = sayError(error);
      this.set(exchange.id, { outcome: { ...outcome, card: null, said } });
      this.store.set({ announcement: said });
    }
  }

  /** The answer's formula is not wanted there after all. */
  dropWriting(exchange: Exchange): void {
    const { outcome } = exchange;
    if (outcome?.kind !== "answer" || outcome.card === null) return;
    if (outcome.card.status.kind === "accepting") return;
    this.link.record(outcome.card, "rejected", { reason: "not_here" });
    this.set(exchange.id, { outcome: { ...outcome, card: null } });
    this.draw(null);
  }

  isApplied(suggestionId: string): boolean {
    return this.store.state.applied.some((item) => item.suggestionId === suggestionId);
  }

  /** A step is taken or left as a whole. */
  tick(exchange: Exchange, edits: readonly number[], isTicked: boolean): void {
    if (exchange.outcome?.kind !== "plan") return;
    this.store.setCard(exchange.outcome.card.suggestion.id, (card) => ({
      ...card,
      ticked: card.ticked.map((old, index) => (edits.includes(index) ? isTicked : old)),
    }));
  }

  reject(exchange: Exchange, reason: RejectReason): void {
    const { outcome } = exchange;
    if (outcome?.kind !== "plan" || outcome.isRejected || outcome.card.status.kind === "accepting") return;
    this.link.record(outcome.card, "rejected", { reason });
    this.set(exchange.id, { outcome: { ...outcome, isRejected: true } });
    this.store.set({ announcement: { key: `rejected.${reason}` } });
    this.draw(null);
  }

  /** What the person says of an answer. */
  judge(exchange: Exchange, isRight: boolean): void {
    const { outcome } = exchange;
    if (outcome?.kind !== "answer" || outcome.isRight !== null) return;
    this.link.client.record({
      suggestion_id: outcome.answer.suggestion_id,
      kind: isRight ? "accepted" : "rejected",
      was_shown: true,
      ...(isRight ? {} : { reason: "wrong_result" }),
    });
    this.set(exchange.id, { outcome: { ...outcome, isRight } });
  }

  private set(id: string, change: Partial<Exchange>): void {
    this.store.set({
      exchanges: this.store.state.exchanges.map((old) => (old.id === id ? { ...old, ...change } : old)),
    });
  }

  private heard(id: string, message: ServerMessage): void {
    const exchange = this.store.state.exchanges.find((item) => item.id === id);
    if (!exchange) return;
    switch (message.type) {
      case "progress":
        this.set(id, { phase: message.phase, warning: message.warning || exchange.warning });
        return;
      case "plan_step":
        this.set(id, { steps: [...exchange.steps, message.step] });
        return;
      case "asked_plan": {
        const { suggestion, steps } = message;
        const card = cardOf(suggestion, this.link.host, performance.now());
        const offered = new Set(steps.flatMap((step) => (step.is_ticked ? step.edits : [])));
        const ticked = suggestion.edits.map(
          (edit, index) => offered.has(index) && this.link.host.whyUnsupported(edit) === null,
        );
        this.outcome(id, {
          kind: "plan",
          card: { ...card, ticked },
          leftOut: message.left_out,
          isRejected: false,
        });
        this.set(id, { steps, turn: message.turn });
        this.store.set({ announcement: { key: "ask.ready", parameters: { count: steps.length } } });
        // What is not ticked beforehand is not shown in the cells as if it were to come.
        this.draw(ticked.every(Boolean) ? suggestion : null);
        return;
      }
      case "answer":
        this.outcome(id, { kind: "answer", answer: message, isRight: null, card: null, said: null });
        this.set(id, { turn: message.turn });
        this.store.set({ announcement: { key: "ask.answered", parameters: { text: message.text } } });
        return;
      case "asked_back":
        this.outcome(id, { kind: "question", question: message });
        this.store.set({ announcement: { key: "ask.answered", parameters: { text: message.text } } });
    }
  }

  private outcome(id: string, outcome: AskOutcome): void {
    this.set(id, { outcome });
  }
}
