/** Takes an applied plan back, the journal's last step first. */

import { areaAddress, columnLetters, strips } from "./address";
import { queueRestore, READ_CELLS } from "./images";
import type { AfterImage, Journal, UndoStep } from "./journal";
import { areaOf } from "./prepare";
import type { OfficeContext } from "./surface";
import { sameInput } from "./values";

const CELLS_A_SYNC = 20_000;

/** Addresses whose formulas are no longer what the plan left there. */
export async function changedSince(context: OfficeContext, after: readonly AfterImage[]): Promise<string[]> {
  const read = after.map((image) => {
    const worksheet = context.workbook.worksheets.getItemOrNullObject(image.sheet);
    worksheet.load("name");
    return { image, worksheet };
  });
  await context.sync();
  const ranges = read
    .filter(({ worksheet }) => !worksheet.isNullObject)
    .map(({ image, worksheet }) => {
      const range = worksheet.getRange(image.address);
      range.load("formulas");
      return { image, range };
    });
  if (ranges.length > 0) await context.sync();
  return ranges.flatMap(({ image, range }) => {
    const isSame = image.formulas.every((row, r) =>
      row.every((formula, c) => sameInput(formula as string, range.formulas[r]?.[c])),
    );
    return isSame ? [] : [`${image.sheet}!${image.address}`];
  });
}

/** Queues and syncs all steps; cells that do not depend on each other go together. */
export async function undoJournal(context: OfficeContext, journal: Journal): Promise<void> {
  for (const step of [...journal.steps].reverse()) await undoStep(context, step);
  await context.sync();
}

async function undoStep(context: OfficeContext, step: UndoStep): Promise<void> {
  const { worksheets } = context.workbook;
  switch (step.kind) {
    case "cells":
      queueRestore(context, step.image);
      return;
    case "merges": {
      const worksheet = worksheets.getItem(step.sheet);
      if (step.merged.length === 0) worksheet.getRange(step.address).unmerge();
      for (const address of step.merged) worksheet.getRange(address).merge(false);
      return;
    }
    case "remove_rows":
      worksheets.getItem(step.sheet).getRange(step.address).delete("Up");
      return;
    case "remove_columns":
      worksheets.getItem(step.sheet).getRange(step.address).delete("Left");
      return;
    case "insert_rows":
      worksheets.getItem(step.sheet).getRange(step.address).insert("Down");
      return;
    case "insert_columns":
      worksheets.getItem(step.sheet).getRange(step.address).insert("Right");
      return;
    case "formulas":
      await restoreFormulas(context, step.sheet, step.cells);
      return;
    case "names":
      await restoreNames(context, step.names);
      return;
    case "widths": {
      const worksheet = worksheets.getItem(step.sheet);
      for (const [index, points] of step.points.entries()) {
        const letters = columnLetters(step.left + index);
        const { format } = worksheet.getRange(`${letters}:${letters}`);
        if (points === null) format.useStandardWidth = true;
        else format.columnWidth = points;
      }
      return;
    }
    case "filter": {
      const { autoFilter } = worksheets.getItem(step.sheet);
      autoFilter.remove();
      if (step.filter === null) return;
      autoFilter.apply(step.filter.address);
      for (const [column, criteria] of step.filter.criteria.entries()) {
        if (criteria && "filterOn" in criteria)
          autoFilter.apply(step.filter.address, column, criteria as { filterOn: "Values"; values: string[] });
      }
      return;
    }
    case "freeze": {
      const { freezePanes } = worksheets.getItem(step.sheet);
      if (step.frozen === null) freezePanes.unfreeze();
      else freezePanes.freezeAt(step.frozen);
      return;
    }
    case "table": {
      const table = context.workbook.tables.getItemOrNullObject(step.name);
      table.load("name");
      await context.sync();
      if (table.isNullObject) return;
      // Converting keeps the look of the style in the cells, so the style goes first.
      table.style = "";
      table.convertToRange();
      return;
    }
    case "conditional_formats": {
      const added = step.rules.map(([address, id]) => {
        const format = worksheets
          .getItem(step.sheet)
          .getRange(address)
          .conditionalFormats.getItemOrNullObject(id);
        format.load("id");
        return format;
      });
      await context.sync();
      for (const format of added) if (!format.isNullObject) format.delete();
      return;
    }
    case "validation": {
      const { dataValidation } = worksheets.getItem(step.sheet).getRange(step.address);
      dataValidation.clear();
      if (step.before === null) return;
      dataValidation.rule = step.before.rule;
      dataValidation.errorAlert = step.before.errorAlert;
      dataValidation.ignoreBlanks = step.before.ignoreBlanks;
      return;
    }
    case "chart": {
      const chart = worksheets.getItem(step.sheet).charts.getItemOrNullObject(step.name);
      chart.load("name");
      await context.sync();
      if (!chart.isNullObject) chart.delete();
      return;
    }
    case "pivot": {
      const pivot = worksheets.getItem(step.sheet).pivotTables.getItemOrNullObject(step.name);
      pivot.load("name");
      await context.sync();
      if (!pivot.isNullObject) pivot.delete();
      return;
    }
    case "name": {
      const names = step.scope === null ? context.workbook.names : worksheets.getItem(step.scope).names;
      const name = names.getItemOrNullObject(step.name);
      name.load("name");
      await context.sync();
      if (name.isNullObject) {
        if (step.formula !== null) names.add(step.name, step.formula);
      } else if (step.formula === null) name.delete();
      else name.formula = step.formula;
      return;
    }
    case "remove_sheet":
      worksheets.getItem(step.sheet).delete();
      return;
    case "rename_sheet":
      worksheets.getItem(step.sheet).name = step.name;
      return;
  }
  step satisfies never;
}

