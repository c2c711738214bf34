/**
 * How long the first suggestion took, by its parts, measured where the person sits.
 *
 * Written as `performance.measure` entries named `cellwright.first-suggestion`, so that anybody (a test, the
 * browser's own tools) can read them; the parts are in `detail`, in milliseconds:
 * client (from the selection event until the request was sent), wire (both ways, and the browser's queue),
 * server (receipt to sending, of which queue, context, model, verify, rank), paint (from arrival until the frame after it).
 * The first suggestion is the experts'; the language model's opinion comes after it and is part of the entry
 * `cellwright.last-word`, which is written when all is answered.
 */

import type { Timings } from "../protocol/messages";

export const FIRST_SUGGESTION = "cellwright.first-suggestion";

export const LAST_WORD = "cellwright.last-word";

export interface FirstSuggestion {
  readonly total_ms: number;
  readonly client_ms: number;
  readonly wire_ms: number;
  readonly server_ms: number;
  readonly queue_ms: number;
  readonly context_ms: number;
  readonly model_ms: number;
  readonly verify_ms: number;
  readonly rank_ms: number;
  readonly paint_ms: number;
}

export class Stopwatch {
  private sentAt: number | null = null;
  private isDone = false;

  /** `startedAt`: the selection event, by `performance.now`. */
  constructor(private readonly startedAt: number) {}

  sent(): void {
    this.sentAt ??= performance.now();
  }

  /** The first suggestion arrived; what it took is known once it is on the screen. */
  arrived(timings: Timings, onMeasured: (measured: FirstSuggestion) => void): void {
    if (this.isDone || this.sentAt === null) return;
    this.isDone = true;
    const [sentAt, arrivedAt] = [this.sentAt, performance.now()];
    afterPaint(() => {
      const paintedAt = performance.now();
      const measured: FirstSuggestion = {
        total_ms: paintedAt - this.startedAt,
        client_ms: sentAt - this.startedAt,
        wire_ms: Math.max(0, arrivedAt - sentAt - timings.total_ms),
        server_ms: timings.total_ms,
        queue_ms: timings.queue_ms,
        context_ms: timings.context_ms,
        model_ms: timings.model_ms,
        verify_ms: timings.verify_ms,
        rank_ms: timings.rank_ms,
        paint_ms: paintedAt - arrivedAt,
      };
      performance.measure(FIRST_SUGGESTION, { start: this.startedAt, end: paintedAt, detail: measured });
      onMeasured(measured);
    });
  }

  /** Everything is answered; `timings` are those of the last round, the model's where it took part. */
  finished(timings: Timings): void {
    performance.measure(LAST_WORD, { start: this.startedAt, end: performance.now(), detail: timings });
  }
}

/** After the next frame was drawn; a hidden page draws none, and its timer stands in. */
function afterPaint(callback: () => void): void {
  let isCalled = false;
  const once = () => {
    if (isCalled) return;
    isCalled = true;
    callback();
  };
  requestAnimationFrame(() => setTimeout(once, 0));
  setTimeout(once, 500);
}
