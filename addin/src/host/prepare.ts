/** What every step shares: its two halves, and what of the cells it must remember. */

import type { Abilities } from "./abilities";
import { type Area, areaAddress, parseArea } from "./address";
import { HostError } from "./errors";
import { type CellsImage, readImages } from "./images";
import type { Loss, UndoStep } from "./journal";
import type { OfficeContext } from "./surface";

export interface Prepared {
  readonly undo: readonly UndoStep[];
  readonly losses?: readonly Loss[];
  write(): void;
  finish?(): Promise<readonly UndoStep[]>;
}

export interface StepContext {
  readonly context: OfficeContext;
  readonly abilities: Abilities;
}

export function areaOf(address: string): Area {
  const area = parseArea(address);
  if (!area) throw new HostError("bad_address", address);
  return area;
}

/** An address without its sheet. */
export function localAddress(address: string): string {
  return address.slice(address.lastIndexOf("!") + 1).replaceAll("$", "");
}

const cellsUndo = (images: readonly CellsImage[]): UndoStep[] =>
  images.map((image) => ({ kind: "cells", image }));

/** Contents and number formats; writing text or dates makes Excel choose a number format of its own. */
export async function contents(at: StepContext, sheet: string, area: Area): Promise<UndoStep[]> {
  return cellsUndo(await readImages(at.context, sheet, area, at.abilities, false));
}

/** Contents, looks and (unless they cannot change) merges. */
export async function wholeCells(
  at: StepContext,
  sheet: string,
  area: Area,
  withMerges = true,
): Promise<UndoStep[]> {
  const images = await readImages(at.context, sheet, area, at.abilities, true);
  const undo = cellsUndo(images);
  if (!withMerges || !at.abilities.merges) return undo;
  const address = areaAddress(area);
  const merged = at.context.workbook.worksheets.getItem(sheet).getRange(address).getMergedAreasOrNullObject();
  merged.areas.load("items/address");
  merged.load("address");
  await at.context.sync();
  const places = merged.isNullObject ? [] : merged.areas.items.map((item) => localAddress(item.address));
  // The journal is worked off from its end: cells are split first, then filled, then merged again.
  return [
    { kind: "merges", sheet, address, merged: places },
    ...undo,
    { kind: "merges", sheet, address, merged: [] },
  ];
}
