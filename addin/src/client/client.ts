/**
 * The protocol over a line: who waits for which answer, cancel, and outcomes that are never lost.
 *
 * A request lives on one connection: where the line drops, it fails with `disconnected` and its owner asks
 * again. Deltas and outcomes are what must survive; deltas are `sync.ts`'s, outcomes are kept here.
 */

import type { ClientMessage, ErrorMessage, Outcome, ServerMessage, Welcome } from "../protocol/messages";
import { newId } from "./ids";
import { Line, type LineOptions, type LineState } from "./line";
import { Listeners } from "./listeners";
import { OutcomeQueue } from "./outcomes";

export class RequestError extends Error {
  constructor(
    readonly code: ErrorMessage["code"] | "disconnected",
    message: string,
    readonly revision: number | null = null,
    readonly retryAfterMs: number | null = null,
  ) {
    super(message);
    this.name = "RequestError";
  }
}

type Answer<Kind extends ServerMessage["type"]> = Extract<ServerMessage, { type: Kind }>;
type WithId = Extract<ClientMessage, { id: string }>;

interface Waiting {
  readonly onMessage: (message: ServerMessage) => boolean;
  readonly onError: (error: RequestError) => void;
}

/** A request under way. */
export interface Stream {
  readonly id: string;
  /** The final message; rejects with RequestError. */
  readonly done: Promise<ServerMessage>;
  cancel(): void;
}

export class Client {
  readonly line: Line;
  readonly outcomes: OutcomeQueue;
  /** Whatever answers nobody's request: settings of another pane, changed workbooks, changed verdicts. */
  readonly news = new Listeners<[ServerMessage]>();
  readonly welcomes = new Listeners<[Welcome]>();
  private readonly waiting = new Map<string, Waiting>();
  private resending: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LineOptions, storage: Storage | null) {
    this.line = new Line(options);
    this.outcomes = new OutcomeQueue(storage);
    this.line.messages.add((message) => this.hear(message));
    this.line.states.add((state) => this.lineChanged(state));
  }

  get welcome(): Welcome | null {
    return this.line.welcome;
  }

  get isOnline(): boolean {
    return this.line.state.kind === "online";
  }

  /** Sends, hands every message of that id to `onMessage`, and ends where that says true, or at an error. */
  stream(
    message: ClientMessage,
    id: string,
    onMessage: (message: ServerMessage) => boolean = (answer) => answer.type === "result",
  ): Stream {
    const done = new Promise<ServerMessage>((resolve, reject) => {
      this.waiting.set(id, {
        onMessage: (answer) => {
          const isLast = onMessage(answer);
          if (isLast) resolve(answer);
          return isLast;
        },
        onError: reject,
      });
      if (!this.line.send(message))
        this.fail(id, new RequestError("disconnected", "expected a line, got none"));
    });
    // An owner that no longer waits must not end as an unhandled rejection.
    done.catch(() => {});
    return { id, done, cancel: () => this.cancel(id) };
  }

  /** One answer of one kind. */
  async ask<Kind extends ServerMessage["type"]>(message: WithId, kind: Kind): Promise<Answer<Kind>> {
    const answer = await this.stream(message, message.id, (got) => got.type === kind).done;
    return answer as Answer<Kind>;
  }

  private cancel(id: string): void {
    if (this.waiting.has(id)) this.line.send({ type: "cancel", request_id: id });
  }

  /** Keeps the outcome until the server has it, over reloads of the page and restarts of the server. */
  record(outcome: Omit<Outcome, "type" | "id" | "created">): Outcome {
    const kept: Outcome = { type: "outcome", id: newId(), created: new Date().toISOString(), ...outcome };
    this.outcomes.add(kept);
    this.line.send(kept);
    return kept;
  }

  /** All that waited, at half the pace that the server allows, so that requests find room beside them. */
  private resendOutcomes(messagesPerS: number): void {
    const waiting = this.outcomes.waiting();
    const burst = Math.max(1, Math.floor(messagesPerS / 2));
    clearTimeout(this.resending);
    const next = () => {
      for (const outcome of waiting.splice(0, burst)) if (!this.line.send(outcome)) return;
      if (waiting.length > 0) this.resending = setTimeout(next, 1000);
    };
    next();
  }

  private hear(message: ServerMessage): void {
    switch (message.type) {
      case "welcome":
        this.resendOutcomes(message.limits.messages_per_s);
        this.welcomes.call(message);
        return;
      case "outcome_recorded":
        this.outcomes.remove(message.outcome_id);
        this.news.call(message);
        return;
      case "error": {
        const error = new RequestError(
          message.code,
          message.message,
          message.revision,
          message.retry_after_ms,
        );
        if (message.request_id === null || !this.fail(message.request_id, error)) this.news.call(message);
        return;
      }
    }
    const id = "request_id" in message ? message.request_id : null;
    const waiting = id === null ? undefined : this.waiting.get(id);
    if (!waiting || id === null) this.news.call(message);
    else if (waiting.onMessage(message)) this.waiting.delete(id);
  }

  private fail(id: string, error: RequestError): boolean {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.onError(error);
    return waiting !== undefined;
  }

  private lineChanged(state: LineState): void {
    if (state.kind === "online") return;
    for (const id of [...this.waiting.keys()]) {
      this.fail(id, new RequestError("disconnected", "expected an answer, got a dropped line"));
    }
  }
}
