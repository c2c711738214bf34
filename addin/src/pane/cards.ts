/** A card from a suggestion: which edits are ticked beforehand, what a later verdict changes. */

import { parseArea, parsePlace, sameSheet } from "../host/address";
import type { Host } from "../host/host";
import type { PreviewCell, VerdictChanged, WireEdit, WireSuggestion } from "../protocol/messages";
import type { Card } from "./state";

export function cardOf(
  suggestion: WireSuggestion,
  host: Pick<Host, "isDestructive" | "whyUnsupported">,
  now: number,
): Card {
  const isPlan = suggestion.edits.length > 1;
  return {
    suggestion,
    status: { kind: "open" },
    shownAt: now,
    ticked: suggestion.edits.map((edit) => {
      if (host.whyUnsupported(edit)) return false;
      // A single edit is what the card is about; in a plan, what takes something away waits for a person's tick.
      return !isPlan || !isDestructiveHere(edit, suggestion.preview, host);
    }),
    draft: null,
    isRiskConfirmed: false,
    isStale: false,
    fillTo: undefined,
  };
}

export function isDestructiveHere(
  edit: WireEdit,
  preview: readonly PreviewCell[],
  host: Pick<Host, "isDestructive">,
): boolean {
  return host.isDestructive(edit) || overwrites(edit, preview);
}

/** Whether an edit writes over constants that somebody typed. */
export function overwrites(edit: WireEdit, preview: readonly PreviewCell[]): boolean {
  if (edit.type !== "set_formulas" && edit.type !== "set_values" && edit.type !== "fill") return false;
  const area = parseArea(edit.type === "fill" ? edit.target : edit.range);
  if (!area) return false;
  return preview.some((cell) => {
    const place = parsePlace(cell.cell);
    if (!place || !cell.is_edited || cell.before === null || cell.formula_before !== null) return false;
    return (
      sameSheet(place.sheet, edit.sheet) &&
      place.top >= area.top &&
      place.bottom <= area.bottom &&
      place.left >= area.left &&
      place.right <= area.right
    );
  });
}

export function withVerdict(card: Card, changed: VerdictChanged): Card {
  return {
    ...card,
    suggestion: { ...card.suggestion, verdict: changed.verdict, preview: changed.preview },
    isStale: changed.is_stale,
  };
}
