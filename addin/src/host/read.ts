/**
 * Reading the workbook for the server: its shape first, then its cells in strips that stay under the 5 MB
 * that Excel on the web allows an answer. Formulas are `formulas`, en-US, never the local ones.
 */

import type {
  ArrayArea,
  Block,
  CellStyle,
  SheetInfo,
  WireName,
  WireTable,
  WireValue,
} from "../protocol/messages";
import type { Abilities } from "./abilities";
import {
  type Area,
  areaAddress,
  cellAddress,
  cellCount,
  MAX_COLUMNS,
  MAX_ROWS,
  parseArea,
  splitAreas,
} from "./address";
import { READ_CELLS } from "./images";
import { localAddress } from "./prepare";
import type { CellLook, OfficeContext, OfficeRange, OfficeWorksheet } from "./surface";
import { isFormula, readValue } from "./values";
import { alignmentFromOffice, hasFill, underlineFromOffice } from "./words";

export const CELLS_A_STRIP = 20_000;
/** Looks cost Excel far more than values; past so many cells of a workbook only number formats are read. */
export const MAX_LOOKS = 60_000;
const PROBES_A_SYNC = 1_000;

export interface WorkbookShape {
  readonly name: string;
  readonly sheets: readonly SheetInfo[];
  readonly tables: readonly WireTable[];
  readonly names: readonly WireName[];
}

const MAX_FORMATTED_CELLS = 1_000_000;

/** Sheets, tables and names in three or four round trips. */
export async function readShape(context: OfficeContext, abilities: Abilities): Promise<WorkbookShape> {
  const { workbook } = context;
  workbook.load("name");
  workbook.worksheets.load(["items/name", "items/visibility"]);
  workbook.tables.load(["items/name", "items/style", "items/showHeaders", "items/showTotals"]);
  workbook.names.load(["items/name", "items/formula", "items/visible"]);
  await context.sync();

  const sheets = workbook.worksheets.items.map((sheet) => {
    const used = sheet.getUsedRangeOrNullObject();
    used.load("address");
    sheet.protection.load("protected");
    sheet.names.load(["items/name", "items/formula", "items/visible"]);
    const frozen = abilities.freeze ? sheet.freezePanes.getLocationOrNullObject() : null;
    frozen?.load("address");
    return { sheet, used, frozen };
  });
  const tables = workbook.tables.items.map((table) => {
    const range = table.getRange();
    range.load("address");
    table.columns.load("items/name");
    table.worksheet.load("name");
    return { table, range };
  });
  await context.sync();

  // Formats alone can stretch the used range to the end of the sheet; there the values decide.
  let isAskedAgain = false;
  for (const entry of sheets) {
    const area = entry.used.isNullObject ? null : parseArea(localAddress(entry.used.address));
    if (!area || cellCount(area) <= MAX_FORMATTED_CELLS) continue;
    entry.used = entry.sheet.getUsedRangeOrNullObject(true);
    entry.used.load("address");
    isAskedAgain = true;
  }
  if (isAskedAgain) await context.sync();

  const merged = sheets.map(({ used }) => {
    if (used.isNullObject || !abilities.merges) return null;
    const areas = used.getMergedAreasOrNullObject();
    areas.load("address");
    areas.areas.load("items/address");
    return areas;
  });
  await context.sync();

  return {
    name: workbook.name,
    sheets: sheets.map(({ sheet, used, frozen }, index): SheetInfo => {
      const areas = merged[index];
      return {
        name: sheet.name,
        visibility: visibilityWord(sheet.visibility),
        used_range: used.isNullObject ? null : localAddress(used.address),
        merges:
          areas && !areas.isNullObject ? areas.areas.items.map(({ address }) => localAddress(address)) : [],
        is_protected: sheet.protection.protected,
        freeze: frozen && !frozen.isNullObject ? firstScrolling(localAddress(frozen.address)) : null,
        column_widths: {},
        hidden_rows: [],
        hidden_columns: [],
      };
    }),
    tables: tables.map(
      ({ table, range }): WireTable => ({
        name: table.name,
        sheet: table.worksheet.name,
        range: localAddress(range.address),
        columns: table.columns.items.map(({ name }) => name),
        header_rows: table.showHeaders ? 1 : 0,
        totals_rows: table.showTotals ? 1 : 0,
        style: table.style || null,
      }),
    ),
    names: [
      ...workbook.names.items.map((item) => wireName(item, null)),
      ...sheets.flatMap(({ sheet }) => sheet.names.items.map((item) => wireName(item, sheet.name))),
    ],
  };
}

