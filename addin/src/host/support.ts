/** Which edits this host can carry out, and why not where it cannot. */

import type { ConditionalFormat, PlannedEdit } from "../protocol/messages";
import type { Abilities } from "./abilities";
import { hasOwnSeries } from "./charts";
import { canRestore } from "./restore";
import { hasScale } from "./scales";
import { COMPARISONS, presetCriterion, TEXT_RULES } from "./words";

export type Unsupported =
  /** More than cells of the server's journal; the host has before-images of its own. */
  | "journal_only"
  /** This version of Excel lacks the requirement set. */
  | "old_excel"
  /** Office.js has no such rule. */
  | "no_such_rule"
  /** The playground's grid has no such thing. */
  | "playground";

const NEEDS: Partial<Record<PlannedEdit["type"], keyof Abilities>> = {
  fill: "autoFill",
  copy_range: "copy",
  merge: "merges",
  unmerge: "merges",
  filter: "filter",
  add_conditional_format: "conditionalFormats",
  add_data_validation: "validation",
  add_pivot: "pivots",
  freeze_panes: "freeze",
  set_font: "looks",
  set_fill: "looks",
  set_alignment: "looks",
  set_borders: "looks",
  sort: "looks",
  restore: "looks",
};

/** Null where the edit can be done. */
export function whyUnsupported(
  edit: PlannedEdit,
  abilities: Abilities,
  lacking: readonly string[],
): Unsupported | null {
  if (edit.type === "restore" && !canRestore(edit)) return "journal_only";
  if (lacking.includes(edit.type)) return "playground";
  const need = NEEDS[edit.type];
  if (need && !abilities[need]) return "old_excel";
  if (edit.type === "set_formulas" && edit.array && !abilities.arrayFormulas && edit.range.includes(":"))
    return "old_excel";
  if (edit.type === "add_chart" && hasOwnSeries(edit) && !abilities.chartSeries) return "old_excel";
  if (edit.type === "add_conditional_format" && !hasRule(edit.rule)) return "no_such_rule";
  return null;
}

function hasRule(rule: ConditionalFormat): boolean {
  const { type, operator } = rule;
  if (type === "cellIs") return operator !== null && operator in COMPARISONS;
  if (type === "expression" || type === "top10" || type in TEXT_RULES) return true;
  return presetCriterion(rule) !== null || hasScale(rule);
}

/** Edits that take something away or that move cells: never ticked beforehand. */
export function isDestructive(edit: PlannedEdit): boolean {
  switch (edit.type) {
    case "delete_rows":
    case "delete_columns":
    case "sort":
    case "merge":
    case "restore":
      return true;
    case "set_values":
      return edit.values.some((row) => row.some((value) => value === null));
    default:
      return false;
  }
}
