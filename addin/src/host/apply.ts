/**
 * A plan of edits, done in few round trips: what can be read together is read in one sync, what can be written
 * together in another. An edit that moves cells or makes or renames a sheet ends a batch, because the
 * addresses of those after it mean the sheet as it is then.
 */

import type { CellImage, PlannedEdit } from "../protocol/messages";
import type { Abilities } from "./abilities";
import { areaAddress, cellCount, parsePlace, strips } from "./address";
import { HostError } from "./errors";
import type { AfterImage, Journal, Loss, UndoStep } from "./journal";
import { prepare } from "./steps";
import type { OfficeContext } from "./surface";
import { undoJournal } from "./undo";
import { isFormula, readValue } from "./values";

const ENDS_BATCH: ReadonlySet<PlannedEdit["type"]> = new Set([
  "insert_rows",
  "insert_columns",
  "delete_rows",
  "delete_columns",
  "add_sheet",
  "rename_sheet",
]);
const CELLS_A_SYNC = 20_000;
const MAX_AFTER_CELLS = 50_000;

/** Edits that may be prepared and written together. */
export function batches(edits: readonly PlannedEdit[]): PlannedEdit[][] {
  const all: PlannedEdit[][] = [];
  let current: PlannedEdit[] = [];
  for (const edit of edits) {
    if (ENDS_BATCH.has(edit.type)) {
      if (current.length > 0) all.push(current);
      all.push([edit]);
      current = [];
    } else current.push(edit);
  }
  if (current.length > 0) all.push(current);
  return all;
}

/** A context whose syncs of one turn are one round trip, so that reads prepared side by side travel together. */
export function sharingSyncs(context: OfficeContext): OfficeContext {
  let pending: Promise<unknown> | null = null;
  return {
    workbook: context.workbook,
    sync: () => {
      pending ??= Promise.resolve().then(() => {
        pending = null;
        return context.sync();
      });
      return pending;
    },
  };
}

/** Undo steps that do no harm where the edit was never done: they put back, they do not remove. */
const PUTS_BACK: ReadonlySet<UndoStep["kind"]> = new Set([
  "cells",
  "merges",
  "widths",
  "filter",
  "freeze",
  "validation",
]);

/** Does the edits, all or none, and says how to take them back. */
export async function applyEdits(
  context: OfficeContext,
  edits: readonly PlannedEdit[],
  abilities: Abilities,
): Promise<Journal> {
  await requireUnprotected(context, edits);
  const steps: UndoStep[] = [];
  const losses = new Set<Loss>();
  for (const batch of batches(edits)) {
    const shared = sharingSyncs(context);
    const prepared = await Promise.all(batch.map((edit) => prepare(edit, { context: shared, abilities })));
    try {
      for (const { write } of prepared) write();
      await context.sync();
    } catch (error) {
      const begun = prepared.flatMap(({ undo }) => undo.filter(({ kind }) => PUTS_BACK.has(kind)));
      await undoJournal(context, { steps: [...steps, ...begun], after: [], losses: [] });
      throw error;
    }
    for (const item of prepared) {
      for (const loss of item.losses ?? []) losses.add(loss);
      steps.push(...item.undo, ...((await item.finish?.()) ?? []));
    }
  }
  return { steps, after: await readAfter(context, edits), losses: [...losses] };
}

/** Refuses before anything is written where a sheet is protected and its cells there are locked. */
async function requireUnprotected(context: OfficeContext, edits: readonly PlannedEdit[]): Promise<void> {
  const places = edits.flatMap((edit) => {
    if (!("sheet" in edit) || edit.sheet === null || edit.type === "rename_sheet") return [];
    const address = "range" in edit ? edit.range : "target" in edit ? edit.target : null;
    return [{ sheet: edit.sheet, address }];
  });
  const sheets = new Map(
    [...new Set(places.map(({ sheet }) => sheet))].map((name) => {
      const worksheet = context.workbook.worksheets.getItemOrNullObject(name);
      worksheet.load("name");
      worksheet.protection.load("protected");
      return [name, worksheet];
    }),
  );
  if (sheets.size === 0) return;
  await context.sync();
  const locked = places
    .filter(
      ({ sheet }) =>
        sheets.get(sheet)?.isNullObject === false && sheets.get(sheet)?.protection.protected === true,
    )
    .map(({ sheet, address }) => {
      const protection =
        address === null ? null : (sheets.get(sheet)?.getRange(address).format.protection ?? null);
      protection?.load("locked");
      return { sheet, address, protection };
    });
  if (locked.some(({ protection }) => protection !== null)) await context.sync();
  for (const { sheet, address, protection } of locked) {
    if (protection?.locked !== false)
      throw new HostError("protected", address === null ? sheet : `${sheet}!${address}`);
  }
}

/** What the edited cells hold now, for the undo's question whether somebody wrote there since. */
async function readAfter(context: OfficeContext, edits: readonly PlannedEdit[]): Promise<AfterImage[]> {
  const areas = new Map<string, { sheet: string; address: string }>();
  let cells = 0;
  for (const edit of edits) {
    const written =
      edit.type === "set_formulas" || edit.type === "set_values"
        ? edit.range
        : edit.type === "fill"
          ? edit.target
          : null;
    const place = written === null ? null : parsePlace(written, "sheet" in edit ? (edit.sheet ?? "") : "");
    if (!place) continue;
    cells += cellCount(place);
    if (cells > MAX_AFTER_CELLS) break;
    for (const strip of strips(place, CELLS_A_SYNC)) {
      const address = areaAddress(strip);
      areas.set(`${place.sheet}!${address}`, { sheet: place.sheet, address });
    }
  }
  const read = [...areas.values()].map(({ sheet, address }) => {
    const range = context.workbook.worksheets.getItem(sheet).getRange(address);
    range.load("formulas");
    return { sheet, address, range };
  });
  if (read.length > 0) await context.sync();
  return read.map(({ sheet, address, range }) => ({
    sheet,
    address,
    formulas: range.formulas.map((row) => [...row]),
  }));
}

/** Cells that hold something else than the plan was made for. */
export async function conflicts(context: OfficeContext, before: readonly CellImage[]): Promise<string[]> {
  const read = before.flatMap((image) => {
    const place = parsePlace(image.cell);
    if (!place) return [];
    const range = context.workbook.worksheets.getItem(place.sheet).getRange(areaAddress(place));
    range.load(["formulas", "values", "valueTypes"]);
    return [{ image, range }];
  });
  if (read.length > 0) await context.sync();
  return read.flatMap(({ image, range }) => {
    const [formula, value, type] = [range.formulas[0]?.[0], range.values[0]?.[0], range.valueTypes[0]?.[0]];
    if (isFormula(formula, value, type) || image.formula !== null) {
      return sameFormula(formula, image.formula) ? [] : [image.cell];
    }
    return JSON.stringify(readValue(value, type)) === JSON.stringify(image.value) ? [] : [image.cell];
  });
}

/** Equal but for spaces, case and prefixes that Excel shows for functions it does not know. */
function sameFormula(a: unknown, b: string | null): boolean {
  if (typeof a !== "string" || b === null) return false;
  const plain = (text: string) => text.replaceAll(/_xl(?:fn|ws)\.|\s/g, "").toUpperCase();
  return plain(a) === plain(b);
}