function visibilityWord(word: string): SheetInfo["visibility"] {
  if (word === "Hidden") return "hidden";
  return word === "VeryHidden" ? "veryHidden" : "visible";
}

function wireName(item: { name: string; formula: string; visible: boolean }, scope: string | null): WireName {
  return { name: item.name, formula: String(item.formula), scope, is_hidden: item.visible === false };
}

/** `A1:C3` frozen -> `D4`; whole rows -> `A4`; whole columns -> `D1`. */
function firstScrolling(frozen: string): string | null {
  const area = parseArea(frozen);
  if (!area) return null;
  const row = area.bottom === MAX_ROWS - 1 ? 0 : area.bottom + 1;
  const column = area.right === MAX_COLUMNS - 1 ? 0 : area.right + 1;
  return cellAddress(row, column);
}

/** One rectangle as the server takes it; one round trip, more only where something spills in it. */
export async function readBlock(
  context: OfficeContext,
  sheet: string,
  area: Area,
  abilities: Abilities,
  withLooks: boolean,
): Promise<Block> {
  const worksheet = context.workbook.worksheets.getItem(sheet);
  const range = worksheet.getRange(areaAddress(area));
  range.load(abilities.spills ? [...READ_CELLS, "hasSpill"] : READ_CELLS);
  const looks = withLooks && abilities.looks ? range.getCellProperties(STYLE_LOOK) : null;
  await context.sync();

  const formulaCells: [row: number, column: number][] = [];
  const values: WireValue[][] = [];
  const formulas: (string | null)[][] = [];
  for (const [r, row] of range.formulas.entries()) {
    const valueRow: WireValue[] = [];
    const formulaRow: (string | null)[] = [];
    for (const [c, formula] of row.entries()) {
      const [value, type] = [range.values[r]?.[c], range.valueTypes[r]?.[c]];
      valueRow.push(readValue(value, type));
      const isOne = isFormula(formula, value, type);
      formulaRow.push(isOne ? formula : null);
      if (isOne) formulaCells.push([r, c]);
    }
    values.push(valueRow);
    formulas.push(formulaRow);
  }
  const arrays =
    abilities.spills && range.hasSpill !== false
      ? await readArrays(context, worksheet, area, formulaCells)
      : [];
  const { styles, style_index } = styleTable(range, looks?.value ?? null);
  return {
    sheet,
    range: areaAddress(area),
    values,
    formulas: formulaCells.length > 0 ? formulas : null,
    styles,
    style_index,
    arrays,
  };
}

/** Where the formulas of an area spill to. */
async function readArrays(
  context: OfficeContext,
  worksheet: OfficeWorksheet,
  area: Area,
  cells: readonly (readonly [row: number, column: number])[],
): Promise<ArrayArea[]> {
  const arrays: ArrayArea[] = [];
  for (let start = 0; start < cells.length; start += PROBES_A_SYNC) {
    const probes = cells.slice(start, start + PROBES_A_SYNC).map(([r, c]) => {
      const cell = cellAddress(area.top + r, area.left + c);
      const spill = worksheet.getRange(cell).getSpillingToRangeOrNullObject();
      spill.load("address");
      return { cell, spill };
    });
    await context.sync();
    for (const { cell, spill } of probes) {
      if (!spill.isNullObject) arrays.push({ cell, range: localAddress(spill.address), is_dynamic: true });
    }
  }
  return arrays;
}

