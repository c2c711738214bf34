/** Copying and sorting through IronCalc's own clipboard, which shifts relative references as Excel does. */

import type { Clipboard } from "@ironcalc/wasm";
import { type Area, height, width } from "../../host/address";
import type { CellInput } from "../../host/surface";
import type { GridCells } from "./cells";
import type { Spot } from "./range";

type Copied = "All" | "Formulas" | "Values" | "Formats";

/** Runs `action` and puts selection and window back. */
function keepingView<T>(cells: GridCells, action: () => T): T {
  const { model } = cells.observed;
  const view = model.getSelectedView();
  try {
    return action();
  } finally {
    model.setSelectedSheet(view.sheet);
    model.setSelectedCell(view.row, view.column);
    model.setSelectedRange(...view.range);
    model.setTopLeftVisibleCell(view.top_row, view.left_column);
  }
}

function choose(cells: GridCells, sheet: number, area: Area): void {
  const { model } = cells.observed;
  model.setSelectedSheet(sheet);
  model.setSelectedCell(area.top + 1, area.left + 1);
  model.setSelectedRange(area.top + 1, area.left + 1, area.bottom + 1, area.right + 1);
}

/** Copies `from` over `to`, as often as it fits where `to` is larger. */
export function copyRange(cells: GridCells, from: Spot, to: Spot, what: Copied): void {
  const rows = height(from.area);
  const columns = width(from.area);
  const down = Math.max(1, Math.floor(height(to.area) / rows));
  const across = Math.max(1, Math.floor(width(to.area) / columns));
  const values = what === "Values" ? cells.values(from.sheet, from.area) : null;
  const formats = cells.matrix(from.area, (row, column) => cells.style(from.sheet, row, column));
  keepingView(cells, () => {
    const { model } = cells.observed;
    choose(cells, from.sheet, from.area);
    const clipboard = model.copyToClipboard();
    for (let i = 0; i < down * across; i++) {
      const top = to.area.top + Math.floor(i / across) * rows;
      const left = to.area.left + (i % across) * columns;
      const target = { top, left, bottom: top + rows - 1, right: left + columns - 1 };
      if (values !== null) cells.setInputs(to.sheet, target, values);
      else if (what === "Formats") cells.setStyles(to.sheet, target, formats);
      else {
        const kept =
          what === "Formulas"
            ? cells.matrix(target, (row, column) => cells.style(to.sheet, row, column))
            : null;
        choose(cells, to.sheet, target);
        paste(cells, from, clipboard);
        if (kept !== null) cells.setStyles(to.sheet, target, kept);
      }
    }
  });
}

function paste(cells: GridCells, from: Spot, clipboard: Clipboard): void {
  cells.observed.model.pasteFromClipboard(from.sheet, clipboard.range, clipboard.data, false);
}

const RANK: Record<string, number> = { number: 0, string: 1, boolean: 2 };

/** Excel's order: numbers, text (case ignored), FALSE, TRUE, errors; blanks last whatever the direction. */
function compare(a: CellInput, b: CellInput, isDescending: boolean): number {
  const isBlank = (value: CellInput) => value === "" || value === null;
  if (isBlank(a) || isBlank(b)) return Number(isBlank(a)) - Number(isBlank(b));
  const rank = (RANK[typeof a] ?? 3) - (RANK[typeof b] ?? 3);
  const order =
    rank !== 0
      ? rank
      : typeof a === "string" && typeof b === "string"
        ? a.localeCompare(b, "en", { sensitivity: "accent" })
        : Number(a) - Number(b);
  return isDescending ? -order : order;
}

/** Sorts rows by columns of the area, stable. Each row is pasted as a copy, so references within a row go with it. */
export function sortRows(
  cells: GridCells,
  sheet: number,
  area: Area,
  fields: readonly { readonly key: number; readonly ascending?: boolean }[],
  hasHeaders: boolean,
): void {
  const top = hasHeaders ? area.top + 1 : area.top;
  if (top >= area.bottom) return;
  const values = cells.values(sheet, { ...area, top });
  const order = values.map((_, index) => index);
  order.sort((a, b) => {
    for (const { key, ascending = true } of fields) {
      const compared = compare(values[a]?.[key] ?? "", values[b]?.[key] ?? "", !ascending);
      if (compared !== 0) return compared;
    }
    return a - b;
  });
  keepingView(cells, () => {
    const rowArea = (row: number): Area => ({ ...area, top: top + row, bottom: top + row });
    const rows = order.map((row) => {
      choose(cells, sheet, rowArea(row));
      return cells.observed.model.copyToClipboard();
    });
    for (const [target, clipboard] of rows.entries()) {
      if (order[target] === target) continue;
      choose(cells, sheet, rowArea(target));
      paste(cells, { sheet, area: rowArea(order[target] ?? target) }, clipboard);
    }
  });
}
