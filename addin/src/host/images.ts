/**
 * Before-images: what cells hold and look like, read so that writing it back is exact.
 *
 * Contents are kept as the inputs that reproduce them (`values.ts`), spilled cells as null, which leaves a
 * cell alone: writing a spilled value back would block the array. Looks are what `getCellProperties` tells of
 * the facets that an edit can change.
 */

import type { Abilities } from "./abilities";
import { type Area, areaAddress, cellAddress, cellCount, intersection, parsePlace, strips } from "./address";
import { HostError } from "./errors";
import type { CellInput, CellLook, OfficeContext, OfficeRange, OfficeWorksheet } from "./surface";
import { inputOf, isFormula } from "./values";
import { hasFill, WHOLE_LOOK } from "./words";

/** One journal entry holds at most so many cells; past it an edit is refused rather than half undoable. */
export const MAX_IMAGE_CELLS = 200_000;
const CELLS_A_SYNC = 20_000;
const PROBES_A_SYNC = 1_000;

export interface CellsImage {
  readonly sheet: string;
  readonly address: string;
  /** What to write into `formulas`; null leaves the cell as it is. */
  readonly inputs: readonly (readonly CellInput[])[];
  readonly numberFormats: readonly (readonly string[])[];
  readonly looks: readonly (readonly CellLook[])[] | null;
}

export const READ_CELLS = ["formulas", "values", "valueTypes", "numberFormat"];

/** The images of an area in strips; `withLooks` reads formats other than the number format too. */
export async function readImages(
  context: OfficeContext,
  sheet: string,
  area: Area,
  abilities: Abilities,
  withLooks: boolean,
): Promise<CellsImage[]> {
  const worksheet = context.workbook.worksheets.getItem(sheet);
  const used = await clippedToUsed(context, worksheet, area);
  if (!used) return [];
  if (cellCount(used) > MAX_IMAGE_CELLS) throw new HostError("too_large", `${sheet}!${areaAddress(used)}`);
  const images: CellsImage[] = [];
  for (const strip of strips(used, CELLS_A_SYNC)) {
    images.push(await readStrip(context, worksheet, sheet, strip, abilities, withLooks));
  }
  return images;
}

/**
 * The part of an area that Excel keeps anything for. A small area is taken as it is: its cells may be blank
 * now and are written soon.
 */
async function clippedToUsed(
  context: OfficeContext,
  worksheet: OfficeWorksheet,
  area: Area,
): Promise<Area | null> {
  if (cellCount(area) <= CELLS_A_SYNC) return area;
  const used = worksheet.getUsedRangeOrNullObject();
  used.load("address");
  await context.sync();
  const place = used.isNullObject ? null : parsePlace(used.address, "");
  return place && intersection(place, area);
}

async function readStrip(
  context: OfficeContext,
  worksheet: OfficeWorksheet,
  sheet: string,
  area: Area,
  abilities: Abilities,
  withLooks: boolean,
): Promise<CellsImage> {
  const address = areaAddress(area);
  const range = worksheet.getRange(address);
  range.load(abilities.spills ? [...READ_CELLS, "hasSpill"] : READ_CELLS);
  const looks = withLooks && abilities.looks ? range.getCellProperties(WHOLE_LOOK) : null;
  await context.sync();
  const inputs = range.formulas.map((row, r) =>
    row.map((formula, c) => inputOf(formula, range.values[r]?.[c], range.valueTypes[r]?.[c])),
  );
  if (abilities.spills && range.hasSpill !== false)
    await leaveSpilled(context, worksheet, area, range, inputs);
  return { sheet, address, inputs, numberFormats: range.numberFormat, looks: looks ? looks.value : null };
}

/** Null instead of every cell that another cell's array fills. */
async function leaveSpilled(
  context: OfficeContext,
  worksheet: OfficeWorksheet,
  area: Area,
  range: OfficeRange,
  inputs: CellInput[][],
): Promise<void> {
  const constants: [row: number, column: number][] = [];
  for (const [r, row] of range.formulas.entries()) {
    for (const [c, formula] of row.entries()) {
      if (formula !== "" && !isFormula(formula, range.values[r]?.[c], range.valueTypes[r]?.[c]))
        constants.push([r, c]);
    }
  }
  for (let start = 0; start < constants.length; start += PROBES_A_SYNC) {
    const probes = constants.slice(start, start + PROBES_A_SYNC).map(([r, c]) => {
      const parent = worksheet
        .getRange(cellAddress(area.top + r, area.left + c))
        .getSpillParentOrNullObject();
      parent.load("address");
      return { r, c, parent };
    });
    await context.sync();
    for (const { r, c, parent } of probes) {
      if (!parent.isNullObject) (inputs[r] as CellInput[])[c] = null;
    }
  }
}

/** Queues the writes that bring an image back; the number format goes first, because it decides how text is read. */
export function queueRestore(context: OfficeContext, image: CellsImage): void {
  const worksheet = context.workbook.worksheets.getItem(image.sheet);
  const range = worksheet.getRange(image.address);
  range.numberFormat = image.numberFormats.map((row) => [...row]);
  // What stands now where an array spilled would block it. Clearing a cell that is spilled into does nothing.
  const origin = originOf(image);
  for (const [r, row] of image.inputs.entries()) {
    for (const [c, input] of row.entries()) {
      if (input !== null) continue;
      worksheet.getRange(cellAddress(origin.top + r, origin.left + c)).clear("Contents");
    }
  }
  range.formulas = image.inputs.map((row) => [...row]);
  queueLooks(worksheet, range, image);
}

function originOf(image: CellsImage): Area {
  const origin = parsePlace(image.address, image.sheet);
  if (!origin) throw new HostError("bad_address", image.address);
  return origin;
}

function queueLooks(worksheet: OfficeWorksheet, range: OfficeRange, image: CellsImage): void {
  if (!image.looks) return;
  const origin = originOf(image);
  range.setCellProperties(image.looks.map((row) => row.map(settable)));
  // A fill of no colour cannot be set, only cleared; runs of such cells in a row are cleared together.
  for (const [r, row] of image.looks.entries()) {
    for (let c = 0; c < row.length; c++) {
      if (hasFill(row[c])) continue;
      let last = c;
      while (last + 1 < row.length && !hasFill(row[last + 1])) last++;
      const run = {
        top: origin.top + r,
        bottom: origin.top + r,
        left: origin.left + c,
        right: origin.left + last,
      };
      worksheet.getRange(areaAddress(run)).format.fill.clear();
      c = last;
    }
  }
}

/** A look without the facets that Excel does not take back: no fill, null where it could not tell, odd borders. */
function settable(look: CellLook): CellLook {
  const format = look.format ?? {};
  const { fill, borders, ...rest } = format;
  const kept: NonNullable<CellLook["format"]> = withoutNulls(rest);
  if (format.font) {
    const font = withoutNulls(format.font);
    // A tint belongs to a theme's colour; the colour that was read has it in already.
    delete font.tintAndShade;
    kept.font = font;
  }
  if (fill && hasFill(look)) kept.fill = { color: fill.color as string };
  if (borders) {
    kept.borders = {};
    for (const side of ["top", "bottom", "left", "right"] as const) {
      const border = borders[side];
      if (!border?.style) continue;
      kept.borders[side] = border.style === "None" ? { style: "None" } : withoutNulls(border);
    }
  }
  return { format: kept };
}

function withoutNulls<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== null && item !== undefined),
  ) as T;
}