const STYLE_LOOK = {
  format: {
    font: { bold: true, italic: true, underline: true, size: true, color: true, name: true },
    fill: { color: true, pattern: true },
    horizontalAlignment: true,
    verticalAlignment: true,
    wrapText: true,
  },
} as const;

const PLAIN: CellStyle = {
  number_format: "General",
  bold: false,
  italic: false,
  underline: null,
  font_name: "Calibri",
  font_size: 11,
  font_color: null,
  fill: null,
  horizontal: null,
  vertical: null,
  wrap: false,
};

function styleTable(range: OfficeRange, looks: CellLook[][] | null): Pick<Block, "styles" | "style_index"> {
  const styles: CellStyle[] = [];
  const places = new Map<string, number>([[JSON.stringify(PLAIN), -1]]);
  const index = range.numberFormat.map((row, r) =>
    row.map((format, c) => {
      const style = styleOf(format, looks?.[r]?.[c]);
      const key = JSON.stringify(style);
      const known = places.get(key);
      if (known !== undefined) return known;
      places.set(key, styles.length);
      return styles.push(style) - 1;
    }),
  );
  return { styles, style_index: styles.length > 0 ? index : null };
}

function styleOf(numberFormat: string, look: CellLook | undefined): CellStyle {
  const { font, horizontalAlignment, verticalAlignment, wrapText } = look?.format ?? {};
  return {
    number_format: String(numberFormat).slice(0, 300),
    bold: font?.bold ?? false,
    italic: font?.italic ?? false,
    underline: underlineFromOffice(font?.underline),
    font_name: font?.name ?? PLAIN.font_name,
    font_size: font?.size ?? PLAIN.font_size,
    font_color: font?.color && font.color !== "#000000" ? font.color : null,
    fill: hasFill(look) ? (look?.format?.fill?.color ?? null) : null,
    horizontal: alignmentFromOffice(horizontalAlignment, "General"),
    vertical: alignmentFromOffice(verticalAlignment, "Bottom"),
    wrap: wrapText ?? false,
  };
}

export interface SelectedCell {
  readonly address: string;
  readonly formula: string | null;
  readonly value: WireValue;
  readonly text: string;
}

export interface Selected {
  readonly sheet: string;
  readonly areas: readonly Area[];
  /** The cell that typing goes to. */
  readonly active: SelectedCell;
}

/** What is selected, in one round trip; null where it is no cell (a chart, a shape). */
export async function readSelection(context: OfficeContext, abilities: Abilities): Promise<Selected | null> {
  const active = context.workbook.getActiveCell();
  active.load(["address", "formulas", "values", "valueTypes", "text"]);
  const selected = abilities.multiSelection ? context.workbook.getSelectedRanges() : null;
  selected?.load("address");
  await context.sync();
  const full = active.address;
  const sheet = sheetOf(full);
  if (sheet === null) return null;
  const areas = splitAreas(selected ? selected.address : full).flatMap((address) => {
    const area = parseArea(localAddress(address));
    return area && cellCount(area) > 0 ? [area] : [];
  });
  const [formula, value, type] = [active.formulas[0]?.[0], active.values[0]?.[0], active.valueTypes[0]?.[0]];
  return {
    sheet,
    areas,
    active: {
      address: localAddress(full),
      formula: isFormula(formula, value, type) ? formula : null,
      value: readValue(value, type),
      text: String(active.text[0]?.[0] ?? ""),
    },
  };
}

function sheetOf(address: string): string | null {
  const bang = address.lastIndexOf("!");
  if (bang < 0) return null;
  const name = address.slice(0, bang);
  return name.startsWith("'") && name.endsWith("'") ? name.slice(1, -1).replaceAll("''", "'") : name;
}
