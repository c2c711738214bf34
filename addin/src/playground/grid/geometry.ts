/** Where IronCalc's canvas draws a cell, so that something can be laid over it. Pixels from the canvas' corner. */

import type { Model } from "@ironcalc/wasm";

export const COLUMN_HEADER_PX = 28;
export const ROW_HEADER_PX = 30;
const FROZEN_LINE_PX = 3;

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** One axis: pixels from the header's edge to the start of line `index`; null where it is scrolled away. */
function offset(index: number, frozen: number, first: number, size: (line: number) => number): number | null {
  let pixels = 0;
  if (index <= frozen) {
    for (let line = 1; line < index; line++) pixels += size(line);
    return pixels;
  }
  const start = Math.max(frozen + 1, first);
  if (index < start) return null;
  if (frozen > 0) {
    for (let line = 1; line <= frozen; line++) pixels += size(line);
    pixels += FROZEN_LINE_PX;
  }
  for (let line = start; line < index; line++) pixels += size(line);
  return pixels;
}

/** The box of a zero-based cell of the sheet that is shown; null where it is scrolled away. */
export function cellBox(model: Model, row: number, column: number): Box | null {
  const { sheet, top_row, left_column } = model.getSelectedView();
  const height = (line: number) => model.getRowHeight(sheet, line);
  const width = (line: number) => model.getColumnWidth(sheet, line);
  // Past a screen of cells nothing is visible, and summing up to row 1,048,576 would take a while.
  if (row + 1 > top_row + 2_000 || column + 1 > left_column + 500) return null;
  const top = offset(row + 1, model.getFrozenRowsCount(sheet), top_row, height);
  const left = offset(column + 1, model.getFrozenColumnsCount(sheet), left_column, width);
  if (top === null || left === null) return null;
  return {
    top: Math.floor(COLUMN_HEADER_PX + top),
    left: Math.floor(ROW_HEADER_PX + left),
    width: width(column + 1),
    height: height(row + 1),
  };
}
