/** Writing formulas: cells formatted as text, arrays, and tables that fill a column by themselves. */

import type { SetFormulas } from "../protocol/messages";
import { type Area, areaAddress, cellCount, parseArea } from "./address";
import { type CellsImage, readImages } from "./images";
import { areaOf, localAddress, type Prepared, type StepContext } from "./prepare";
import type { OfficeWorksheet } from "./surface";

export async function prepareFormulas(edit: SetFormulas, at: StepContext): Promise<Prepared> {
  const worksheet = at.context.workbook.worksheets.getItem(edit.sheet);
  const range = worksheet.getRange(edit.range);
  const area = areaOf(edit.range);
  const image = await readImages(
    at.context,
    edit.sheet,
    await withTableColumns(at, worksheet, area),
    at.abilities,
    false,
  );
  return {
    undo: image.map((item) => ({ kind: "cells", image: item })),
    write: () => {
      // A cell formatted as text would take a formula for text.
      queueGeneral(worksheet, area, image);
      const master = edit.formulas[0]?.[0];
      if (edit.array && cellCount(area) > 1 && master) range.formulaArray = master;
      else range.formulas = edit.formulas.map((row) => [...row]);
    },
  };
}

/** A formula written into a table may fill its whole column by itself, so that the whole column is remembered. */
async function withTableColumns(at: StepContext, worksheet: OfficeWorksheet, area: Area): Promise<Area> {
  worksheet.tables.load("items/name");
  await at.context.sync();
  const ranges = worksheet.tables.items.map((table) => table.getRange());
  for (const range of ranges) range.load("address");
  if (ranges.length > 0) await at.context.sync();
  for (const range of ranges) {
    const table = parseArea(localAddress(range.address));
    if (
      !table ||
      area.top > table.bottom + 1 ||
      area.bottom < table.top ||
      area.left > table.right ||
      area.right < table.left
    )
      continue;
    return { ...area, top: Math.min(area.top, table.top), bottom: Math.max(area.bottom, table.bottom) };
  }
  return area;
}

function queueGeneral(worksheet: OfficeWorksheet, area: Area, images: readonly CellsImage[]): void {
  for (const image of images) {
    const origin = areaOf(image.address);
    for (const [r, row] of image.numberFormats.entries()) {
      for (const [c, format] of row.entries()) {
        const [y, x] = [origin.top + r, origin.left + c];
        const isInside = y >= area.top && y <= area.bottom && x >= area.left && x <= area.right;
        if (format === "@" && isInside)
          worksheet.getRange(areaAddress({ top: y, bottom: y, left: x, right: x })).numberFormat = [
            ["General"],
          ];
      }
    }
  }
}
