/**
 * Outcomes that the server has not yet recorded, on disk: one key each, so that two panes of one origin do not
 * overwrite each other's. Any pane sends all it finds; the server tells duplicates by id, so nothing is lost
 * and nothing counts twice. Where the browser keeps no storage they live as long as the page, and
 * `isDurable` says so.
 */

import type { Outcome } from "../protocol/messages";

const PREFIX = "cellwright.outcome.";
/** A server that was away for weeks must not fill the disk; the oldest go first, past so many. */
const MAX_WAITING = 2_000;

export class OutcomeQueue {
  private readonly memory = new Map<string, Outcome>();
  isDurable = true;

  constructor(private readonly storage: Storage | null) {
    this.isDurable = storage !== null;
  }

  add(outcome: Outcome): void {
    this.memory.set(outcome.id, outcome);
    try {
      this.storage?.setItem(PREFIX + outcome.id, JSON.stringify(outcome));
    } catch {
      // The quota is used up: it is still sent while this page lives.
      this.isDurable = false;
    }
  }

  remove(id: string): void {
    this.memory.delete(id);
    try {
      this.storage?.removeItem(PREFIX + id);
    } catch {
      this.isDurable = false;
    }
  }

  /** All that wait, oldest first. */
  waiting(): Outcome[] {
    const found = new Map(this.memory);
    for (const [id, outcome] of this.stored()) if (!found.has(id)) found.set(id, outcome);
    const all = [...found.values()].sort((a, b) => a.created.localeCompare(b.created));
    for (const { id } of all.slice(0, Math.max(0, all.length - MAX_WAITING))) this.remove(id);
    return all.slice(-MAX_WAITING);
  }

  private stored(): [string, Outcome][] {
    const found: [string, Outcome][] = [];
    try {
      for (let index = 0; index < (this.storage?.length ?? 0); index++) {
        const key = this.storage?.key(index);
        if (!key?.startsWith(PREFIX)) continue;
        const outcome = readOutcome(this.storage?.getItem(key) ?? "");
        if (outcome) found.push([outcome.id, outcome]);
      }
    } catch {
      this.isDurable = false;
    }
    return found;
  }
}

function readOutcome(text: string): Outcome | null {
  try {
    const value: unknown = JSON.parse(text);
    const isOutcome =
      typeof value === "object" && value !== null && "id" in value && "suggestion_id" in value;
    return isOutcome ? (value as Outcome) : null;
  } catch {
    return null;
  }
}
