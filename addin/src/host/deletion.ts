/**
 * Deleting rows or columns, so that it can be taken back: the cells that go, and every formula and name
 * elsewhere, because those that pointed there become #REF! and stay so when the rows come back.
 */

import { type Area, areaAddress, cellAddress, intersection, parseArea, strips } from "./address";
import { READ_CELLS, readImages } from "./images";
import type { Loss, UndoStep } from "./journal";
import { localAddress, type StepContext } from "./prepare";
import { isFormula } from "./values";

/** More formulas than this elsewhere are not remembered, and the person is told. */
const MAX_FORMULAS = 50_000;
const MAX_CELLS_READ = 1_000_000;
const CELLS_A_SYNC = 20_000;

export async function prepareDeletion(
  at: StepContext,
  sheet: string,
  area: Area,
  isRows: boolean,
): Promise<{ undo: UndoStep[]; losses: Loss[] }> {
  const { context, abilities } = at;
  const worksheets = context.workbook.worksheets;
  worksheets.load("items/name");
  context.workbook.names.load(["items/name", "items/formula"]);
  await context.sync();
  const used = worksheets.items.map((item) => {
    const range = item.getUsedRangeOrNullObject();
    range.load("address");
    return { name: item.name, range };
  });
  await context.sync();

  const losses: Loss[] = ["rules"];
  const formulas: UndoStep[] = [];
  let read = 0;
  let kept = 0;
  for (const { name, range } of used) {
    const area = range.isNullObject ? null : parseArea(localAddress(range.address));
    if (!area) continue;
    const cells: [string, string][] = [];
    for (const strip of strips(area, CELLS_A_SYNC)) {
      read += CELLS_A_SYNC;
      if (read > MAX_CELLS_READ || kept > MAX_FORMULAS) break;
      const part = worksheets.getItem(name).getRange(areaAddress(strip));
      part.load(READ_CELLS);
      await context.sync();
      for (const [r, row] of part.formulas.entries()) {
        for (const [c, formula] of row.entries()) {
          if (!isFormula(formula, part.values[r]?.[c], part.valueTypes[r]?.[c])) continue;
          cells.push([cellAddress(strip.top + r, strip.left + c), formula]);
        }
      }
    }
    kept += cells.length;
    if (cells.length > 0) formulas.push({ kind: "formulas", sheet: name, cells });
  }
  if (read > MAX_CELLS_READ || kept > MAX_FORMULAS) losses.push("many_formulas");

  const own = used.find(({ name }) => name === sheet);
  const ownUsed = own && !own.range.isNullObject ? parseArea(localAddress(own.range.address)) : null;
  const gone = ownUsed && intersection(ownUsed, area);
  const images = gone ? await readImages(context, sheet, gone, abilities, true) : [];
  const names: UndoStep = {
    kind: "names",
    names: context.workbook.names.items.map((item): [string, string | null, string] => [
      item.name,
      null,
      String(item.formula),
    ]),
  };
  return {
    undo: [
      names,
      ...formulas,
      ...images.map((image): UndoStep => ({ kind: "cells", image })),
      { kind: isRows ? "insert_rows" : "insert_columns", sheet, address: areaAddress(area) },
    ],
    losses,
  };
}