/** Writes those formulas that read differently now; most do not, and are left alone. */
async function restoreFormulas(
  context: OfficeContext,
  sheet: string,
  cells: readonly (readonly [string, string])[],
): Promise<void> {
  const worksheet = context.workbook.worksheets.getItem(sheet);
  const wanted = new Map(cells);
  const areas = cells.map(([cell]) => areaOf(cell));
  const box = {
    top: Math.min(...extremes(areas, "top")),
    left: Math.min(...extremes(areas, "left")),
    bottom: Math.max(...extremes(areas, "bottom")),
    right: Math.max(...extremes(areas, "right")),
  };
  for (const strip of strips(box, CELLS_A_SYNC)) {
    const range = worksheet.getRange(areaAddress(strip));
    range.load(READ_CELLS);
    await context.sync();
    for (const [r, row] of range.formulas.entries()) {
      for (const [c, now] of row.entries()) {
        const address = `${columnLetters(strip.left + c)}${strip.top + r + 1}`;
        const formula = wanted.get(address);
        if (formula !== undefined && formula !== now) worksheet.getRange(address).formulas = [[formula]];
      }
    }
  }
}

/** Smallest and largest, without spreading tens of thousands of arguments. */
function extremes(
  areas: readonly { top: number; left: number; bottom: number; right: number }[],
  side: "top" | "left" | "bottom" | "right",
): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const area of areas) {
    low = Math.min(low, area[side]);
    high = Math.max(high, area[side]);
  }
  return [low, high];
}

async function restoreNames(
  context: OfficeContext,
  names: readonly (readonly [string, string | null, string])[],
): Promise<void> {
  const found = names.map(([name, , formula]) => {
    const item = context.workbook.names.getItemOrNullObject(name);
    item.load("formula");
    return { item, name, formula };
  });
  if (found.length > 0) await context.sync();
  for (const { item, name, formula } of found) {
    if (item.isNullObject) context.workbook.names.add(name, formula);
    else if (String(item.formula) !== formula) item.formula = formula;
  }
}
