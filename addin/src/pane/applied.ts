/** Undo journals kept in the browser's session, so that a reload of the pane does not take undo away. */

import type { Applied } from "./state";

const PREFIX = "cellwright.applied.";
/** Browsers give a page about five million characters; the newest journals are kept. */
const MAX_CHARACTERS = 1_500_000;

export function readApplied(storage: Storage | null, workbookId: string): Applied[] {
  try {
    const stored: unknown = JSON.parse(storage?.getItem(PREFIX + workbookId) ?? "[]");
    return Array.isArray(stored) ? (stored as Applied[]) : [];
  } catch {
    return [];
  }
}

export function writeApplied(storage: Storage | null, workbookId: string, applied: readonly Applied[]): void {
  const kept: string[] = [];
  let size = 0;
  for (const item of applied) {
    if (item.status === "undone") continue;
    // An undo that was under way when the page went may be asked for again.
    const text = JSON.stringify({ ...item, status: "done", said: null } satisfies Applied);
    size += text.length;
    if (size > MAX_CHARACTERS) break;
    kept.push(text);
  }
  try {
    storage?.setItem(PREFIX + workbookId, `[${kept.join(",")}]`);
  } catch {
    // No room: undo lasts as long as the page then.
  }
}
